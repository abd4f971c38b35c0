using Collection.Grid.Windowing;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Components;

namespace Collection.Grid.Blazor;

// What strokes and keys do to rows: select them, or paint a value.
public sealed partial class CollectionGrid<TRow>
{
    private RowKey? _selectedFrom;

    /// <summary>What is selected; null for a grid without a column that selects.</summary>
    private RowSelection? Selection { get; set; }

    private string? _refusal;

    internal string? Selected(GridSlot<TRow> slot) => Selection is null ? null : Selection.Contains(slot.Source.Key, State.Query) ? "true" : "false";

    Task IGridEvents.StrokeAsync(int column, IReadOnlyList<int> rows, bool isShift, long shift)
    {
        var slots = rows.Select(row => _slots.Find(row + (int)(Shift - shift))).OfType<GridSlot<TRow>>().ToList();
        return column >= Columns.Count || slots.Count == 0 ? Task.CompletedTask : StrokeAsync(Columns[column], slots, isShift);
    }

    private Task StrokeAsync(GridColumn<TRow> column, List<GridSlot<TRow>> slots, bool isShift)
    {
        if (column.Selects is null)
            return PaintAsync(column, slots);
        return isShift && _selectedFrom is { } from ? SelectRangeAsync(from, slots[0].Source.Key, true) : SelectAsync(slots);
    }

    private static Task PaintAsync(GridColumn<TRow> column, List<GridSlot<TRow>> slots)
    {
        var value = column.PaintValue?.Invoke(slots[0].Row) != true;
        var stroke = new PaintStroke<TRow>([.. slots.Select(slot => slot.Row)], value);
        // As an event of the page, which then renders. (Razor infers no TRow from an EventCallback.)
        return column.Paint is { } paint ? EventCallback.Factory.Create(paint.Target!, paint).InvokeAsync(stroke) : Task.CompletedTask;
    }

    private Task SelectAsync(List<GridSlot<TRow>> slots)
    {
        if (Selection is null)
            return Task.CompletedTask;
        var isSelected = !Selection.Contains(slots[0].Source.Key, State.Query);
        _selectedFrom = slots[0].Source.Key;
        return TrySelectAsync(selection =>
        {
            selection.Set([.. slots.Select(slot => slot.Source.Key)], isSelected);
            return Task.CompletedTask;
        });
    }

    private Task SelectRangeAsync(RowKey from, RowKey to, bool isSelected) =>
        TrySelectAsync(selection => selection.SelectRangeAsync(State.Query, from, to, isSelected, CancellationToken.None));

    // More rows than a selection can name one by one are no fault of the page: whoever selects is told what to do instead.
    private async Task TrySelectAsync(Func<RowSelection, Task> select)
    {
        if (Selection is null)
            return;
        var before = _refusal;
        _refusal = null;
        try
        {
            await select(Selection);
        }
        catch (Exception e) when (e is InvalidOperationException or SyncStoreException)
        {
            _refusal = e.Message;
        }

        if (before != _refusal)
            StateHasChanged();
    }

    // Space: what Shift has drawn out, or the row at hand.
    private Task StrokeByKeyAsync()
    {
        if (_slots.Find(_active.Row) is not { } active)
            return Task.CompletedTask;
        var start = _rangeStart ?? _active.Row;
        var step = start <= _active.Row ? 1 : -1;
        List<GridSlot<TRow>> slots = [];
        for (var row = start; row != _active.Row + step; row += step)
        {
            if (_slots.Find(row) is { } slot)
                slots.Add(slot);
        }

        var column = Columns[_active.Column];
        if (column.Paint is not null)
            return PaintAsync(column, slots);
        return SelectAsync([active]);
    }

    // Shift and an arrow: rows are selected on the way out, and no longer on the way back.
    private Task SelectAlongAsync(int from, int to)
    {
        var isPainting = Columns[_active.Column].Paint is not null;
        if (Selection is null || isPainting || _rangeStart is not { } start || from == to)
            return Task.CompletedTask;
        var isOut = Math.Abs(to - start) > Math.Abs(from - start);
        var (first, last) = isOut ? (start, to) : (from, to + Math.Sign(from - to));
        return Source.TryGetRow(first, out var a) && Source.TryGetRow(last, out var b) ? SelectRangeAsync(a.Key, b.Key, isOut) : Task.CompletedTask;
    }

    private void Observe(RowSelection? selection)
    {
        if (ReferenceEquals(selection, Selection))
            return;
        if (Selection is not null)
            Selection.Changed -= OnSelectionChanged;
        Selection = selection;
        if (Selection is not null)
            Selection.Changed += OnSelectionChanged;
        StateHasChanged();
    }

    private void OnSelectionChanged() => _ = InvokeAsync(() => RowsRendered?.Invoke());
}
