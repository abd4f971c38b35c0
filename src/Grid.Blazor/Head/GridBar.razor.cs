using System.ComponentModel;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Components;

namespace Collection.Grid.Blazor;

/// <summary>
/// For the grid's own use: the filters in force, the panels that open from the head, and what is announced. They stand
/// beside the grid's cells, whose keys are not theirs. (Public because Razor finds no other components.)
/// </summary>
/// <typeparam name="TRow">The type of a row.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed partial class GridBar<TRow> : ComponentBase
{
    private List<(GridColumn<TRow> Column, ViewFilter Filter)> _filters = [];
    private bool _wasSorted;

    /// <summary>Another number when there is something new to show.</summary>
    [Parameter, EditorRequired]
    public int Revision { get; set; }

    [CascadingParameter]
    private CollectionGrid<TRow> Grid { get; set; } = default!;

    private GridTexts Texts => Grid.Texts;

    private TimeZoneInfo Zone => Grid.Time.LocalTimeZone;

    private string ColumnsId => $"{Grid.Id}-columns";

    // Nothing is said of an order that nobody has chosen.
    private string SortedBy
    {
        get
        {
            var sort = Grid.Source.Query.Sort;
            if (sort.IsEmpty)
                return _wasSorted ? Texts.NotSorted : "";
            _wasSorted = true;
            return ColumnFilter.Put(Texts.SortedBy, string.Join(", ", sort.Select(Describe)));
        }
    }

    /// <inheritdoc/>
    protected override void OnParametersSet() => _filters = [.. Grid.ColumnFilters];

    private string Describe(FieldSort sort)
    {
        var title = Grid.Layout.Columns.FirstOrDefault(column => column.Field == sort.Field)?.Title ?? sort.Field;
        return ColumnFilter.Put(sort.Direction == SortDirection.Ascending ? Texts.Ascending : Texts.Descending, title);
    }

    private bool IsAt(GridColumn<TRow> column, int place) => ReferenceEquals(Grid.Layout.Visible[place], column);
}
