using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>How a run ended.</summary>
internal sealed record RunResult(Swarm Swarm, ulong TraceHash, InvariantException? Failure, IReadOnlyList<string> Lines)
{
    public bool HasFailed => Failure is not null;
}

/// <summary>One run: people and faults for a while, then peace, in which all has to come right by itself.</summary>
internal sealed class SimulatedRun
{
    // The promise is 60 seconds from when the faults stop.
    private static readonly TimeSpan s_healingTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_calm = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(0.5);

    private readonly World _world;
    private readonly Workload _workload;

    private SimulatedRun(World world)
    {
        _world = world;
        _workload = new Workload(world);
    }

    /// <summary>Runs on the calling thread from beginning to end.</summary>
    public static RunResult Run(Swarm swarm, Counters counters, bool keepsLines = false)
    {
        var world = new World(swarm, keepsLines, counters);
        InvariantException? failure;
        try
        {
            new SimulatedRun(world).Run();
            failure = null;
        }
        catch (InvariantException e)
        {
            failure = world.Failure ?? e;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }

        return new RunResult(swarm, world.Trace.Value, failure, world.Trace.Lines);
    }

    private void Run()
    {
        _workload.Begin();
        RunUntil(() => _workload.IsOver, TimeSpan.FromHours(1));
        Heal();
        // Whatever people have begun gets to its end first.
        var stopped = _world.Scheduler.Elapsed;
        RunUntil(static () => false, stopped + s_calm);
        Settle(stopped + s_healingTime, browser => Unsent(browser) ?? Unequal(browser));

        // What is done in peace gets to the server by itself.
        _workload.EditEverywhere(new RandomStream(_world.Swarm.Seed, "last edit"));
        RunUntil(static () => false, _world.Scheduler.Elapsed + s_calm);
        Settle(_world.Scheduler.Elapsed, Unsent);
        Ask();
        Settle(_world.Scheduler.Elapsed + s_calm, browser => Unsent(browser) ?? Unequal(browser));
        _world.Counters.Add(Seen.Converged);
        PullOnceMore();
    }

    private void Heal()
    {
        _world.Trace.Write($"faults stop");
        _world.IsHealed = true;
        _world.Server.EndAll();
        foreach (var browser in _world.Browsers)
        {
            browser.User.IsSignedIn = true;
            if (browser.Tabs.TrueForAll(tab => tab.IsClosing))
                browser.Open();
            foreach (var tab in browser.Tabs)
                tab.Lane.Thaw();
        }

        // The network is back: every tab is told so. What is written while they pull must not be missed.
        Ask();
        RunUntil(static () => false, _world.Scheduler.Elapsed + _world.Stream("heal").Between(0.001, 0.8));
        _workload.WriteAtServer(new RandomStream(_world.Swarm.Seed, "last write"));
        Ask();
    }

    private void Ask()
    {
        foreach (var tab in _world.Browsers.SelectMany(browser => browser.Tabs))
            tab.Do(static (_, sync) =>
            {
                sync.RequestPull("online");
                return Task.CompletedTask;
            });
    }

    /// <summary>Another pull finds nothing that is not there.</summary>
    private void PullOnceMore()
    {
        Ask();
        RunUntil(static () => false, _world.Scheduler.Elapsed + s_calm);
        var before = _world.Browsers.ConvertAll(Snapshot.Of);
        Ask();
        RunUntil(static () => false, _world.Scheduler.Elapsed + s_calm);
        foreach (var (browser, last) in _world.Browsers.Zip(before))
        {
            var now = Snapshot.Of(browser);
            if (now.Status.Revision != last.Status.Revision || now.Shown.Cursor != last.Shown.Cursor)
                throw _world.Oracle.Violate(browser, "rest is rest", $"everything was in order, and one more pull has gone from {last.Status} to {now.Status}.");
        }
    }

    private void Settle(TimeSpan deadline, Func<Browser, string?> check)
    {
        while (_world.Browsers.Select(check).FirstOrDefault(left => left is not null) is { } left)
        {
            if (_world.Scheduler.Elapsed >= deadline)
                throw _world.Violate("all comes right", $"though the faults have stopped, {left}{Environment.NewLine}{State()}");
            RunUntil(static () => false, _world.Scheduler.Elapsed + s_look);
        }
    }

    /// <summary>What is left to send; null where nothing is. What the server has rejected waits for a person.</summary>
    private static string? Unsent(Browser browser)
    {
        var left = Snapshot.Of(browser).Outbox.Entries.Count(entry => entry.IsLive);
        return left > 0 ? $"{browser.Name} has {left} edits that are not settled." : null;
    }

    /// <summary>Where a browser shows something else than the server has; null where it does not.</summary>
    private string? Unequal(Browser browser)
    {
        var now = Snapshot.Of(browser);
        if (now.Refilling is not null)
            return $"{browser.Name} is still being filled anew.";
        var right = _world.Server.VisibleTo(browser.User.Team).ToDictionary(stored => stored.Key, stored => stored.Row!);
        foreach (var (key, row) in right)
        {
            if (!now.View.TryGetValue(key, out var shown) || shown != row)
                return $"{browser.Name} shows {(shown is null ? "nothing" : shown.ToString())} where the server has {row}.";
        }

        return now.View.Keys.FirstOrDefault(key => !right.ContainsKey(key), -1) is var extra and >= 0
            ? $"{browser.Name} shows {extra}, which the server does not have."
            : null;
    }

    private void RunUntil(Func<bool> condition, TimeSpan limit)
    {
        _world.Scheduler.RunUntil(() => _world.Failure is not null || condition(), limit);
        if (_world.Failure is { } failure)
            throw failure;
    }

    private string State()
    {
        var lines = new List<string> { $"server: epoch {_world.Server.Epoch}, {_world.Server.Table.Count} rows and tombstones" };
        foreach (var browser in _world.Browsers)
        {
            var now = Snapshot.Of(browser);
            lines.Add($"{browser.Name}: {now.Status}, fence {now.Fence}, leader {browser.Leadership.Leader?.Name ?? "none"}");
            lines.AddRange(now.Outbox.Entries.Select(entry => $"  {entry}"));
            lines.AddRange(browser.Tabs.Select(tab => $"  {tab.Name}{(tab.Lane.IsFrozen ? ", frozen" : "")}: {tab.Sync?.Status}"));
        }

        return string.Join(Environment.NewLine, lines);
    }
}
