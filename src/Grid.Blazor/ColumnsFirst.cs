using System.ComponentModel;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace Collection.Grid.Blazor;

/// <summary>
/// For the grid's own use. Renders its content one turn later: by then the columns declared before it have made
/// themselves known. (Public because Razor finds no other components.)
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ColumnsFirst : ComponentBase
{
    /// <summary>What is rendered.</summary>
    [Parameter]
    public RenderFragment? ChildContent { get; set; }

    /// <inheritdoc/>
    protected override void BuildRenderTree(RenderTreeBuilder builder) => builder.AddContent(0, ChildContent);
}
