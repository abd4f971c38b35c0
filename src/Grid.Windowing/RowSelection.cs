using System.Collections.Immutable;
using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing;

/// <summary>
/// The rows of a collection that somebody has selected: some keys, or all rows of a query but for exceptions, which are
/// never listed. It survives whatever is shown, sorted, filtered and synced meanwhile, and counts the rows that are there.
/// All members belong to the thread that made it.
/// </summary>
public sealed partial class RowSelection : IAsyncDisposable
{
    /// <summary>
    /// The most keys that are selected one by one, exceptions included: half of what a query may name, so that the rest of
    /// it has room. Whoever wants more selects all rows of a filter.
    /// </summary>
    public const int MaxKeys = ViewFilter.MaxSize / 2;

    private const int RangeBatchRows = 1_000;

    private readonly ICollectionStore _store;
    private readonly TimeProvider _timeProvider;
    private readonly SelectedRows _rows;
    private readonly CancellationTokenSource _closing = new();
    private long _version;
    private bool _disposed;

    /// <summary>Makes a selection, without any rows yet. It does not own the store.</summary>
    /// <param name="store">The collection.</param>
    /// <param name="timeProvider">The clock; the system's where null.</param>
    /// <exception cref="NotSupportedException">The keys are not integers.</exception>
    public RowSelection(ICollectionStore store, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (store.Schema.Key.Kind != FieldKind.Int64)
            throw new NotSupportedException($"The keys of '{store.Schema.Name}' are of kind {store.Schema.Key.Kind}, and views filter only by keys that are integers, which a selection needs. Give the collection an integer key.");
        _store = store;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _rows = new SelectedRows(store.Schema);
        _store.Changed += OnStoreChanged;
    }

    /// <summary><see cref="MaxKeys"/>, or fewer for a test.</summary>
    internal int KeyLimit { get; init; } = MaxKeys;

    /// <summary>Raised after something has been selected or not, <see cref="Count"/> has changed, or more is known of what <see cref="Contains"/> was asked.</summary>
    public event Action? Changed;

    /// <summary>The query whose rows are all selected, but for exceptions; null where rows have been selected one by one.</summary>
    public ViewQuery? All => _rows.Base;

    /// <summary>True where nothing has been selected.</summary>
    public bool IsEmpty => _rows.IsEmpty;

    /// <summary>
    /// The exact number of selected rows that are there: a row that has been deleted, or that <see cref="All"/> no longer
    /// holds, does not count. Null for the moment until the rows of a query have been counted.
    /// </summary>
    public int? Count { get; private set; } = 0;

    /// <summary>Why the rows could not be counted, if so; the next change tries again.</summary>
    public Exception? Error { get; private set; }

    /// <summary>
    /// Whether a row is selected. Never waits: of a row that neither has been selected by itself nor is shown by the query
    /// that is selected, the store is asked, the answer is false until it is known, and <see cref="Changed"/> then raised.
    /// </summary>
    /// <param name="key">The row's key.</param>
    /// <param name="shown">The query whose view shows the row, if it is known.</param>
    public bool Contains(RowKey key, ViewQuery? shown = null)
    {
        if (_rows.Says(key) is { } said)
            return said;
        if (shown is not null && shown.Search == All!.Search && shown.Filters.SequenceEqual(All.Filters))
            _matches.Add(key, isMatch: true, _store.Status.Revision);
        else if (!_matches.IsCurrent(key, _store.Status.Revision))
            Ask(key);
        return _matches.Of(key) ?? false;
    }

    /// <summary>Selects a row, or takes it out.</summary>
    /// <exception cref="InvalidOperationException">There are <see cref="MaxKeys"/> of them already; nothing has changed.</exception>
    public void Set(RowKey key, bool isSelected) => Set([key], isSelected);

    /// <summary>Selects rows, or takes them out, as one change.</summary>
    /// <exception cref="ArgumentException">A key is of another kind than the collection's; nothing has changed.</exception>
    /// <exception cref="InvalidOperationException">There would be more than <see cref="MaxKeys"/>; nothing has changed.</exception>
    public void Set(IReadOnlyList<RowKey> keys, bool isSelected)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckRoom(keys, isSelected);
        // Whoever ticks a row has it on screen, so the number follows at once; the store has the last word.
        foreach (var key in keys)
        {
            if ((_rows.Says(key) ?? _matches.Of(key) ?? !isSelected) != isSelected)
                Count += isSelected ? 1 : -1;
            _rows.Set(key, isSelected);
        }

