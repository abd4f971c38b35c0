using Collection.Contracts;

namespace Collection.Simulation;

/// <summary>A person's browser: one database, and some tabs on it.</summary>
internal sealed class Browser(World world, int id, User user)
{
    // What would be left if the browser died now: after the last strict commit, any number of relaxed ones may be.
    private readonly List<InMemoryDatabase> _survivors = [];
    private int _tabs;

    public int Id => id;

    public User User => user;

    public string Name => $"browser {id}";

    public InMemoryDatabase Database { get; } = new();

    public List<Tab> Tabs { get; } = [];

    public SimulatedLeadership Leadership { get; private set; } = new(world, $"browser {id}");

    /// <summary>Until then nothing that is sent arrives at the server.</summary>
    public TimeSpan UpUntil { get; set; }

    /// <summary>Until then nothing that the server sends arrives here.</summary>
    public TimeSpan DownUntil { get; set; }

    public bool KeepsSurvivors { get; } = world.Swarm.Has(Feature.BrowserKill);

    public Tab Open()
    {
        var tab = new Tab(world, this, $"tab {id}.{++_tabs}");
        Tabs.Add(tab);
        world.Counters.Add(Seen.TabOpened);
        tab.Start();
        return tab;
    }

    /// <summary>A tab crashes, between any two of its steps.</summary>
    public void Crash(Tab tab)
    {
        world.Trace.Write($"{tab.Name} crashes");
        world.Counters.Add(Seen.TabCrashed);
        End(tab);
        Leadership.OnGone(tab);
    }

    public void OnCommit(bool isStrict)
    {
        if (!KeepsSurvivors)
            return;
        if (isStrict)
            _survivors.Clear();
        _survivors.Add(Database.Copy());
    }

    /// <summary>The whole browser is killed: the newest commits may be lost, if nothing strict came after them.</summary>
    public void Kill()
    {
        EndAll();
        world.Counters.Add(Seen.BrowserKilled);
        var left = _survivors.Count == 0 ? Database.Copy() : world.Stream("kill").Pick(_survivors);
        if (_survivors.Count > 0 && left != _survivors[^1])
            world.Counters.Add(Seen.CommitsLost);
        world.Trace.Write($"{Name} is killed, and comes back with copy {_survivors.IndexOf(left)} of {_survivors.Count}");
        Database.Restore(left);
        Forget();
    }

    /// <summary>The browser is killed and its database is gone, without a word.</summary>
    public void Wipe()
    {
        EndAll();
        world.Counters.Add(Seen.Wiped);
        world.Trace.Write($"{Name} is killed, and its database is gone");
        Database.Restore(new InMemoryDatabase());
        Forget();
    }

    public void Remove(Tab tab) => Tabs.Remove(tab);

    private void Forget()
    {
        _survivors.Clear();
        if (KeepsSurvivors)
            _survivors.Add(Database.Copy());
        Leadership = new SimulatedLeadership(world, Name);
        world.Oracle.Watch(this);
    }

    private void EndAll()
    {
        foreach (var tab in Tabs.ToArray())
            End(tab);
    }

    private void End(Tab tab)
    {
        tab.Kill();
        Tabs.Remove(tab);
    }
}
