using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing;

/// <summary>
/// One view of the store, and those of its rows that are in memory, in blocks. A view never changes, so a block that
/// is here is right for as long as the view is shown.
/// </summary>
/// <param name="view">The view, disposed of with this.</param>
/// <param name="collection">How rows are decoded.</param>
/// <param name="blockRows">Rows in a block.</param>
/// <param name="origin">Where a block begins, of which the others are whole numbers of blocks away: what was read with the view need not begin at 0.</param>
internal sealed class ViewBlocks<TRow>(IStoreView view, CollectionDefinition<TRow> collection, int blockRows, int origin = 0) : IBlocks, IAsyncDisposable
{
    private readonly Dictionary<int, Block> _blocks = [];
    private readonly List<RowRange> _reads = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly int _origin = origin % blockRows;
    private TaskCompletionSource? _idle;
    private int _calls;
    private long _uses;

    /// <inheritdoc/>
    public int Count => view.Count;

    /// <inheritdoc/>
    public int BlockRows => blockRows;

    /// <inheritdoc/>
    public int FirstBlock => BlockOf(0);

    /// <inheritdoc/>
    public int LastBlock => BlockOf(Math.Max(Count - 1, 0));

    /// <summary>The store's revision that the view shows.</summary>
    public long Revision => view.Revision;

    /// <summary>Reads under way.</summary>
    public int ReadCount => _reads.Count;

    /// <summary>Bytes of the rows in memory, as they are encoded.</summary>
    public long Bytes { get; private set; }

    /// <inheritdoc/>
    public int BlockOf(int row) => row >= _origin ? (row - _origin) / blockRows : -1;

    /// <inheritdoc/>
    public RowRange RangeOf(int first, int last)
    {
        var start = StartOf(first);
        return new RowRange(start, (int)Math.Min((long)StartOf(last) + blockRows - (last < 0 ? blockRows - _origin : 0), Count) - start);
    }

    /// <inheritdoc/>
    public bool IsMissing(int block)
    {
        var start = StartOf(block);
        return !_blocks.ContainsKey(block) && !_reads.Exists(read => start >= read.Start && start < read.End);
    }

    public bool TryGet(RowRange window, out IReadOnlyList<TRow> rows)
    {
        rows = [];
        window = Clamp(window);
        for (var row = window.Start; row < window.End; row = NextBlock(row))
        {
            if (!_blocks.ContainsKey(BlockOf(row)))
                return false;
        }

        if (window.Count == 0)
            return true;
        _uses++;
        var found = new TRow[window.Count];
        for (var row = window.Start; row < window.End; row = NextBlock(row))
        {
            var block = _blocks[BlockOf(row)];
            block.LastUse = _uses;
            var from = row - StartOf(BlockOf(row));
            var count = Math.Min(block.Rows.Length - from, window.End - row);
            Array.Copy(block.Rows, from, found, row - window.Start, count);
        }

        rows = found;
        return true;
    }

    public bool TryGetRow(int position, out SourceRow<TRow> row)
    {
        row = default;
        var index = position - StartOf(BlockOf(position));
        var isThere = _blocks.TryGetValue(BlockOf(position), out var block) && index < block.Rows.Length;
        if (isThere)
            row = new SourceRow<TRow>(position, block!.Keys[index], block.Rows[index]);
        return isThere;
    }

    /// <summary>Takes blocks from another view that has the same rows in a range, so many positions farther up: those that are whole there.</summary>
    public void TakeOver(ViewBlocks<TRow> other, int start, int end, int shift)
    {
        for (var row = start; row < end; row = NextBlock(row))
        {
            var range = Clamp(new RowRange(StartOf(BlockOf(row)), NextBlock(row) - StartOf(BlockOf(row))));
            if (range.Start < start || range.End > end || _blocks.ContainsKey(BlockOf(row)))
                continue;
            if (other.Copy(range with { Start = range.Start - shift }) is not { } block)
                continue;
            _blocks.Add(BlockOf(row), block);
            Bytes += block.Bytes;
        }
    }

    /// <summary>Counts the blocks that hold a window as used now.</summary>
    public void Use(RowRange window)
    {
        _uses++;
        window = Clamp(window);
        for (var row = window.Start; row < window.End; row = NextBlock(row))
        {
            if (_blocks.TryGetValue(BlockOf(row), out var block))
                block.LastUse = _uses;
        }
    }

    /// <summary>Where the row with a key is among those in memory.</summary>
    public int? PositionInMemory(RowKey key)
    {
        foreach (var (index, block) in _blocks)
        {
            if (Array.IndexOf(block.Keys, key) is >= 0 and var i)
                return StartOf(index) + i;
        }

        return null;
    }

