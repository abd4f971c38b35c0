using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing;

/// <summary>
/// The rows of a collection's store for whatever shows them. It keeps blocks of decoded rows, reads the rest when
/// asked, follows the store when it changes, and goes on showing the rows it has until those that replace them are
/// there: what was on screen last is read together with the new view. All members belong to the thread that made the
/// source; nothing is read before the first <see cref="Look"/>, <see cref="GetAsync"/> or <see cref="QueryAsync"/>.
/// </summary>
/// <typeparam name="TRow">The type of a row.</typeparam>
public sealed partial class WindowedRowSource<TRow> : IRowSource<TRow>
{
    // One that nobody may want any more, and one for what is on screen now. More would only queue up in the store.
    private const int MaxReads = 2;

    private readonly ICollectionStore _store;
    private readonly CollectionDefinition<TRow> _collection;
    private readonly WindowingOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly List<RowRequest<TRow>> _requests = [];
    private readonly List<Task> _background = [];
    private ViewBlocks<TRow>? _shown;
    private RowRange _window;
    private bool _disposed;

    /// <summary>Makes a source. It does not own the store.</summary>
    /// <param name="store">Where rows come from.</param>
    /// <param name="collection">How rows are decoded; of the same schema as the store.</param>
    /// <param name="options">Bounds and pauses.</param>
    /// <param name="timeProvider">The clock; the system's where null.</param>
    /// <exception cref="ArgumentException">Store and collection are of different schemas.</exception>
    public WindowedRowSource(ICollectionStore store, CollectionDefinition<TRow> collection, WindowingOptions? options = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(collection);
        if (store.Schema.Hash != collection.Schema.Hash)
            throw new ArgumentException($"The store holds '{store.Schema.Name}' ({store.Schema.Hash:x16}), but rows are to be decoded as '{collection.Schema.Name}' ({collection.Schema.Hash:x16}). Open the store with the collection's own schema.", nameof(collection));
        _store = store;
        _collection = collection;
        _options = (options ?? new WindowingOptions()).Validated();
        _timeProvider = timeProvider ?? TimeProvider.System;
        _motion = new ScrollMotion(_timeProvider);
        _arrivals = new Arrivals(_timeProvider, _options.ArrivalDuration);
        _store.Changed += OnStoreChanged;
    }

    /// <inheritdoc/>
    public event Action? Changed;

    /// <inheritdoc/>
    public RowSourceState State { get; private set; } = new(RowSourcePhase.Loading, 0, 0, ViewQuery.All);

    /// <inheritdoc/>
    public ViewQuery Query { get; private set; } = ViewQuery.All;

    /// <inheritdoc/>
    public bool TryGet(int start, int count, out IReadOnlyList<TRow> rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        rows = [];
        return _shown is not null && _shown.TryGet(new RowRange(start, count), out rows);
    }

    /// <inheritdoc/>
    public async ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        while (_shown is { } shown)
        {
            var position = await shown.FindAsync(key, cancellationToken);
            ObjectDisposedException.ThrowIf(_disposed, this);
            // A position in a view that was replaced meanwhile is of no use to anybody.
            if (shown == _shown)
                return position;
        }

        return null;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The newest request is read first, and one whose token is cancelled is not read at all. The last window asked
    /// for stays in memory and is what a refresh reads at once.
    /// </remarks>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; the exception carries it and no other.</exception>
    /// <exception cref="SyncStoreException">The store failed, now or when the view was opened; <see cref="State"/> has the error too.</exception>
    public ValueTask<IReadOnlyList<TRow>> GetAsync(int start, int count, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<IReadOnlyList<TRow>>(cancellationToken);
        var isHit = TryGet(start, count, out var rows);
        _window = new RowRange(start, count);
        if (isHit)
            return ValueTask.FromResult(rows);
        if (_shown is null && _opening is null && State.Error is { } error)
            return ValueTask.FromException<IReadOnlyList<TRow>>(error);
        var request = new RowRequest<TRow>(_window, cancellationToken);
        _requests.Add(request);
        if (_shown is not null)
            Serve();
        else if (_opening is null)
            Open(TimeSpan.Zero);
        return new ValueTask<IReadOnlyList<TRow>>(request.Answer);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The task also completes when the store fails: <see cref="State"/> then says why, rows shown so far stay, and the
    /// same query again is another try. A query other than the one shown starts at its first row.
    /// </remarks>
    public Task QueryAsync(ViewQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var isNewText = query.Search.Length > 0 && query.Search != Query.Search;
        Query = query;
        if (query == _shownQuery && State.Phase == RowSourcePhase.Ready && !IsStale)
        {
            var replaced = _opening;
            _opening = null;
            replaced?.Cancel();
            return Task.CompletedTask;
        }

        return Open(isNewText ? _options.SearchDelay : TimeSpan.Zero);
    }

    /// <inheritdoc/>
    public async ValueTask<IStoreView> OpenSnapshotAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return (await _store.OpenViewAsync(Query, new RowRange(0, 0), cancellationToken)).View;
    }

