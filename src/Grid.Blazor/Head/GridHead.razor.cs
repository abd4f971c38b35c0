using System.ComponentModel;
using System.Globalization;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Collection.Grid.Blazor;

/// <summary>
/// For the grid's own use: the headings. They sort by a click, and by Shift and a click as well; they are dragged to
/// another place, and their edges to another width. By keyboard the arrows go from heading to heading, Enter and
/// Shift+Enter sort, Alt+Left and Alt+Right move the edge, Ctrl+Shift+Left and Ctrl+Shift+Right the column, and Alt+Down
/// opens the filter. Left and right are those of the screen. (Public because Razor finds no other components.)
/// </summary>
/// <typeparam name="TRow">The type of a row.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed partial class GridHead<TRow> : ComponentBase, IAsyncDisposable
{
    private const string Script = "./_content/Collection.Grid.Blazor/Head/GridHead.razor.js";

    private ElementReference _head;
    private DotNetObjectReference<Gestures>? _gestures;
    private IJSObjectReference? _watch;
    private bool _isDisposed;

    /// <summary>Another number when there is something new to show: the rows under a head change far more often.</summary>
    [Parameter, EditorRequired]
    public int Revision { get; set; }

    [CascadingParameter]
    private CollectionGrid<TRow> Grid { get; set; } = default!;

    [Inject]
    private IJSRuntime JS { get; set; } = default!;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        await DetachAsync();
        _gestures?.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        try
        {
            if (firstRender)
            {
                await using var script = await JS.InvokeAsync<IJSObjectReference>("import", Script);
                if (_isDisposed)
                    return;
                _gestures = DotNetObjectReference.Create(new Gestures(this));
                _watch = await script.InvokeAsync<IJSObjectReference>("watch", _head, _gestures, ColumnLayout<TRow>.MinWidth);
                if (_isDisposed)
                    await DetachAsync();
            }
            else if (_watch is not null)
            {
                await _watch.InvokeVoidAsync("refresh");
            }
        }
        catch (JSDisconnectedException)
        {
            // The tab has gone, and the head with it.
        }
    }

    private async Task DetachAsync()
    {
        if (_watch is not { } watch)
            return;
        _watch = null;
        try
        {
            await watch.InvokeVoidAsync("stop");
            await watch.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The tab has gone, and its listeners with it.
        }
    }

    private Task SortAsync(GridColumn<TRow> column, bool isAdded) => Grid.SortAsync(column, isAdded);

    private bool IsFiltered(GridColumn<TRow> column) => ColumnFilter.Of(Grid.Source.Query, column.Field!) is not null;

    private string? SortOf(GridColumn<TRow> column)
    {
        if (column.Field is null)
            return null;
        var sort = Grid.Source.Query.Sort;
        return ColumnSort.PlaceOf(sort, column.Field) switch
        {
            < 0 => "none",
            var place when sort[place].Direction == SortDirection.Descending => "descending",
            _ => "ascending",
        };
    }

    // One field needs no number.
    private string? PlaceOf(GridColumn<TRow> column) =>
        Grid.Source.Query.Sort is { Length: > 1 } sort && ColumnSort.PlaceOf(sort, column.Field) is >= 0 and var place ? (place + 1).ToString(CultureInfo.CurrentCulture) : null;

    private string? DescriptionOf(GridColumn<TRow> column) =>
        PlaceOf(column) is { } place ? string.Create(CultureInfo.CurrentCulture, $"{place}/{Grid.Source.Query.Sort.Length}") : null;

    private Task ResizeAsync(string id, double[] widths)
    {
        var visible = Grid.Layout.Visible;
        if (Find(id) is not { } column || widths.Length == 0 || widths.Length > visible.Count)
            return Task.CompletedTask;
        // Columns before it that give way would move the edge under the pointer: they stay as they are now.
        for (var i = 0; i < widths.Length - 1; i++)
        {
            if (visible[i].IsFlexible)
                Grid.Layout.Resize(visible[i], widths[i]);
        }

        Grid.Layout.Resize(column, widths[^1]);
        return Grid.OnLayoutChangedAsync(ColumnFilter.Put(Grid.Texts.Resized, column.Title, Math.Round(widths[^1])));
    }

    private Task ResetWidthAsync(string id)
    {
        if (Find(id) is not { } column)
            return Task.CompletedTask;
        Grid.Layout.ResetWidth(column);
        return Grid.OnLayoutChangedAsync("");
    }

    private Task MoveAsync(string id, int to) => Find(id) is { } column ? Grid.MoveAsync(column, to) : Task.CompletedTask;

    private GridColumn<TRow>? Find(string id) => Grid.Layout.Visible.FirstOrDefault(column => column.Id == id);

    /// <summary>What the script calls, once at the end of each gesture.</summary>
    private sealed class Gestures(GridHead<TRow> head)
    {
        /// <param name="id">The column.</param>
        /// <param name="widths">The widths in CSS pixels of the visible columns up to it, its new one last.</param>
        [JSInvokable]
        public Task Resize(string id, double[] widths) => head.InvokeAsync(() => head.ResizeAsync(id, widths));

        [JSInvokable]
        public Task ResetWidth(string id) => head.InvokeAsync(() => head.ResetWidthAsync(id));

        [JSInvokable]
        public Task Move(string id, int to) => head.InvokeAsync(() => head.MoveAsync(id, to));
    }
}
