using System.Globalization;
using Collection.Grid.Windowing;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Components;

namespace Collection.Grid.Blazor;

/// <summary>A column of a <see cref="CollectionGrid{TRow}"/>, declared inside it. The grid renders its cells.</summary>
/// <typeparam name="TRow">The type of a row; inferred from the grid.</typeparam>
public sealed class GridColumn<TRow> : ComponentBase
{
    /// <summary>The column's heading.</summary>
    [Parameter, EditorRequired]
    public string Title { get; set; } = "";

    /// <summary>The name of the indexed field that the heading sorts by; null for a column that does not sort.</summary>
    [Parameter]
    public string? Field { get; set; }

    /// <summary>What a cell shows, formatted for the current culture: instants in local time, true as a tick, null as a dash.</summary>
    [Parameter]
    public Func<TRow, object?>? Value { get; set; }

    /// <summary>A .NET format for <see cref="Value"/>, as <c>N0</c>; null for the type's own.</summary>
    [Parameter]
    public string? Format { get; set; }

    /// <summary>A cell's content in place of <see cref="Value"/>. It is rendered for every row on screen: markup is cheap there, components are not.</summary>
    [Parameter]
    public RenderFragment<TRow>? ChildContent { get; set; }

    /// <summary>What the values are: numbers and instants get figures of equal width, numbers stand at the end of their cell.</summary>
    [Parameter]
    public FieldKind Kind { get; set; } = FieldKind.Text;

    /// <summary>Where content stands in its cell; null for what suits <see cref="Kind"/>.</summary>
    [Parameter]
    public CellAlign? Align { get; set; }

    /// <summary>A CSS track size that does not depend on content, as <c>8rem</c> or <c>minmax(10rem, 2fr)</c>: rows are laid out one by one.</summary>
    [Parameter]
    public string Width { get; set; } = "minmax(8rem, 1fr)";

    /// <summary>Makes it a column of boxes that select rows: one by one, by a stroke, or by Shift up to another. The page that made the selection disposes of it.</summary>
    [Parameter]
    public RowSelection? Selects { get; set; }

    /// <summary>
    /// Called with the rows of a stroke over the column's cells: a click or a tap, a drag by mouse or pen, by a finger after it has
    /// rested a moment, Space, or Shift with arrows and then Space. Rows that are not on screen are never painted.
    /// </summary>
    [Parameter]
    public Func<PaintStroke<TRow>, Task>? Paint { get; set; }

    /// <summary>Whether a row has the value that <see cref="Paint"/> gives: a stroke gives the opposite of its first row's.</summary>
    [Parameter]
    public Func<TRow, bool>? PaintValue { get; set; }

    /// <summary>What a person's layout knows the column by, in one grid and from one visit to the next; the field where null, and without one the title.</summary>
    [Parameter]
    public string? Name { get; set; }

    /// <summary>True to have a filter in the heading, of the sort that suits <see cref="Kind"/>: a text, a range of numbers or days, yes or no. It needs a <see cref="Field"/>.</summary>
    [Parameter]
    public bool Filterable { get; set; }

    /// <summary>Reads the texts to choose from in a filter, at each time that it is opened; null where a text is put in.</summary>
    [Parameter]
    public Func<CancellationToken, ValueTask<IReadOnlyList<string>>>? Choices { get; set; }

    [CascadingParameter]
    private CollectionGrid<TRow>? Grid { get; set; }

    internal string CssClass { get; private set; } = "";

    internal string Id => Name ?? Field ?? Title;

    /// <summary>The column's place among all, from 1, hidden ones counted.</summary>
    internal int Index { get; private set; }

    /// <summary>True for a width that depends on the room there is.</summary>
    internal bool IsFlexible => Width.Contains("fr", StringComparison.Ordinal) || Width.Contains('%', StringComparison.Ordinal) || Width.Contains('(', StringComparison.Ordinal) || Width == "auto";

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if (Grid is null)
            throw new InvalidOperationException($"The column '{Title}' stands outside of a CollectionGrid. Put it inside one.");
        if (Value is null && ChildContent is null && Selects is null)
            throw new InvalidOperationException($"The column '{Title}' has nothing to show. Give it a Value or content.");
        if (Filterable && Field is null)
            throw new InvalidOperationException($"The column '{Title}' is to be filtered and has no Field. Name the indexed field that its filter is on.");
        if (Filterable && Kind == FieldKind.Guid)
            throw new InvalidOperationException($"The column '{Title}' holds Guids, by which no view filters. Leave Filterable out.");
        CssClass = $"{DefaultClass} {(Align ?? DefaultAlign).ToString().ToLowerInvariant()}{(Selects is not null ? " selects" : Paint is not null ? " paints" : "")}";
        Grid.Add(this);
    }

    internal GridColumn<TRow> At(int index)
    {
        Index = index + 1;
        return this;
    }

    internal string Text(TRow row) => Value?.Invoke(row) switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "✓" : "",
        DateTimeOffset instant => instant.ToLocalTime().ToString(Format ?? "g", CultureInfo.CurrentCulture),
        IFormattable value => value.ToString(Format, CultureInfo.CurrentCulture),
        var value => value.ToString() ?? "",
    };

    private string DefaultClass => Kind switch
    {
        FieldKind.Text or FieldKind.Guid => "text",
        FieldKind.Boolean => "flag",
        _ => "figures",
    };

    private CellAlign DefaultAlign => Kind switch
    {
        FieldKind.Int32 or FieldKind.Int64 or FieldKind.Double => CellAlign.End,
        FieldKind.Boolean => CellAlign.Center,
        _ => CellAlign.Start,
    };
}

/// <summary>Where content stands in its cell, in the direction of the text.</summary>
public enum CellAlign
{
    /// <summary>Where a line begins.</summary>
    Start,

    /// <summary>In the middle.</summary>
    Center,

    /// <summary>Where a line ends.</summary>
    End,
}
