using Collection.Sync.Abstractions;

namespace Collection.Grid.Blazor;

/// <summary>A place in a grid, with its row where that is in memory.</summary>
internal readonly record struct GridSlot<TRow>(int Position, bool HasRow, SourceRow<TRow> Source, object Identity)
{
    public TRow Row => Source.Value;
}

/// <summary>The places that a grid renders: those on screen and some above and below.</summary>
internal sealed class GridSlots<TRow>
{
    private readonly HashSet<RowKey> _keys = [];
    private readonly List<GridSlot<TRow>> _slots = [];

    public IReadOnlyList<GridSlot<TRow>> All => _slots;

    /// <summary>True while a row is what it was in the version before.</summary>
    public bool HasStale { get; private set; }

    /// <summary>Takes the rows that are in memory by now.</summary>
    public void Fill(IRowSource<TRow> source, int start, int end)
    {
        _slots.Clear();
        _keys.Clear();
        HasStale = false;
        for (var position = start; position < end; position++)
        {
            var hasRow = source.TryGetRow(position, out var row);
            HasStale |= hasRow && row.IsStale;
            // An element goes with its row. A stale row may have been read at its new place already: elements of one key would be one too many.
            // (As objects: a position that became a key would be some row's.)
            object identity = hasRow && _keys.Add(row.Key) ? (object)row.Key : position;
            _slots.Add(new GridSlot<TRow>(position, hasRow, row, identity));
        }
    }

    /// <summary>Placeholders alone, before anything is known.</summary>
    public void FillBlank(int count)
    {
        _slots.Clear();
        HasStale = false;
        for (var position = 0; position < count; position++)
            _slots.Add(new GridSlot<TRow>(position, false, default, position));
    }

    public GridSlot<TRow>? Find(int position)
    {
        var index = _slots.Count == 0 ? -1 : position - _slots[0].Position;
        return index >= 0 && index < _slots.Count && _slots[index].HasRow ? _slots[index] : null;
    }

    public GridSlot<TRow>? Find(RowKey key)
    {
        foreach (var slot in _slots)
        {
            if (slot.HasRow && !slot.Source.IsStale && slot.Source.Key == key)
                return slot;
        }

        return null;
    }
}
