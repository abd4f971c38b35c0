using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing;

/// <content>Views: of another query, or of the same one when the store has changed.</content>
public sealed partial class WindowedRowSource<TRow>
{
    private readonly Arrivals _arrivals;
    private ViewQuery? _shownQuery;
    private StoreStatus? _shownStatus;
    private ViewBlocks<TRow>? _former;
    private int _formerShift;
    private CancellationTokenSource? _opening;
    private long _settledAt;

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
        Opened opened;
        try
        {
            if (delay > TimeSpan.Zero)
                await Task.Delay(delay, _timeProvider, cancellationToken);
            opened = await ReadViewAsync(query, cancellationToken);
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
            await opened.View.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }

        _opening = null;
        Show(opened, query);
    }

    private async Task<Opened> ReadViewAsync(ViewQuery query, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var status = _store.Status;
        var isSame = _shownQuery is null || query == _shownQuery;
        var rows = _hasLooked ? State.Viewport.Rows : _window;
        var blockRows = WindowPlanner.BlockRows(rows.Count, _latency, _options);
        // Somebody's place is kept from the first row on screen on, wherever that stands in a block.
        var keepsPlace = isSame && _shown is not null && _hasLooked && !State.Viewport.FollowsStart;
        var window = keepsPlace
            ? new RowRange(rows.Start, (Math.Max(rows.Count, 1) + blockRows - 1) / blockRows * blockRows)
            : Align(isSame ? rows : rows with { Start = 0 }, blockRows);
        var focus = isSame && _hasLooked ? State.Viewport.Focus : null;
        var focused = focus is { } position && TryGetRow(position, out var row) ? row.Key : (RowKey?)null;
        var (view, batch, start, change) = _shown is { } shown && isSame
            ? await ReopenAsync(shown, query, window, keepsPlace, cancellationToken)
            : await OpenAnewAsync(query, window, anchor: null, cancellationToken);
        try
        {
            if (!keepsPlace && start != window.Start)
                batch = await view.ReadAsync(window, cancellationToken);
            var read = window with { Start = keepsPlace ? start : window.Start };
            var blocks = new ViewBlocks<TRow>(view, _collection, blockRows, read.Start);
            blocks.Add(read, batch);
            Counters = Counters with { RowsFetched = Counters.RowsFetched + batch.Count, Reads = Counters.Reads + 1 };
            var moved = focused is { } key ? blocks.PositionInMemory(key) ?? await view.FindAsync(key, cancellationToken) : null;
            return new Opened(blocks, status, window, read, change, focused is null ? null : new FocusMove(focus!.Value, moved));
        }
        catch
        {
            await view.DisposeAsync();
            throw;
        }
    }

    // The store takes what has changed into the view that is shown, which costs it far less than a new one.
    private async Task<(IStoreView View, RowBatch Rows, int Start, ViewChange? Change)> ReopenAsync(ViewBlocks<TRow> shown, ViewQuery query, RowRange window, bool keepsPlace, CancellationToken cancellationToken)
    {
        try
        {
            var reopened = await shown.ReopenAsync(window, cancellationToken);
            return (reopened.View, reopened.Window, reopened.Change.Start, reopened.Change);
        }
        catch (SyncStoreException e) when (e.Failure == SyncStoreFailure.Failed)
        {
            // The store no longer knows what the shown view holds. The first row on screen can be looked for all the same.
            var anchor = keepsPlace && shown.TryGetRow(window.Start, out var row) ? row.Key : (RowKey?)null;
            return await OpenAnewAsync(query, window, anchor, cancellationToken);
        }
    }

    private async Task<(IStoreView View, RowBatch Rows, int Start, ViewChange? Change)> OpenAnewAsync(ViewQuery query, RowRange window, RowKey? anchor, CancellationToken cancellationToken)
    {
        var (view, rows) = await _store.OpenViewAsync(query, window, cancellationToken);
        if (anchor is not { } key)
            return (view, rows, window.Start, null);
        try
        {
            if (await view.FindAsync(key, cancellationToken) is not { } start || start == window.Start)
                return (view, rows, window.Start, null);
            return (view, await view.ReadAsync(window with { Start = start }, cancellationToken), start, null);
        }
        catch
        {
            await view.DisposeAsync();
            throw;
        }
    }

    private void Show(Opened opened, ViewQuery query)
    {
        var (view, status, asked, read, change, focus) = opened;
        var viewport = State.Viewport;
        var (above, below) = (State.ArrivedAbove, State.ArrivedBelow);
        if (_shownQuery is not null && query != _shownQuery)
        {
            _window = _window with { Start = 0 };
            viewport = viewport with { Rows = viewport.Rows with { Start = 0 }, Focus = null };
            _seen = default;
            (above, below) = (0, 0);
            _former = null;
            _motion.Rest();
        }
        else
        {
            if (change is not null && _shown is { } before)
                TakeOver(view, before, asked, change);
            _former = _shown;
            _formerShift = ShiftOf(view, read, asked);
            viewport = Moved(viewport, _formerShift, view.Count, focus);
            _seen = _seen with { Start = Math.Max(_seen.Start + _formerShift, 0) };
            _motion.Shift(_formerShift);
            if (change is not null && _hasLooked && IsLive(status))
            {
                var newcomers = Newcomers(view, read, asked, viewport.FollowsStart ? change.Inserted.Above + change.Inserted.Inside : change.Inserted.Inside);
                _arrivals.Add(newcomers.Select(row => row.Key));
                above += viewport.FollowsStart ? 0 : change.Inserted.Above;
                // What was read reaches beyond the screen.
                below += change.Inserted.Below + newcomers.Count(row => row.Position >= viewport.Rows.End);
            }
        }

        (_shownQuery, _shownStatus) = (query, status);
        _settledAt = _timeProvider.GetTimestamp();
        Retire(view);
        State = new RowSourceState(RowSourcePhase.Ready, view.Count, State.Version + 1, query)
        {
            Viewport = viewport,
            ArrivedAbove = viewport.Rows.Start == 0 ? 0 : above,
            ArrivedBelow = viewport.Rows.End >= view.Count ? 0 : below,
        };
        if (_hasLooked)
            Count(viewport.Rows);
        Trim(view);
        Changed?.Invoke();
        Serve();
        RefreshIfStale();
    }

    /// <summary>
    /// By how far rows have moved down about what is on screen now: since it was asked, somebody may have scrolled on. Where
    /// none of these rows is there yet, as far as those that were read.
    /// </summary>
    private int ShiftOf(ViewBlocks<TRow> view, RowRange read, RowRange asked)
    {
        var screen = State.Viewport.Rows;
        if (_shown is not { } before || screen.Start == asked.Start || State.Viewport.FollowsStart)
            return read.Start - asked.Start;
        for (var position = screen.Start; position < screen.End; position++)
        {
            if (before.TryGetRow(position, out var row) && view.PositionInMemory(row.Key) is { } now)
                return now - position;
        }

        return read.Start - asked.Start;
    }

    // Rows of a first sync or a refill are no news.
    private bool IsLive(StoreStatus status) => _shownStatus is { IsComplete: true } before && before.Generation == status.Generation;

    /// <summary>
    /// Rows about the screen that need not be read again, since nothing has come, gone or become another before them, or after
    /// them. Of rows that are newer, nobody says where they stand by now: then there are none.
    /// </summary>
    private void TakeOver(ViewBlocks<TRow> view, ViewBlocks<TRow> before, RowRange asked, ViewChange change)
    {
        if (change.Changed != default)
            return;
        var near = Near(view);
        if (change.Inserted.Above == 0 && change.Removed.Above == 0)
            view.TakeOver(before, near.Start, Math.Min(change.Start, asked.Start), shift: 0);
        if (change.Inserted.Below == 0 && change.Removed.Below == 0)
        {
            var shift = view.Count - before.Count;
            view.TakeOver(before, Math.Max(asked.End + shift, change.Start + asked.Count), Math.Min(near.End, view.Count), shift);
        }
    }

    /// <summary>The rows that have come in; others that are new here have only moved up from farther down, and stand after them.</summary>
    private List<SourceRow<TRow>> Newcomers(ViewBlocks<TRow> view, RowRange read, RowRange asked, int count)
    {
        List<SourceRow<TRow>> newcomers = [];
        if (count == 0 || _shown is not { } before)
            return newcomers;
        HashSet<RowKey> known = [];
        for (var position = Math.Max(asked.Start - asked.Count, 0); position < asked.End + asked.Count; position++)
        {
            if (before.TryGetRow(position, out var row))
                known.Add(row.Key);
        }

        for (var position = read.Start; position < read.End && newcomers.Count < count; position++)
        {
            if (view.TryGetRow(position, out var row) && !known.Contains(row.Key))
                newcomers.Add(row);
        }

        return newcomers;
    }

    private static Viewport Moved(Viewport viewport, int rows, int count, FocusMove? focused)
    {
        int Shifted(int position) => Math.Clamp(position + rows, 0, Math.Max(count - 1, 0));
        var focus = viewport.Focus is { } position ? Shifted(position) : (int?)null;
        return viewport with
        {
            Rows = viewport.Rows with { Start = Shifted(viewport.Rows.Start) },
            Focus = focused is { } move && move.From == viewport.Focus ? move.To : focus,
        };
    }

    /// <summary>The whole blocks that hold a window, and at least one of them.</summary>
    private static RowRange Align(RowRange window, int blockRows)
    {
        var start = window.Start / blockRows * blockRows;
        var end = Math.Min(((long)window.Start + Math.Max(window.Count, 1) + blockRows - 1) / blockRows * blockRows, int.MaxValue);
        return new RowRange(start, (int)(end - start));
    }

    private void FailToOpen(Exception error)
    {
        _settledAt = _timeProvider.GetTimestamp();
        var failed = _shown is null ? TakeRequests(static _ => true) : [];
        Fail(error, failed);
    }

    private void Retire(ViewBlocks<TRow>? successor)
    {
        var old = _shown;
        _shown = successor;
        if (old is not null)
            InBackground(old.DisposeAsync().AsTask());
    }

    /// <summary>A view that has been opened.</summary>
    /// <param name="View">The view, with the rows that were read.</param>
    /// <param name="Status">What the store held when it was asked.</param>
    /// <param name="Asked">The rows that were asked for, where they stood.</param>
    /// <param name="Read">The rows that were read, where they stand.</param>
    /// <param name="Change">How it differs from the view before, where that is known.</param>
    /// <param name="Focus">Where the row went that has the focus, where it was known.</param>
    private readonly record struct Opened(ViewBlocks<TRow> View, StoreStatus Status, RowRange Asked, RowRange Read, ViewChange? Change, FocusMove? Focus);

    /// <summary>The row with the focus stood here, and stands there now; nowhere where it has gone.</summary>
    private readonly record struct FocusMove(int From, int? To);
}
