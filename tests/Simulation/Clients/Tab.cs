using Collection.Contracts;
using Collection.Sync.Abstractions;
using Collection.Sync.Engine;

namespace Collection.Simulation;

/// <summary>A tab: a thread of its own, a store on the browser's database, and the engine that is to be tested.</summary>
internal sealed class Tab
{
    private readonly World _world;
    private readonly InMemorySyncStore _database;
    private readonly CancellationTokenSource _stop = new();

    public Tab(World world, Browser browser, string name)
    {
        _world = world;
        Browser = browser;
        Name = name;
        Lane = world.Scheduler.NewLane(name);
        Manners = new Manners(world, name);
        _database = new InMemorySyncStore(browser.Database) { Deliver = Deliver };
    }

    public Browser Browser { get; }

    public string Name { get; }

    public Lane Lane { get; }

    public Manners Manners { get; }

    /// <summary>The opened store; null before, and in a tab that is closing.</summary>
    public ObservedStore? Store { get; private set; }

    public CollectionSync? Sync { get; private set; }

    public bool IsClosing { get; private set; }

    public void Start() => Do(RunAsync);

    /// <summary>Does something in the tab's thread, if it is there and its store is open by then.</summary>
    public void Do(Func<ObservedStore, CollectionSync, Task> work) => Do(async () =>
    {
        if (Store is not { } store || Sync is not { } sync)
            return;
        try
        {
            await work(store, sync);
        }
        catch (SyncStoreException)
        {
            // Nothing was written; a person would be told.
        }
        catch (ObjectDisposedException) when (IsClosing)
        {
        }
    });

    /// <summary>Closes the tab as a person does.</summary>
    public void Close()
    {
        IsClosing = true;
        _world.Counters.Add(Seen.TabClosed);
        Do(() =>
        {
            _stop.Cancel();
            return Task.CompletedTask;
        });
    }

    public void Kill()
    {
        _database.Kill();
        Lane.Kill();
    }

    private void Do(Func<Task> work) => Lane.Post(() => _world.Watch(work));

    private async Task RunAsync()
    {
        var opened = await OpenAsync();
        var limits = new SyncLimits(_world.Stream("options").Next(150, 900), MaxPageBytes: 4096);
        Store = new ObservedStore(_world, this, _database, opened);
        Sync = new CollectionSync(
            new SimulatedTransport(_world, this, limits), Store, Options(limits), _world.Time, new RandomStream(_world.Swarm.Seed, Name), Browser.Leadership.For(this));
        Sync.Changed += OnChanged;
        try
        {
            await Sync.RunAsync(_stop.Token);
        }
        catch (OperationCanceledException) when (IsClosing)
        {
            Store = null;
            await opened.DisposeAsync();
            await _database.DisposeAsync();
            Browser.Remove(this);
            _world.Trace.Write($"{Name} is closed");
        }
    }

    private async Task<ICollectionStore> OpenAsync()
    {
        while (_world.Fires(Feature.OpenFailure))
        {
            _world.Counters.Add(Seen.OpenFailed);
            await _world.Scheduler.Delay(TimeSpan.FromSeconds(1));
        }

        return await _database.OpenAsync(Thing.Schema, CancellationToken.None);
    }

    private SyncOptions Options(SyncLimits limits)
    {
        var isAskedOnly = _world.Swarm.Has(Feature.NoPolling);
        return new SyncOptions
        {
            PageBytes = limits.PageBytes,
            MaxPageBytes = limits.MaxPageBytes,
            MaxEmptyPages = 5,
            PullInterval = isAskedOnly ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(25),
            PollInterval = isAskedOnly ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(8),
            StreamSilence = TimeSpan.FromSeconds(25),
            StreamRetryInterval = TimeSpan.FromSeconds(40),
            PushCount = _world.Stream("options").Pick([2, 5, 200]),
            FirstRetryDelay = TimeSpan.FromSeconds(0.5),
            MaxRetryDelay = TimeSpan.FromSeconds(15),
        };
    }

    private void OnChanged(SyncStatus status)
    {
        _world.Trace.Write($"{Name} is {status.Phase}{(status.IsStreaming ? ", streaming" : "")}, {status.PendingCount} pending");
        switch (status.Phase)
        {
            case SyncPhase.BackingOff: _world.Counters.Add(Seen.Backoff); break;
            case SyncPhase.Offline: _world.Counters.Add(Seen.Offline); break;
            case SyncPhase.Faulted: _world.Counters.Add(Seen.Faulted); break;
            case SyncPhase.Live when !status.IsStreaming: _world.Counters.Add(Seen.PolledWithoutStream); break;
        }
    }

    private void Deliver(Action notice)
    {
        if (_world.Fires(Feature.LostNotice))
        {
            _world.Counters.Add(Seen.NoticeLost);
            return;
        }

        _world.Scheduler.After(_world.Stream("notices").Between(0.0005, 0.05), _world.Outside, () => Lane.Post(notice));
    }
}
