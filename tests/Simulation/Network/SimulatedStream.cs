using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>An event stream on its way: events keep their order, and after a cut nothing comes any more.</summary>
internal sealed class SimulatedStream(World world, Tab tab) : IDisposable
{
    private static readonly TimeSpan s_pingInterval = TimeSpan.FromSeconds(10);

    private readonly Queue<Arrival> _arrived = [];
    private TaskCompletionSource? _waiter;
    private Subscription? _subscription;
    private TimeSpan _lastArrival;
    private bool _isCut;

    /// <summary>Opens the stream at the server; runs there.</summary>
    public bool Open(string? lastEventId)
    {
        if (_subscription is not null || _isCut)
            return true; // The request came twice.
        if (world.Swarm.Has(Feature.NoStreams) && !world.IsHealed)
        {
            world.Counters.Add(Seen.StreamsRefused);
            throw new SyncTransportException(SyncFailure.Refused, "The server answers 404.");
        }

        world.Counters.Add(lastEventId is null ? Seen.StreamOpened : Seen.StreamResumed);
        _subscription = world.Server.Listen(tab.Browser.User, lastEventId, Send);
        world.Server.Restarted += Break;
        Ping();
        return true;
    }

    public async Task<LiveEvent?> NextAsync(CancellationToken cancellationToken)
    {
        while (_arrived.Count == 0)
        {
            var waiter = _waiter = new TaskCompletionSource();
            using var registration = cancellationToken.Register(() => tab.Lane.Post(() => waiter.TrySetCanceled(cancellationToken)));
            await waiter.Task;
        }

        var (happened, failure) = _arrived.Dequeue();
        world.Trace.Write($"{tab.Name} hears {happened?.Kind.ToString() ?? "the end"} {happened?.Id ?? ""}");
        return failure is null ? happened : throw failure;
    }

    public void Dispose() => Cut();

    private void Send(LiveEvent? happened)
    {
        if (_isCut)
            return;
        if (IsDown() || world.Fires(Feature.SilentStream))
        {
            // Half open: neither side is told.
            world.Counters.Add(Seen.StreamSilent);
            Cut();
            return;
        }

        if (happened is { Kind: LiveEventKind.Page } && world.Fires(Feature.FullStream))
        {
            world.Counters.Add(Seen.StreamFull);
            happened = new LiveEvent(LiveEventKind.Behind, happened.Value.Id);
        }

        if (happened is { Kind: not LiveEventKind.Ready } && world.Fires(Feature.CutStream))
        {
            // At an event, or in one: of what was not whole nothing is heard.
            world.Counters.Add(Seen.StreamCut);
            if (world.Stream("network").Chance(0.5))
                Arrive(new Arrival(happened, null));
            Break();
            return;
        }

        Arrive(new Arrival(happened, null));
        if (happened is null)
            Cut();
    }

    private void Break()
    {
        if (_isCut)
            return;
        Arrive(world.Stream("network").Chance(0.5)
            ? new Arrival(null, null)
            : new Arrival(null, new SyncTransportException(SyncFailure.Offline, "The stream has broken.")));
        Cut();
    }

    private void Cut()
    {
        _isCut = true;
        world.Server.Restarted -= Break;
        if (_subscription is { } subscription)
            world.Server.Close(subscription);
    }

    private void Ping()
    {
        world.Scheduler.After(s_pingInterval, world.Outside, () =>
        {
            if (_isCut)
                return;
            Send(new LiveEvent(LiveEventKind.Ping));
            Ping();
        });
    }

    private void Arrive(Arrival arrival)
    {
        var at = world.Scheduler.Elapsed + world.Network.Latency();
        _lastArrival = at = at > _lastArrival ? at : _lastArrival;
        world.Scheduler.After(at - world.Scheduler.Elapsed, world.Outside, () =>
        {
            _arrived.Enqueue(arrival);
            tab.Lane.Post(() => _waiter?.TrySetResult());
        });
    }

    private bool IsDown() => !world.IsHealed && world.Scheduler.Elapsed < tab.Browser.DownUntil;

    private readonly record struct Arrival(LiveEvent? Happened, Exception? Failure);
}
