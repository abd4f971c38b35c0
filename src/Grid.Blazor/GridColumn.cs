using System.Globalization;
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

    [CascadingParameter]
    private CollectionGrid<TRow>? Grid { get; set; }

    internal string CssClass { get; private set; } = "";

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if (Grid is null)
            throw new InvalidOperationException($"The column '{Title}' stands outside of a CollectionGrid. Put it inside one.");
        if (Value is null && ChildContent is null)
            throw new InvalidOperationException($"The column '{Title}' has nothing to show. Give it a Value or content.");
        CssClass = $"{DefaultClass} {(Align ?? DefaultAlign).ToString().ToLowerInvariant()}";
        Grid.Add(this);
    }

    internal string Text(TRow row) => Value!(row) switch
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
        FieldKind.Text => "text",
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
