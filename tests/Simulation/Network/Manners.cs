using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>Watches how a tab treats the server: it waits as it was told, and it does not run at a closed door.</summary>
internal sealed class Manners(World world, string tab)
{
    private const int MostFailures = 25;
    private static readonly TimeSpan s_while = TimeSpan.FromSeconds(5);

    // Timers count whole milliseconds.
    private static readonly TimeSpan s_rounding = TimeSpan.FromMilliseconds(1);

    private readonly Dictionary<string, TimeSpan> _notBefore = [];
    private readonly Dictionary<string, Queue<TimeSpan>> _failures = [];

    /// <summary>A new leader has not been told anything yet.</summary>
    public void Forget() => _notBefore.Clear();

    public void OnRequest(string kind)
    {
        world.Trace.Write($"{tab} asks: {kind}");
        if (!_notBefore.Remove(kind, out var notBefore))
            return;
        if (world.Scheduler.Elapsed < notBefore)
            throw world.Violate("Retry-After is obeyed", $"{tab} was asked to stay away until {notBefore.TotalSeconds:0.000} and sends a {kind} at {world.Scheduler.Elapsed.TotalSeconds:0.000}.");
        world.Counters.Add(Seen.RetryAfterObeyed);
    }

    public void OnFailure(string kind, SyncTransportException failure)
    {
        world.Trace.Write($"{tab} fails: {kind}, {failure.Failure}");
        var now = world.Scheduler.Elapsed;
        if (failure.RetryAfter is { } wait)
            _notBefore[kind] = now + wait - s_rounding;
        if (!_failures.TryGetValue(kind, out var times))
            _failures.Add(kind, times = []);
        times.Enqueue(now);
        while (now - times.Peek() > s_while)
            times.Dequeue();
        if (times.Count > MostFailures)
            throw world.Violate("no hot loop", $"{tab} has sent {times.Count} {kind}s in {s_while.TotalSeconds} seconds, and each has failed.");
    }
}