    public async ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken)
    {
        _calls++;
        try
        {
            return await view.FindAsync(key, cancellationToken);
        }
        finally
        {
            EndCall();
        }
    }

    /// <summary>The first run of adjacent blocks that a window lacks and that nobody is reading, or null.</summary>
    public RowRange? NextMissing(RowRange window)
    {
        window = Clamp(window);
        if (window.Count == 0)
            return null;
        var (first, last) = (BlockOf(window.Start), BlockOf(window.End - 1));
        while (first <= last && !IsMissing(first))
            first++;
        if (first > last)
            return null;
        var end = first;
        while (end < last && IsMissing(end + 1))
            end++;
        return RangeOf(first, end);
    }

    /// <summary>Opens the view as it is now, with as many rows as the window has, from where its first row stands by then.</summary>
    public ValueTask<ReopenedView> ReopenAsync(RowRange window, CancellationToken cancellationToken) => view.ReopenAsync(window, cancellationToken);

    /// <summary>Reads whole blocks.</summary>
    public async Task ReadAsync(RowRange range)
    {
        _calls++;
        _reads.Add(range);
        try
        {
            Add(range, await view.ReadAsync(range, _closing.Token));
        }
        finally
        {
            _reads.Remove(range);
            EndCall();
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
        for (var row = range.Start; row < range.End; row = NextBlock(row))
        {
            var (from, end) = (row - range.Start, Math.Min(NextBlock(row), range.End) - range.Start);
            var bytes = 0;
            var keys = new RowKey[end - from];
            for (var i = from; i < end; i++)
            {
                bytes += batch[i].Length;
                keys[i - from] = batch.ReadKey(i, collection.Schema);
            }

            if (_blocks.TryAdd(BlockOf(row), new Block(rows[from..end], keys, bytes) { LastUse = ++_uses }))
                Bytes += bytes;
        }
    }

    /// <summary>
    /// Forgets blocks until the rest fits, none of which lies in a pinned window: those first that were not used for longest
    /// and are farthest away from the first of these windows. One block farther counts as much as one use longer ago.
    /// </summary>
    /// <returns>True where one of them lay in <paramref name="near"/>: there is no room for that.</returns>
    public bool Trim(long maxBytes, RowRange near, IReadOnlyCollection<RowRange> pinned)
    {
        var isCrowded = false;
        while (Bytes > maxBytes && LeastWanted(pinned) is { } least)
        {
            Bytes -= _blocks[least].Bytes;
            _blocks.Remove(least);
            isCrowded |= Overlaps(near, least);
        }

        return isCrowded;
    }

    /// <summary>Closes the view once the calls that are under way have ended, reads by giving up. Rows in memory stay.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_calls > 0)
        {
            _idle = new TaskCompletionSource();
            // Not CancelAsync: reads have to end on this thread.
            _closing.Cancel();
            await _idle.Task;
        }

        await view.DisposeAsync();
    }

    private void EndCall()
    {
        _calls--;
        if (_calls == 0)
            _idle?.SetResult();
    }

    /// <summary>Rows from wherever they lie in these blocks; null where one is missing. Bytes are spread evenly over the rows of a block.</summary>
    private Block? Copy(RowRange range)
    {
        if (range.Start < 0 || range.End > Count)
            return null;
        var copy = new Block(new TRow[range.Count], new RowKey[range.Count], 0);
        var bytes = 0L;
        for (var row = range.Start; row < range.End; row = NextBlock(row))
        {
            if (!_blocks.TryGetValue(BlockOf(row), out var block))
                return null;
            var (from, to) = (row - StartOf(BlockOf(row)), row - range.Start);
            var count = Math.Min(block.Rows.Length - from, range.End - row);
            Array.Copy(block.Rows, from, copy.Rows, to, count);
            Array.Copy(block.Keys, from, copy.Keys, to, count);
            bytes += (long)block.Bytes * count / block.Rows.Length;
        }

        return copy with { Bytes = (int)bytes };
    }

    private int? LeastWanted(IReadOnlyCollection<RowRange> pinned)
    {
        int? least = null;
        var most = long.MinValue;
        var centre = pinned.Count > 0 ? BlockOf(Clamp(pinned.First()).Start) : 0;
        foreach (var (index, block) in _blocks)
        {
            var unwanted = _uses - block.LastUse + Math.Abs(index - centre);
            if (unwanted > most && !pinned.Any(window => Overlaps(window, index)))
                (least, most) = (index, unwanted);
        }

        return least;
    }

    private bool Overlaps(RowRange window, int block)
    {
        window = Clamp(window);
        return window.Count > 0 && BlockOf(window.Start) <= block && BlockOf(window.End - 1) >= block;
    }

    private int StartOf(int block) => block < 0 ? 0 : _origin + (block * blockRows);

    private int NextBlock(int row) => StartOf(BlockOf(row) + 1);

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
