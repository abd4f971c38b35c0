using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine.Tests;

/// <summary>One run of the engine over a scripted server, a store in memory and a clock that stands still.</summary>
internal sealed class SyncRun : IAsyncDisposable
{
    public static CollectionSchema Things { get; } = new("things", [new("id", FieldKind.Int64) { IsKey = true }, new("name", FieldKind.Text)]);

    /// <summary>Nothing happens by time alone but retries.</summary>
    public static SyncOptions Quiet { get; } = new()
    {
        PullInterval = Timeout.InfiniteTimeSpan,
        PollInterval = Timeout.InfiniteTimeSpan,
        StreamSilence = Timeout.InfiniteTimeSpan,
        MinPullGap = TimeSpan.Zero,
    };

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SerialContext _context = new();
    private readonly Lock _lock = new();
    private CancellationTokenSource _stop = new();
    private readonly List<SyncStatus> _statuses = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _run = Task.CompletedTask;

    private SyncRun(InMemorySyncStore tab, InMemoryCollectionStore store, SyncOptions options, double random, ISyncLeadership? leadership)
    {
        Tab = tab;
        Tab.Deliver = notice => _context.Post(_ => notice(), null);
        Store = store;
        Sync = new CollectionSync(Transport, store, options, Time, new ConstantRandom(random), leadership);
        Sync.Changed += OnChanged;
    }

    public ManualTimeProvider Time { get; } = new();

    public ScriptedTransport Transport { get; } = new();

    public InMemorySyncStore Tab { get; }

    public InMemoryCollectionStore Store { get; }

    public CollectionSync Sync { get; }

    /// <summary>The run; awaiting it shows how it ended.</summary>
    public Task Completion => _run.WaitAsync(Patience);

    public IReadOnlyList<SyncStatus> Statuses
    {
        get
        {
            lock (_lock)
                return [.. _statuses];
        }
    }

    /// <summary>The phases that were shown, without repetitions.</summary>
    public IEnumerable<SyncPhase> Phases
    {
        get
        {
            var statuses = Statuses;
            return statuses.Where((status, i) => i == 0 || statuses[i - 1].Phase != status.Phase).Select(status => status.Phase);
        }
    }

    /// <param name="random">What the engine draws: its part of each longest wait.</param>
    /// <param name="options">By default without pulls by time.</param>
    /// <param name="database">What is stored already.</param>
    public static async Task<SyncRun> StartAsync(double random = 0.5, SyncOptions? options = null, InMemoryDatabase? database = null, ISyncLeadership? leadership = null)
    {
        var run = await PrepareAsync(random, options, database, leadership);
        run.Start();
        return run;
    }

    public static async Task<SyncRun> PrepareAsync(double random = 0.5, SyncOptions? options = null, InMemoryDatabase? database = null, ISyncLeadership? leadership = null)
    {
        var tab = new InMemorySyncStore(database ?? new InMemoryDatabase());
        var store = (InMemoryCollectionStore)await tab.OpenAsync(Things, default);
        return new SyncRun(tab, store, options ?? Quiet, random, leadership);
    }

    public void Start()
    {
        var started = new TaskCompletionSource<Task>();
        _context.Post(_ => started.SetResult(Sync.RunAsync(_stop.Token)), null);
        _run = started.Task.Unwrap();
    }

    public static PageBuilder Page() => new(Things);

    /// <summary>A page with one row, whose key is its version too.</summary>
    public static byte[] Row(int key, string next, bool more = false, bool isSnapshot = false) =>
        Page().Upsert(new RowVersion(0, key), (long)key, $"thing {key}").Build(next, more, isSnapshot);

    /// <summary>Edits a row's name.</summary>
    public async Task<EditOutcome> EditAsync(long key, string name) =>
        (await InContextAsync(() => Store.Outbox.EditAsync([new RowEdit(new RowKey(key), FieldValues.Of(Things, ("name", name)))], Time.GetUtcNow(), default).AsTask()))[0];

    /// <summary>The names that the store shows, by key.</summary>
    public async Task<IReadOnlyDictionary<long, string>> NamesAsync()
    {
        var (view, window) = await Store.OpenViewAsync(ViewQuery.All, new RowRange(0, 1000), default);
        await using (view)
            return Enumerable.Range(0, window.Count).Select(i => Named(window[i].Span)).ToDictionary(row => row.Key, row => row.Name);
    }

    /// <summary>Runs something where the engine runs.</summary>
    public Task<T> InContextAsync<T>(Func<Task<T>> action)
    {
        var started = new TaskCompletionSource<Task<T>>();
        _context.Post(_ => started.SetResult(action()), null);
        return started.Task.Unwrap();
    }

    private static (long Key, string Name) Named(ReadOnlySpan<byte> row)
    {
        var reader = new MessagePackReader(row);
        reader.ReadArrayHeader(2);
        return (reader.ReadInt64(), reader.ReadText());
    }

    public async Task<SyncStatus> WaitForAsync(Func<SyncStatus, bool> condition)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (condition(Sync.Status))
                    return Sync.Status;
                changed = _changed.Task;
            }

            await changed.WaitAsync(Patience);
        }
    }

    public Task<SyncStatus> WaitForAsync(SyncPhase phase) => WaitForAsync(status => status.Phase == phase);

    /// <summary>Waits for a pull and answers it.</summary>
    /// <returns>The cursor that was sent.</returns>
    public async Task<string?> AnswerAsync(byte[] page)
    {
        var pull = await Transport.NextAsync();
        pull.Answer(page);
        return pull.After;
    }

    /// <summary>Lets the engine do all that it can do by itself, and expects that it then asks the server for nothing.</summary>
    public async Task ShouldRestAsync()
    {
        await _context.SettledAsync().WaitAsync(Patience);
        Transport.WaitingCount.ShouldBe(0);
    }

    /// <summary>Waits until the engine waits for the clock, and lets that time pass.</summary>
    /// <returns>How long it was.</returns>
    public async Task<TimeSpan> PassWaitAsync()
    {
        var wait = await Time.WaitForTimerAsync();
        Time.Advance(wait);
        return wait;
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(Completion);
        _stop.Dispose();
        _stop = new CancellationTokenSource();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAny(Completion);
        _stop.Dispose();
    }

    private void OnChanged(SyncStatus status)
    {
        SynchronizationContext.Current.ShouldBe(_context, "the engine stays on the thread that it was started on.");
        lock (_lock)
        {
            _statuses.Add(status);
            _changed.SetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private sealed class ConstantRandom(double value) : Random
    {
        public override double NextDouble() => value;

        public override void NextBytes(Span<byte> buffer) => buffer.Fill(0xab);
    }
}
