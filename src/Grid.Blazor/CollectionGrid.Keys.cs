using System.Globalization;
using Collection.Sync.Abstractions;

namespace Collection.Grid.Blazor;

// The cell that the keyboard is at: one cell of the grid can be tabbed to, and arrows go on from there.
public sealed partial class CollectionGrid<TRow>
{
    private ActiveCell _active;
    private int? _rangeStart;
    private long _locatedVersion;

    /// <summary>Changes with the active cell.</summary>
    internal string ActiveName => string.Create(CultureInfo.InvariantCulture, $"{_active.Row}:{_active.Column}");

    // Every cell takes the focus by a press, the active one by the Tab key too. Where it is not rendered that is the scroller.
    internal string TabIndex(int row, int column) => row == _active.Row && column == _active.Column ? "0" : "-1";

    private bool IsActiveRendered => _slots.Find(_active.Row) is not null;

    int IGridEvents.Press(string key, bool isShift, bool isChord)
    {
        if (State.Count == 0 || Columns.Count == 0)
            return -1;
        var (lastRow, lastColumn) = (State.Count - 1, Columns.Count - 1);
        switch (key)
        {
            case " ":
                _ = HandleAsync(StrokeByKeyAsync());
                return -1;
            case "a":
                Selection?.SelectAll(State.Query);
                return -1;
            case "Escape":
                if (_rangeStart is null)
                    Selection?.Clear();
                _rangeStart = null;
                RowsRendered?.Invoke();
                return -1;
        }

        var from = _active.Row;
        var next = key switch
        {
            "ArrowUp" => _active with { Row = _active.Row - 1 },
            "ArrowDown" => _active with { Row = _active.Row + 1 },
            "ArrowLeft" => _active with { Column = _active.Column - 1 },
            "ArrowRight" => _active with { Column = _active.Column + 1 },
            "PageUp" => _active with { Row = _active.Row - _look.Page },
            "PageDown" => _active with { Row = _active.Row + _look.Page },
            "Home" => new ActiveCell(isChord ? 0 : _active.Row, 0, null),
            "End" => new ActiveCell(isChord ? lastRow : _active.Row, lastColumn, null),
            _ => _active,
        };
        next = next with { Row = Math.Clamp(next.Row, 0, lastRow), Column = Math.Clamp(next.Column, 0, lastColumn) };
        _rangeStart = isShift && next.Row != _active.Row ? _rangeStart ?? _active.Row : null;
        MoveTo(next);
        _ = HandleAsync(SelectAlongAsync(from, _active.Row));
        return _active.Row;
    }

    private async Task HandleAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception e)
        {
            await DispatchExceptionAsync(e);
        }
    }

    void IGridEvents.Activate(int row, int column, long shift) => MoveTo(new ActiveCell(Math.Max(row + (int)(Shift - shift), 0), column, null));

    // What Shift has drawn out from where it was first held.
    private bool IsInRange(int row) => _rangeStart is { } start && row >= Math.Min(start, _active.Row) && row <= Math.Max(start, _active.Row);

    private void MoveTo(ActiveCell cell)
    {
        _active = cell with { Key = cell.Row == _active.Row ? _active.Key : null };
        AdoptActiveKey();
        StateHasChanged();
    }

    private void AdoptActiveKey()
    {
        if (_active.Key is null && _slots.Find(_active.Row) is { Source: { IsStale: false } row })
            _active = _active with { Key = row.Key };
    }

    // The focus is on a row, not on a position: in another version it goes where the row has gone.
    private async Task LocateActiveAsync()
    {
        if (_active.Key is not { } key || _locatedVersion == State.Version)
            return;
        var version = _locatedVersion = State.Version;
        var position = _slots.Find(key)?.Position ?? await Source.FindAsync(key, CancellationToken.None);
        var isOver = version != State.Version || _active.Key != key;
        if (isOver || position == _active.Row)
            return;
        // A row that has gone leaves the focus to the one in its place.
        _active = position is { } row ? _active with { Row = row } : _active with { Row = Math.Clamp(_active.Row, 0, Math.Max(State.Count - 1, 0)), Key = null };
        AdoptActiveKey();
        StateHasChanged();
    }

    private readonly record struct ActiveCell(int Row, int Column, RowKey? Key);
}