    /// <summary>Closes the view. Whoever still waits for rows gets an <see cref="ObjectDisposedException"/>, or the cancellation of a query.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        _store.Changed -= OnStoreChanged;
        Retire(null);
        _opening?.Cancel();
        _watch?.Cancel();
        foreach (var request in TakeRequests(static _ => true))
            request.Fail(new ObjectDisposedException(GetType().FullName));
        try
        {
            await Task.WhenAll(_background);
        }
        catch (OperationCanceledException)
        {
            // An opening that was given up, as asked.
        }
    }

    private void Fail(Exception error, List<RowRequest<TRow>> failed)
    {
        State = State with { Phase = RowSourcePhase.Failed, Error = error };
        Changed?.Invoke();
        foreach (var request in failed)
            request.Fail(error);
    }

    // Answers whoever can be answered, and starts the reads that the others need. Answers come last, because they may
    // call back; reads are chosen anew each time, because a store in memory completes them on the spot.
    private void Serve()
    {
        if (_shown is null)
            return;
        var answers = new List<(RowRequest<TRow> Request, IReadOnlyList<TRow> Rows)>();
        for (var i = _requests.Count - 1; i >= 0; i--)
        {
            var request = _requests[i];
            var isWhole = _shown.TryGet(request.Window, out var rows);
            if (!isWhole && !request.IsOver)
                continue;
            _requests.RemoveAt(i);
            answers.Add((request, rows));
        }

        while (_shown is { } shown && NextRead(shown) is { } next)
            InBackground(ReadAsync(shown, next.Range, next.IsPlanned));
        foreach (var (request, rows) in answers)
            request.Succeed(rows);
    }

    private (RowRange Range, bool IsPlanned)? NextRead(ViewBlocks<TRow> shown)
    {
        for (var i = _requests.Count - 1; i >= 0 && shown.ReadCount < MaxReads; i--)
        {
            if (shown.NextMissing(_requests[i].Window) is { } range)
                return (range, false);
        }

        return NextPlanned(shown) is { } planned ? (planned, true) : null;
    }

    private async Task ReadAsync(ViewBlocks<TRow> view, RowRange range, bool isPlanned)
    {
        var isAlone = view.ReadCount == 0;
        var start = _timeProvider.GetTimestamp();
        try
        {
            await view.ReadAsync(range);
        }
        catch (Exception) when (view != _shown)
        {
            // Whatever became of the read of a view that has been replaced: its requests went over to the new one.
            return;
        }
        catch (Exception e)
        {
            Fail(e, TakeRequests(request => request.Window.Start < range.End && request.Window.Start + (long)request.Window.Count > range.Start));
            Serve();
            return;
        }

        Measure(range, _timeProvider.GetElapsedTime(start), isAlone);
        if (view != _shown)
            return;
        Trim(view);
        // The next read is under way while the rows of this one are drawn.
        Serve();
        if (isPlanned)
            Changed?.Invoke();
    }

    private List<RowRequest<TRow>> TakeRequests(Predicate<RowRequest<TRow>> condition)
    {
        var taken = _requests.FindAll(condition);
        _requests.RemoveAll(condition);
        return taken;
    }

    // What nobody awaits meanwhile is awaited, and heard of, when the source is disposed.
    private void InBackground(Task task)
    {
        _background.RemoveAll(static done => done.IsCompletedSuccessfully || done.IsCanceled);
        _background.Add(task);
    }
}
