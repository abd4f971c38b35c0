using System.Globalization;

namespace Collection.Grid.Blazor;

/// <summary>
/// Which columns a grid shows, in which order and how wide. Columns are declared anew at each rendering of the page;
/// what a person has made of them is kept by <see cref="GridColumn{TRow}.Id"/>.
/// </summary>
internal sealed class ColumnLayout<TRow>
{
    /// <summary>The narrowest that a person can make a column, in CSS pixels: a heading's first letters and its handle.</summary>
    public const double MinWidth = 48;

    /// <summary>The widest, in CSS pixels: what is kept may have been written by anybody.</summary>
    public const double MaxWidth = 4_000;

    private readonly List<GridColumn<TRow>> _declared = [];
    private readonly Dictionary<string, double> _widths = new(StringComparer.Ordinal);
    private readonly HashSet<string> _hidden = new(StringComparer.Ordinal);

    // Empty until a person has moved a column.
    private readonly List<string> _order = [];

    private GridColumn<TRow>[]? _columns;
    private GridColumn<TRow>[]? _visible;

    /// <summary>All columns in their order, hidden ones among them.</summary>
    public IReadOnlyList<GridColumn<TRow>> Columns => _columns ??= [.. Order().Index().Select(static place => place.Item.At(place.Index))];

    /// <summary>The columns that are shown, in their order: at least one, where any is declared.</summary>
    public IReadOnlyList<GridColumn<TRow>> Visible => _visible ??= Columns.Any(IsShown) ? [.. Columns.Where(IsShown)] : [.. Columns];

    /// <summary>The value of <c>grid-template-columns</c> for the visible columns.</summary>
    public string Tracks => string.Join(' ', Visible.Select(TrackOf));

    /// <summary>True where nothing differs from what is declared.</summary>
    public bool IsDefault => _widths.Count == 0 && _hidden.Count == 0 && _order.Count == 0;

    /// <summary>Forgets the columns, though not what a person has made of them: they are about to be declared again.</summary>
    public void Clear()
    {
        _declared.Clear();
        Invalidate();
    }

    /// <summary>Adds a column after those declared so far.</summary>
    /// <exception cref="InvalidOperationException">Another column has the same id.</exception>
    public void Declare(GridColumn<TRow> column)
    {
        if (_declared.Exists(other => other.Id == column.Id && !ReferenceEquals(other, column)))
            throw new InvalidOperationException($"Two columns of the grid are known as '{column.Id}'. Give one of them an Id of its own.");
        // A column that renders again by itself is there already.
        if (!_declared.Contains(column))
            _declared.Add(column);
        Invalidate();
    }

    /// <summary>The track of a column: its width where a person has chosen one, else what is declared.</summary>
    public string TrackOf(GridColumn<TRow> column) =>
        _widths.TryGetValue(column.Id, out var width) ? string.Create(CultureInfo.InvariantCulture, $"{width:0.##}px") : column.Width;

    /// <summary>True for a column that is shown.</summary>
    public bool IsVisible(GridColumn<TRow> column) => Visible.Contains(column);

    /// <summary>Makes a column so wide, within the bounds.</summary>
    /// <param name="column">The column.</param>
    /// <param name="width">CSS pixels.</param>
    public void Resize(GridColumn<TRow> column, double width) => _widths[column.Id] = Math.Clamp(Math.Round(width, 2), MinWidth, MaxWidth);

    /// <summary>Gives a column its declared width again.</summary>
    public void ResetWidth(GridColumn<TRow> column) => _widths.Remove(column.Id);

    /// <summary>Moves a visible column among the visible ones; hidden ones stay beside the neighbours they have.</summary>
    /// <param name="column">The column.</param>
    /// <param name="to">The place that it gets, from 0; beyond an end it stays at that end.</param>
    public void Move(GridColumn<TRow> column, int to)
    {
        var others = Visible.Where(other => !ReferenceEquals(other, column)).ToArray();
        if (others.Length == 0)
            return;
        to = Math.Clamp(to, 0, others.Length);
        var order = Columns.Select(static other => other.Id).ToList();
        order.Remove(column.Id);
        order.Insert(to < others.Length ? order.IndexOf(others[to].Id) : order.IndexOf(others[^1].Id) + 1, column.Id);
        _order.Clear();
        // Back where they were declared is where they are without us.
        if (!order.SequenceEqual(_declared.Select(static declared => declared.Id)))
            _order.AddRange(order);
        Invalidate();
    }

    /// <summary>Hides a column.</summary>
    /// <returns>False for the last one that is shown, which stays.</returns>
    public bool Hide(GridColumn<TRow> column)
    {
        if (Visible is [var last] && ReferenceEquals(last, column))
            return false;
        _hidden.Add(column.Id);
        Invalidate();
        return true;
    }

    /// <summary>Shows a column again, where it was.</summary>
    public void Show(GridColumn<TRow> column)
    {
        _hidden.Remove(column.Id);
        Invalidate();
    }

    /// <summary>All columns as they are declared.</summary>
    public void Reset()
    {
        _widths.Clear();
        _hidden.Clear();
        _order.Clear();
        Invalidate();
    }

    /// <summary>What a person has made of the columns, to be kept; null where that is nothing.</summary>
    public IReadOnlyList<KeptColumn>? Save() => IsDefault
        ? null
        : [.. Columns.Select(column => new KeptColumn(column.Id) { Width = _widths.TryGetValue(column.Id, out var width) ? width : null, IsHidden = _hidden.Contains(column.Id) })];

    /// <summary>
    /// Takes up what was kept. Columns that are not declared are passed over; those that are declared and were not
    /// kept stand after the one that they are declared after.
    /// </summary>
    public void Restore(IReadOnlyList<KeptColumn> kept)
    {
        Reset();
        foreach (var column in kept)
        {
            if (_order.Contains(column.Id))
                continue;
            _order.Add(column.Id);
            if (column.Width is { } width && double.IsFinite(width))
                _widths[column.Id] = Math.Clamp(width, MinWidth, MaxWidth);
            if (column.IsHidden)
                _hidden.Add(column.Id);
        }
    }

    private bool IsShown(GridColumn<TRow> column) => !_hidden.Contains(column.Id);

    private List<GridColumn<TRow>> Order()
    {
        if (_order.Count == 0)
            return _declared;
        var columns = _order.Select(id => _declared.Find(column => column.Id == id)).OfType<GridColumn<TRow>>().ToList();
        GridColumn<TRow>? before = null;
        foreach (var column in _declared)
        {
            if (!columns.Contains(column))
                columns.Insert(before is null ? 0 : columns.IndexOf(before) + 1, column);
            before = column;
        }

        return columns;
    }

    private void Invalidate() => _columns = _visible = null;
}
