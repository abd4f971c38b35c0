using Collection.Sync.Abstractions;

namespace Collection.Grid.Blazor;

/// <summary>A place in a grid, with its row where that is in memory.</summary>
/// <param name="Position">The place in the view.</param>
/// <param name="HasRow">True where the row is there.</param>
/// <param name="Source">The row.</param>
/// <param name="Element">Stands for the element on the page; which place or row has it may change.</param>
internal readonly record struct GridSlot<TRow>(int Position, bool HasRow, SourceRow<TRow> Source, object Element)
{
    public TRow Row => Source.Value;

    /// <summary>What a page puts into a cell may have a state of its own, such as a text half written: it belongs to one row.</summary>
    public object? KeyOf(GridColumn<TRow> column) => column.ChildContent is null ? null : (column, Source.Key);
}

/// <summary>
/// The places that a grid renders: those on screen and some above and below. An element goes with its row for as long
/// as that is among them, and then to a row that has come: to write other texts into it costs less than another element.
/// </summary>
internal sealed class GridSlots<TRow>
{
    private static readonly object s_none = new();

    private readonly Queue<object> _free = [];
    private List<GridSlot<TRow>> _slots = [];
    private List<GridSlot<TRow>> _slotsBefore = [];
    private Dictionary<RowKey, object> _elements = [];
    private Dictionary<RowKey, object> _before = [];

    public IReadOnlyList<GridSlot<TRow>> All => _slots;

    /// <summary>True while a row is what it was in the version before.</summary>
    public bool HasStale { get; private set; }

    /// <summary>Takes the rows that are in memory by now.</summary>
    public void Fill(IRowSource<TRow> source, int start, int end)
    {
        (_elements, _before) = (_before, _elements);
        (_slots, _slotsBefore) = (_slotsBefore, _slots);
        _elements.Clear();
        _slots.Clear();
        HasStale = false;
        for (var position = start; position < end; position++)
        {
            var hasRow = source.TryGetRow(position, out var row);
            HasStale |= hasRow && row.IsStale;
            _slots.Add(new GridSlot<TRow>(position, hasRow, row, hasRow ? Keep(row.Key) : position));
        }

        // In the order on the page, so that elements move as little as can be.
        _free.Clear();
        foreach (var slot in _slotsBefore)
        {
            if (slot.HasRow && _before.TryGetValue(slot.Source.Key, out var element) && element == slot.Element)
                _free.Enqueue(element);
        }

        for (var i = 0; i < _slots.Count; i++)
        {
            var slot = _slots[i];
            if (slot.Element != s_none)
                continue;
            _slots[i] = slot = slot with { Element = _free.TryDequeue(out var element) ? element : new object() };
            // A stale row may have been read at its new place already, and is there twice: one of them keeps the element.
            _elements.TryAdd(slot.Source.Key, slot.Element);
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

    private object Keep(RowKey key)
    {
        if (!_before.Remove(key, out var element))
            return s_none;
        _elements.Add(key, element);
        return element;
    }
}
