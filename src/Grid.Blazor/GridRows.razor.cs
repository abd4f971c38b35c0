using System.ComponentModel;
using Microsoft.AspNetCore.Components;

namespace Collection.Grid.Blazor;

/// <summary>
/// For the grid's own use: its rows, a component of their own so that scrolling renders them and nothing else. Cells are
/// inlined, because a component for each costs a frame for a screen of them. (Public because Razor finds no other components.)
/// </summary>
/// <typeparam name="TRow">The type of a row.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed partial class GridRows<TRow> : ComponentBase
{
    /// <summary>The grid.</summary>
    [Parameter, EditorRequired]
    public CollectionGrid<TRow> Grid { get; set; } = default!;

    /// <inheritdoc/>
    protected override void OnInitialized() => Grid.RowsRendered = StateHasChanged;
}
