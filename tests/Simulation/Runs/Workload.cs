using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>
/// What people, other writers and misfortune do, step by step. Each step draws from a stream of its own, so that a
/// shorter run does the same up to its end.
/// </summary>
internal sealed class Workload
{
    private readonly World _world;
    private readonly People _people;
    private readonly List<(Feature Feature, int Weight, Action<RandomStream> Do)> _actions;
    private readonly Dictionary<Lane, (Tab Tab, int Steps)> _doomed = [];
    private int _step;
    private int _number = 100;

    public Workload(World world)
    {
        _world = world;
        _people = new People(world);
        List<(Feature, int, Action<RandomStream>)> actions =
        [
            (Feature.Edit, 12, random => _people.Edit(AnyTab(random), random)),
            (Feature.Undo, 3, random => _people.Undo(AnyTab(random), random)),
            (Feature.RetryDead, 2, random => _people.RetryDead(AnyTab(random))),
            (Feature.Discard, 2, random => People.Discard(AnyTab(random), random)),
            (Feature.RequestPull, 3, random => People.RequestPull(AnyTab(random))),
            (Feature.OtherWriters, 6, WriteAtServer),
            (Feature.Stall, 2, Stall),
            (Feature.Restore, 1, Restore),
            (Feature.Purge, 1, _ => world.Server.Purge()),
            (Feature.FilterChange, 1, MoveUser),
            (Feature.SignedOut, 1, SignOut),
            (Feature.Outage, 1, GoOut),
            (Feature.PartitionUp, 1, random => Any(random).UpUntil = world.Scheduler.Elapsed + random.Between(0.5, 10)),
            (Feature.PartitionDown, 1, random => Any(random).DownUntil = world.Scheduler.Elapsed + random.Between(0.5, 10)),
            (Feature.OpenTab, 3, random => Open(Any(random))),
            (Feature.CloseTab, 1, random => AnyTab(random)?.Close()),
            (Feature.TabCrash, 2, random => Crash(AnyTab(random))),
            (Feature.CrashAtStep, 3, CrashSoon),
            (Feature.BrowserKill, 2, random => Kill(Any(random), browser => browser.Kill(), random)),
            (Feature.Wipe, 1, random => Kill(Any(random), browser => browser.Wipe(), random)),
            (Feature.Freeze, 2, Freeze),
            (Feature.Steal, 2, random => Any(random).Leadership.Steal()),
        ];
        _actions = actions.FindAll(action => world.Swarm.Has(action.Item1));
        world.Scheduler.BeforeStep = BeforeStep;
    }

    public bool IsOver => _step >= _world.Swarm.Steps;

    public void Begin()
    {
        var random = _world.Stream("beginning");
        User[] users = [new(1, 1), new(2, 2), new(3, 1)];
        _world.Server.Commit(Enumerable.Range(1, random.Next(_world.Swarm.Keys + 1)).Select(key => ((long)key, (Func<Thing?, Thing?>)(_ => NewRow(key, random)))));
        for (var i = 0; i < _world.Swarm.Browsers; i++)
        {
            var browser = new Browser(_world, i + 1, users[i % users.Length]);
            _world.Browsers.Add(browser);
            _world.Oracle.Watch(browser);
            for (var tabs = random.Next(1, _world.Swarm.Tabs + 1); tabs > 0; tabs--)
                browser.Open();
        }

        Next();
    }

    /// <summary>Somebody edits in each browser.</summary>
    public void EditEverywhere(RandomStream random)
    {
        foreach (var browser in _world.Browsers)
            _people.Edit(random.Pick(browser.Tabs), random);
    }

    /// <summary>Others write: rows come, change and go.</summary>
    public void WriteAtServer(RandomStream random) => _world.Server.Commit(Changes(random));

    private void Next()
    {
        var random = new RandomStream(_world.Swarm.Seed, $"step {_step}");
        // Often things come thick and fast, sometimes there is time to settle.
        var pause = random.Chance(0.1) ? random.Between(1, 20) : random.Between(0.001, 1);
        _world.Scheduler.After(pause, _world.Outside, () =>
        {
            _step++;
            if (_actions.Count > 0)
                Act(random);
            if (!IsOver)
                Next();
        });
    }

    private void Act(RandomStream random)
    {
        var at = random.Next(_actions.Sum(action => action.Weight));
        var chosen = _actions.First(action => (at -= action.Weight) < 0);
        _world.Trace.Write($"step {_step}: {chosen.Feature}");
        chosen.Do(random);
    }

