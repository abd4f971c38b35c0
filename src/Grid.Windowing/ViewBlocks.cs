using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing;

/// <summary>
/// One view of the store, and those of its rows that are in memory, in blocks. A view never changes, so a block that
/// is here is right for as long as the view is shown.
/// </summary>
internal sealed class ViewBlocks<TRow>(IStoreView view, CollectionDefinition<TRow> collection, int blockRows) : IAsyncDisposable
{
    private readonly Dictionary<int, Block> _blocks = [];
    private readonly List<RowRange> _reads = [];
    private readonly CancellationTokenSource _closing = new();
    private TaskCompletionSource? _idle;
    private long _bytes;
    private long _uses;

    /// <summary>The number of rows in the view.</summary>
    public int Count => view.Count;

    /// <summary>The store's revision that the view shows.</summary>
    public long Revision => view.Revision;

    /// <summary>Reads under way.</summary>
    public int ReadCount => _reads.Count;

    /// <summary>The whole blocks that hold a window, and at least one of them.</summary>
    public static RowRange Align(RowRange window, int blockRows)
    {
        var start = window.Start / blockRows * blockRows;
        var end = Math.Min(((long)window.Start + Math.Max(window.Count, 1) + blockRows - 1) / blockRows * blockRows, int.MaxValue);
        return new RowRange(start, (int)(end - start));
    }

    public bool TryGet(RowRange window, out IReadOnlyList<TRow> rows)
    {
        rows = [];
        window = Clamp(window);
        for (var row = window.Start; row < window.End; row = NextBlock(row))
        {
            if (!_blocks.ContainsKey(row / blockRows))
                return false;
        }

        if (window.Count == 0)
            return true;
        var found = new TRow[window.Count];
        for (var row = window.Start; row < window.End; row = NextBlock(row))
        {
            var block = _blocks[row / blockRows];
            block.LastUse = ++_uses;
            var from = row % blockRows;
            var count = Math.Min(block.Rows.Length - from, window.End - row);
            Array.Copy(block.Rows, from, found, row - window.Start, count);
        }

        rows = found;
        return true;
    }

    public bool TryGetRow(int position, out SourceRow<TRow> row)
    {
        row = default;
        var isThere = _blocks.TryGetValue(position / blockRows, out var block) && position % blockRows < block.Rows.Length;
        if (isThere)
            row = new SourceRow<TRow>(position, block!.Keys[position % blockRows], block.Rows[position % blockRows]);
        return isThere;
    }

    public ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken) => view.FindAsync(key, cancellationToken);

    /// <summary>The first run of adjacent blocks that a window lacks and that nobody is reading, or null.</summary>
    public RowRange? NextMissing(RowRange window)
    {
        window = Clamp(window);
        var start = window.Start / blockRows * blockRows;
        while (start < window.End && !IsMissing(start))
            start += blockRows;
        if (start >= window.End)
            return null;
        var end = start + blockRows;
        while (end < window.End && IsMissing(end))
            end += blockRows;
        return Clamp(new RowRange(start, end - start));
    }

    /// <summary>Opens the view as it is now, with the rows that stand in the window's positions by then.</summary>
    public async Task<OpenedView> ReopenAsync(RowRange window, CancellationToken cancellationToken)
    {
        var (reopened, rows, change) = await view.ReopenAsync(window, cancellationToken);
        if (change.Start == window.Start)
            return new OpenedView(reopened, rows);
        try
        {
            return new OpenedView(reopened, await reopened.ReadAsync(window, cancellationToken));
        }
        catch
        {
            await reopened.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads what <see cref="NextMissing"/> found.</summary>
    public async Task ReadAsync(RowRange range)
    {
        _reads.Add(range);
        try
        {
            Add(range, await view.ReadAsync(range, _closing.Token));
        }
        finally
        {
            _reads.Remove(range);
            if (_reads.Count == 0)
                _idle?.SetResult();
        }
    }

    /// <summary>Takes rows in, starting at a block.</summary>
    /// <exception cref="InvalidOperationException">There are fewer rows, or more, than the view has there.</exception>
    public void Add(RowRange range, RowBatch batch)
    {
        range = Clamp(range);
        if (batch.Count != range.Count)
            throw new InvalidOperationException($"The store returned {batch.Count} rows from position {range.Start} on, where its view of {Count} has {range.Count}. The store is at fault.");
        var rows = batch.Decode(collection.Codec);
        for (var from = 0; from < rows.Length; from += blockRows)
        {
            var end = Math.Min(from + blockRows, rows.Length);
            var bytes = 0;
            var keys = new RowKey[end - from];
            for (var i = from; i < end; i++)
            {
                bytes += batch[i].Length;
                keys[i - from] = batch.ReadKey(i, collection.Schema);
            }

            if (_blocks.TryAdd((range.Start + from) / blockRows, new Block(rows[from..end], keys, bytes) { LastUse = ++_uses }))
                _bytes += bytes;
        }
    }

    /// <summary>Forgets the blocks that were not used for longest, none of which lies in a pinned window, until the rest fits.</summary>
    public void Trim(long maxBytes, IReadOnlyCollection<RowRange> pinned)
    {
        while (_bytes > maxBytes && Oldest(pinned) is { } oldest)
        {
            _bytes -= _blocks[oldest].Bytes;
            _blocks.Remove(oldest);
        }
    }

    /// <summary>Closes the view once the reads that are under way have given up.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_reads.Count > 0)
        {
            _idle = new TaskCompletionSource();
            // Not CancelAsync: reads have to end on this thread.
            _closing.Cancel();
            await _idle.Task;
        }

        await view.DisposeAsync();
    }

    private int? Oldest(IReadOnlyCollection<RowRange> pinned)
    {
        int? oldest = null;
        var use = long.MaxValue;
        foreach (var (index, block) in _blocks)
        {
            if (block.LastUse < use && !pinned.Any(window => Overlaps(window, index)))
                (oldest, use) = (index, block.LastUse);
        }

        return oldest;
    }

    private bool Overlaps(RowRange window, int block)
    {
        window = Clamp(window);
        return window.Start < (block + 1) * blockRows && window.End > block * blockRows;
    }

    private bool IsMissing(int row) =>
        !_blocks.ContainsKey(row / blockRows) && !_reads.Exists(read => row >= read.Start && row < read.End);

    private int NextBlock(int row) => ((row / blockRows) + 1) * blockRows;

    private RowRange Clamp(RowRange window)
    {
        var start = Math.Min(window.Start, Count);
        return new RowRange(start, Math.Min(window.Count, Count - start));
    }

    private sealed record Block(TRow[] Rows, RowKey[] Keys, int Bytes)
    {
        public long LastUse { get; set; }
    }
}
