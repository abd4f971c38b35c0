using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing;

/// <summary>
/// The rows of a collection's store for whatever shows them. It keeps blocks of decoded rows, reads the rest when
/// asked, follows the store when it changes, and goes on showing the rows it has until those that replace them are
/// there: what was on screen last is read together with the new view. All members belong to the thread that made the
/// source; nothing is read before the first <see cref="GetAsync"/> or <see cref="QueryAsync"/>.
/// </summary>
/// <typeparam name="TRow">The type of a row.</typeparam>
public sealed class WindowedRowSource<TRow> : IRowSource<TRow>
{
    // One that nobody may want any more, and one for what is on screen now. More would only queue up in the store.
    private const int MaxReads = 2;

    private readonly ICollectionStore _store;
    private readonly CollectionDefinition<TRow> _collection;
    private readonly WindowingOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly List<RowRequest<TRow>> _requests = [];
    private ViewBlocks<TRow>? _shown;
    private ViewQuery? _shownQuery;
    private RowRange _window;
    private CancellationTokenSource? _opening;
    private long _settledAt;
    private Task _background = Task.CompletedTask;
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
    public bool TryGetRow(int position, out SourceRow<TRow> row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        row = default;
        return _shown is not null && _shown.TryGetRow(position, out row);
    }

    /// <inheritdoc/>
    public void Look(Viewport viewport)
    {
        State = State with { Viewport = viewport };
        var rows = GetAsync(viewport.Rows.Start, viewport.Rows.Count, CancellationToken.None);
        if (!rows.IsCompleted)
            InBackground(TellAsync(rows.AsTask()));
    }

    private async Task TellAsync(Task rows)
    {
        try
        {
            await rows;
        }
        catch (Exception)
        {
            // The state has the error, and has been told.
            return;
        }

        Changed?.Invoke();
    }

    /// <inheritdoc/>
    public async ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _shown is null ? null : await _shown.FindAsync(key, cancellationToken);
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
        foreach (var request in TakeRequests(static _ => true))
            request.Fail(new ObjectDisposedException(GetType().FullName));
        try
        {
            await _background;
        }
        catch (OperationCanceledException)
        {
            // An opening that was given up, as asked.
        }
    }

    private bool IsStale => _shown is null || _shown.Revision != _store.Status.Revision;

    private void OnStoreChanged(StoreStatus status)
    {
        var isInUse = _shown is not null || State.Phase == RowSourcePhase.Failed;
        if (isInUse)
            RefreshIfStale();
    }

    // An opening under way shows what is newest when it reaches the store; whether that is still so is looked at when it is done.
    private void RefreshIfStale()
    {
        if (_opening is null && IsStale && !_disposed)
            Open(_options.RefreshInterval - _timeProvider.GetElapsedTime(_settledAt));
    }

    private Task Open(TimeSpan delay)
    {
        var replaced = _opening;
        var opening = _opening = new CancellationTokenSource();
        replaced?.Cancel();
        var task = OpenAsync(delay, opening);
        InBackground(task);
        return task;
    }

    private async Task OpenAsync(TimeSpan delay, CancellationTokenSource opening)
    {
        var cancellationToken = opening.Token;
        var query = Query;
        ViewBlocks<TRow> view;
        try
        {
            if (delay > TimeSpan.Zero)
                await Task.Delay(delay, _timeProvider, cancellationToken);
            view = await ReadViewAsync(query, cancellationToken);
        }
        catch (Exception e)
        {
            if (cancellationToken.IsCancellationRequested)
                throw new OperationCanceledException("A later query took the place of this one, or the row source was disposed of.", e, cancellationToken);
            _opening = null;
            FailToOpen(e);
            return;
        }

        if (cancellationToken.IsCancellationRequested)
        {
            await view.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }

        _opening = null;
        Show(view, query);
    }

    private async Task<ViewBlocks<TRow>> ReadViewAsync(ViewQuery query, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var window = ViewBlocks<TRow>.Align(query == _shownQuery ? _window : _window with { Start = 0 }, _options.BlockRows);
        var opened = await OpenViewAsync(query, window, cancellationToken);
        var view = new ViewBlocks<TRow>(opened.View, _collection, _options.BlockRows);
        try
        {
            view.Add(window, opened.Window);
            return view;
        }
        catch
        {
            await view.DisposeAsync();
            throw;
        }
    }

    // The store takes what has changed into the view that is shown, which costs it far less than a new one. Positions stay
    // what they are: keeping somebody's place where rows have come in above would take a grid that scrolls.
    private async Task<OpenedView> OpenViewAsync(ViewQuery query, RowRange window, CancellationToken cancellationToken)
    {
        if (_shown is { } shown && query == _shownQuery)
        {
            try
            {
                return await shown.ReopenAsync(window, cancellationToken);
            }
            catch (SyncStoreException e) when (e.Failure == SyncStoreFailure.Failed)
            {
                // The store no longer knows what the shown view holds.
            }
        }

        return await _store.OpenViewAsync(query, window, cancellationToken);
    }

    private void Show(ViewBlocks<TRow> view, ViewQuery query)
    {
        if (query != _shownQuery)
            _window = _window with { Start = 0 };
        _shownQuery = query;
        _settledAt = _timeProvider.GetTimestamp();
        Retire(view);
        State = new RowSourceState(RowSourcePhase.Ready, view.Count, State.Version + 1, query);
        Changed?.Invoke();
        Serve();
        RefreshIfStale();
    }

    private void FailToOpen(Exception error)
    {
        _settledAt = _timeProvider.GetTimestamp();
        var failed = _shown is null ? TakeRequests(static _ => true) : [];
        Fail(error, failed);
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

        while (_shown is { } shown && NextRead(shown) is { } range)
            InBackground(ReadAsync(shown, range));
        foreach (var (request, rows) in answers)
            request.Succeed(rows);
    }

    private RowRange? NextRead(ViewBlocks<TRow> shown)
    {
        for (var i = _requests.Count - 1; i >= 0 && shown.ReadCount < MaxReads; i--)
        {
            if (shown.NextMissing(_requests[i].Window) is { } range)
                return range;
        }

        return null;
    }

    private async Task ReadAsync(ViewBlocks<TRow> view, RowRange range)
    {
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

        if (view != _shown)
            return;
        view.Trim(_options.MaxCachedBytes, [_window, .. _requests.Select(request => request.Window)]);
        Serve();
    }

    private List<RowRequest<TRow>> TakeRequests(Predicate<RowRequest<TRow>> condition)
    {
        var taken = _requests.FindAll(condition);
        _requests.RemoveAll(condition);
        return taken;
    }

    private void Retire(ViewBlocks<TRow>? successor)
    {
        var old = _shown;
        _shown = successor;
        if (old is not null)
            InBackground(old.DisposeAsync().AsTask());
    }

    // What nobody awaits meanwhile is awaited, and heard of, when the source is disposed.
    private void InBackground(Task task) =>
        _background = _background.IsCompleted && !_background.IsFaulted ? task : Task.WhenAll(_background, task);
}