    private List<(long Key, Func<Thing?, Thing?> Change)> Changes(RandomStream random)
    {
        var changes = new List<(long, Func<Thing?, Thing?>)>();
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            var key = (long)random.Next(1, _world.Swarm.Keys + 1);
            var isDelete = _world.Swarm.Has(Feature.Deletes) && random.Chance(0.35);
            var isMove = _world.Swarm.Has(Feature.TeamMoves) && random.Chance(0.3);
            var isRename = random.Chance(0.5);
            var (number, note, team) = (++_number, $"w{_number}", random.Next(1, 3));
            changes.Add((key, row => isDelete ? null
                : row is null ? new Thing(key, team, number, note, false)
                : isMove ? row with { Team = 3 - row.Team }
                : isRename ? row with { Note = note }
                : row with { Number = number }));
        }

        return changes;
    }

    private Thing NewRow(long key, RandomStream random) => new(key, random.Next(1, 3), ++_number, random.Chance(0.2) ? null : $"first {key}", false);

    private void Stall(RandomStream random)
    {
        var transaction = _world.Server.Begin();
        var changes = Changes(random);
        _world.Scheduler.After(random.Between(0.1, 12), _world.Outside, () => _world.Server.End(transaction, changes));
    }

    private void Restore(RandomStream random)
    {
        if (!random.Chance(0.5) || !_world.Server.Restore())
            _world.Server.TakeBackup();
    }

    private void MoveUser(RandomStream random)
    {
        // Once: a version tells nothing of the filter under which it was told, so that one who moves back may keep a row.
        var user = Any(random).User;
        if (user.Teams.Count > 1)
            return;
        user.MoveTo(3 - user.Team);
        _world.Counters.Add(Seen.FilterChanged);
        _world.Trace.Write($"user {user.Id} sees team {user.Team} from now on");
        _world.Scheduler.After(random.Between(0.1, 5), _world.Outside, _world.Server.Pulse);
    }

    private void SignOut(RandomStream random)
    {
        var browser = Any(random);
        browser.User.IsSignedIn = false;
        _world.Counters.Add(Seen.SignedOut);
        _world.Scheduler.After(random.Between(0.5, 10), _world.Outside, () =>
        {
            browser.User.IsSignedIn = true;
            browser.Tabs.ForEach(People.RequestPull);
        });
    }

    private void GoOut(RandomStream random)
    {
        _world.Network.OutUntil = _world.Scheduler.Elapsed + random.Between(2, 12);
        _world.Counters.Add(Seen.Outage);
    }

    private void Open(Browser browser)
    {
        if (browser.Tabs.Count < _world.Swarm.Tabs)
            browser.Open();
    }

    private static void Crash(Tab? tab) => tab?.Browser.Crash(tab);

    private void CrashSoon(RandomStream random)
    {
        if (AnyTab(random) is { } tab)
            _doomed[tab.Lane] = (tab, random.Next(1, 40));
    }

    private void BeforeStep(Lane lane)
    {
        if (_doomed.Count == 0 || !_doomed.TryGetValue(lane, out var doom))
            return;
        if (doom.Steps > 0)
        {
            _doomed[lane] = (doom.Tab, doom.Steps - 1);
            return;
        }

        _doomed.Remove(lane);
        if (_world.IsHealed)
            return;
        _world.Counters.Add(Seen.CrashedAtStep);
        Crash(doom.Tab);
    }

    private void Kill(Browser browser, Action<Browser> kill, RandomStream random)
    {
        kill(browser);
        _world.Scheduler.After(random.Between(0.1, 5), _world.Outside, () => Open(browser));
    }

    private void Freeze(RandomStream random)
    {
        // The leader is the one worth freezing.
        var browser = Any(random);
        if ((random.Chance(0.7) ? browser.Leadership.Leader : AnyTab(random)) is not { } tab || tab.Lane.IsFrozen)
            return;
        _world.Trace.Write($"{tab.Name} freezes");
        _world.Counters.Add(Seen.Frozen);
        tab.Lane.Freeze();
        tab.Browser.Leadership.OnFrozen(tab);
        _world.Scheduler.After(random.Between(0.5, 20), _world.Outside, () =>
        {
            _world.Trace.Write($"{tab.Name} wakes up");
            _world.Counters.Add(Seen.Thawed);
            tab.Lane.Thaw();
        });
    }

    private Browser Any(RandomStream random) => random.Pick(_world.Browsers);

    private Tab? AnyTab(RandomStream random) => Any(random) is { Tabs: { Count: > 0 } tabs } ? random.Pick(tabs) : null;
}
