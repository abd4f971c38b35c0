using Collection.Sync.Abstractions;

namespace Collection.Grid.Blazor;

// What is on screen, and how it follows the source.
public sealed partial class CollectionGrid<TRow> : IGridEvents
{
    // More than most screens hold at the usual height; what does not fit is cut off.
    private const int SkeletonRows = 40;

    private readonly GridSlots<TRow> _slots = new();
    private GridLook _look = new(0, SkeletonRows, 1, true, false, 0);
    private ViewQuery _shownQuery = ViewQuery.All;
    private Frame _frame;

    internal IReadOnlyList<GridColumn<TRow>> Columns => _layout.Visible;

    internal IReadOnlyList<GridSlot<TRow>> Slots => _slots.All;

    internal int FirstRendered => _slots.All.Count == 0 ? 0 : _slots.All[0].Position;

    /// <summary>The number of rows of the view; null while nothing is known.</summary>
    internal int? RenderedCount => IsLoading ? null : State.Count;

    /// <summary>The rows that came in above what was on screen, less those that went, since the grid was made.</summary>
    internal long Shift { get; private set; }

    /// <summary>Changes when the grid has to go to its first row.</summary>
    internal int HomeVersion { get; private set; }

    /// <summary>Renders the rows alone.</summary>
    internal Action? RowsRendered { get; set; }

    internal string RowClass(GridSlot<TRow> slot) => (slot.Source.IsArrival, IsInRange(slot.Position)) switch
    {
        (false, false) => "row",
        (true, false) => "row arrival",
        (false, true) => "row ranged",
        _ => "row arrival ranged",
    };

    void IGridEvents.Look(GridLook look)
    {
        var isFocusChanged = look.HasFocus != _look.HasFocus;
        if (look.First != _look.First)
            KeepSoon();
        // What has come in above since the script looked.
        _look = look with { First = Math.Max(look.First + (int)(Shift - look.Shift), 0), Shift = Shift };
        Look();
        if (isFocusChanged)
            StateHasChanged();
    }

    private void Look()
    {
        if (!_isRestored)
            return;
        Source.Look(new Viewport(new RowRange(_look.First, _look.Count), _look.HasFocus ? _active.Row : null, _look is { IsAtStart: true, HasFocus: false }));
        Show();
    }

    private protected override void OnSourceReplaced()
    {
        _shownQuery = State.Query;
        HomeVersion++;
        _look = _look with { First = 0 };
        _active = default;
        if (_isRestored)
            Source.Look(new Viewport(new RowRange(0, _look.Count), null, true));
    }

    private protected override Task OnSourceChangedAsync()
    {
        if (State.Query != _shownQuery)
            GoHome();
        else
            GoAlong();
        Show();
        return Task.WhenAll(OnQueryChangedAsync(), LocateActiveAsync(), ReturnAsync());
    }

    // Another query: somebody's place in the one before means nothing in it.
    private void GoHome()
    {
        _shownQuery = State.Query;
        HomeVersion++;
        _look = _look with { First = 0 };
        _active = _active with { Row = 0, Key = null };
    }

    private void GoAlong()
    {
        var moved = State.Viewport.Rows.Start - _look.First;
        if (moved == 0)
            return;
        Shift += moved;
        _look = _look with { First = _look.First + moved, Shift = Shift };
        _active = _active with { Row = Math.Max(_active.Row + moved, 0) };
    }

    // Renders no more than what has changed: the rows at each step of a scroll, the frame around them hardly ever.
    private void Show()
    {
        Arrange();
        var frame = CurrentFrame;
        if (frame == _frame)
        {
            RowsRendered?.Invoke();
            return;
        }

        _frame = frame;
        StateHasChanged();
    }

    private void Arrange()
    {
        if (IsLoading)
            _slots.FillBlank(SkeletonRows);
        else
            _slots.Fill(Source, Math.Max(_look.First - OverscanCount, 0), (int)Math.Min((long)_look.First + _look.Count + OverscanCount, State.Count));
        AdoptActiveKey();
    }

    private Frame CurrentFrame => new(State.Phase, State.Count, State.Error, State.Query, IsBusy, State.ArrivedAbove, State.ArrivedBelow);

    private readonly record struct Frame(RowSourcePhase Phase, int Count, Exception? Error, ViewQuery Query, bool IsBusy, int ArrivedAbove, int ArrivedBelow);
}