        if (IsEmpty)
            Count = 0;
        _version++;
        Recount();
        Changed?.Invoke();
    }

    /// <summary>Selects a row that is not selected, as <see cref="Contains"/> has it, and takes one out that is.</summary>
    /// <exception cref="InvalidOperationException">There are <see cref="MaxKeys"/> of them already; nothing has changed.</exception>
    public void Toggle(RowKey key, ViewQuery? shown = null) => Set(key, !Contains(key, shown));

    /// <summary>Selects nothing.</summary>
    public void Clear()
    {
        _rows.Clear(null);
        Count = 0;
        Restart();
    }

    /// <summary>Selects all rows of a query, whatever was selected before: those that come to match it too, until they no longer do.</summary>
    /// <exception cref="ArgumentException">The query does not fit the collection.</exception>
    public void SelectAll(ViewQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        query.Check(_store.Schema);
        _rows.Clear(query);
        Count = null;
        Restart();
    }

    /// <summary>Selects the rows of a query from one row to another, both included, or takes them out. Where the first one has gone, it is the other one alone.</summary>
    /// <param name="query">The query, with the order that makes it a range.</param>
    /// <param name="from">Where the range was begun.</param>
    /// <param name="to">Where it ends, before or after.</param>
    /// <param name="isSelected">Whether they are to be selected.</param>
    /// <param name="cancellationToken">Gives up; nothing has changed then.</param>
    /// <exception cref="InvalidOperationException">There would be more than <see cref="MaxKeys"/>; nothing has changed.</exception>
    /// <exception cref="SyncStoreException">The store failed; nothing has changed.</exception>
    public async Task SelectRangeAsync(ViewQuery query, RowKey from, RowKey to, bool isSelected, CancellationToken cancellationToken)
    {
        var view = (await _store.OpenViewAsync(query, new RowRange(0, 0), cancellationToken)).View;
        await using (view)
        {
            if (await view.FindAsync(to, cancellationToken) is not { } end)
                return;
            var start = await view.FindAsync(from, cancellationToken) ?? end;
            await SelectRangeAsync(view, new RowRange(Math.Min(start, end), Math.Abs(end - start) + 1), isSelected, cancellationToken);
        }
    }

    /// <summary>Selects rows of a view by position, or takes them out. Only their keys are kept.</summary>
    /// <param name="view">A view of this selection's collection.</param>
    /// <param name="range">The positions; they may go past the end.</param>
    /// <param name="isSelected">Whether they are to be selected.</param>
    /// <param name="cancellationToken">Gives up; nothing has changed then.</param>
    /// <exception cref="InvalidOperationException">There would be more than <see cref="MaxKeys"/>; nothing has changed.</exception>
    /// <exception cref="SyncStoreException">The store failed; nothing has changed.</exception>
    public async Task SelectRangeAsync(IStoreView view, RowRange range, bool isSelected, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(view);
        var end = (int)Math.Min(range.Start + (long)range.Count, view.Count);
        if (end - range.Start > KeyLimit)
            throw TooMany();
        var keys = new List<RowKey>(Math.Max(end - range.Start, 0));
        while (range.Start + keys.Count < end)
        {
            var start = range.Start + keys.Count;
            var batch = await view.ReadAsync(new RowRange(start, Math.Min(end - start, RangeBatchRows)), cancellationToken);
            for (var i = 0; i < batch.Count; i++)
                keys.Add(batch.ReadKey(i, _store.Schema));
        }

        Set(keys, isSelected);
    }

    /// <summary>The query that holds exactly the selected rows, in a given order: to count them, to show them, to export them.</summary>
    /// <param name="sort">The order; empty for the collection's key order.</param>
    public ViewQuery ToQuery(ImmutableArray<FieldSort> sort) => _rows.ToQuery(sort);

    /// <summary>Opens exactly the selected rows for reading in order, fixed as they are now: for an export, or to edit all of them.</summary>
    /// <param name="sort">The order; empty for the collection's key order.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The view; the caller disposes of it.</returns>
    /// <exception cref="SyncStoreException">The store failed.</exception>
    public async ValueTask<IStoreView> OpenScopeAsync(ImmutableArray<FieldSort> sort, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return (await _store.OpenViewAsync(ToQuery(sort), new RowRange(0, 0), cancellationToken)).View;
    }

    /// <summary>Counts no more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        _store.Changed -= OnStoreChanged;
        await _closing.CancelAsync();
        await _counting;
        await _asking;
        if (_counted is not null)
            await _counted.DisposeAsync();
        _closing.Dispose();
    }

    private void Restart()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _version++;
        Error = null;
        _matches.Clear();
        _asked.Clear();
        // What is not known yet need not wait for its turn.
        _hurry?.TrySetResult();
        Recount();
        Changed?.Invoke();
    }

    private void CheckRoom(IReadOnlyList<RowKey> keys, bool isSelected)
    {
        foreach (var key in keys)
            _store.Schema.CheckKey(key);
        var isKept = isSelected || All is not null;
        if (isKept && _rows.KeyCount + keys.Count > KeyLimit && _rows.KeyCount + keys.Count(key => !_rows.Names(key)) > KeyLimit)
            throw TooMany();
    }

    private InvalidOperationException TooMany() =>
        new($"No more than {KeyLimit} rows can be selected one by one. Filter for the rows that you want, and select all of them.");
}
