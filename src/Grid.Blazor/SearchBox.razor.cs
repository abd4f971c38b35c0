using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Components;

namespace Collection.Grid.Blazor;

/// <summary>A box for the search text of a row source. Each key is passed on; the source waits for a pause in typing.</summary>
/// <typeparam name="TRow">The type of a row; inferred from the source.</typeparam>
public sealed partial class SearchBox<TRow> : RowSourceComponent<TRow>
{
    private ElementReference _input;

    /// <summary>What the box is called by assistive technology.</summary>
    [Parameter, EditorRequired]
    public string Label { get; set; } = "";

    /// <summary>What stands in the box while it is empty; <see cref="Label"/> where null.</summary>
    [Parameter]
    public string? Placeholder { get; set; }

    /// <summary>What the button that empties the box is called by assistive technology.</summary>
    [Parameter]
    public string ClearLabel { get; set; } = "Clear search";

    private Task SearchAsync(string? text) => Source.QueryAsync(Source.Query with { Search = text?.Trim() ?? "" });

    private async Task ClearAsync()
    {
        // The button goes away, and would take the focus with it.
        await _input.FocusAsync();
        await SearchAsync("");
    }
}
