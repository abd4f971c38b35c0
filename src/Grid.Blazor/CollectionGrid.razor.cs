using System.Globalization;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Collection.Grid.Blazor;

/// <summary>
/// A grid over a row source: any number of rows of equal height, of which only those on screen are rendered. It fills
/// the height that the page gives it. Columns are declared inside it; a heading with a field sorts by it. Colours,
/// font and radius are CSS variables (<c>--grid-surface</c>, <c>--grid-text</c>, <c>--grid-muted</c>,
/// <c>--grid-line</c>, <c>--grid-hover</c>, <c>--grid-accent</c>, <c>--grid-danger</c>, <c>--grid-font</c>,
/// <c>--grid-radius</c>); dark and light follow the system, or <c>data-theme</c> on an ancestor.
/// </summary>
/// <typeparam name="TRow">The type of a row; inferred from the source.</typeparam>
public sealed partial class CollectionGrid<TRow> : RowSourceComponent<TRow>, IAsyncDisposable
{
    private ElementReference _scroller;
    private GridScript? _script;
    private bool _isRetrying;

    /// <summary>The columns.</summary>
    [Parameter, EditorRequired]
    public RenderFragment ChildContent { get; set; } = default!;

    /// <summary>What the grid is called by assistive technology.</summary>
    [Parameter, EditorRequired]
    public string Label { get; set; } = "";

    /// <summary>The height of a row in CSS pixels.</summary>
    [Parameter]
    public float RowHeight { get; set; } = 36;

    /// <summary>Rows rendered above and below those on screen. Rows in memory are there at once, so that a few are enough.</summary>
    [Parameter]
    public int OverscanCount { get; set; } = 6;

    /// <summary>Shown when the collection has no rows.</summary>
    [Parameter]
    public RenderFragment? Empty { get; set; }

    /// <summary>Shown when the collection has rows, perhaps, but none that the search and the filters let through.</summary>
    [Parameter]
    public RenderFragment? NoMatch { get; set; }

    /// <summary>What the button to rows that came in above says: {0} is their number.</summary>
    [Parameter]
    public string ArrivedAbove { get; set; } = "{0:N0} new above";

    /// <summary>What the button to rows that came in below says: {0} is their number.</summary>
    [Parameter]
    public string ArrivedBelow { get; set; } = "{0:N0} new below";

    [Inject]
    private IJSRuntime JS { get; set; } = default!;

    private RowSourceState State => Source.State;

    private bool IsLoading => !_isRestored || State.Phase == RowSourcePhase.Loading;

    // Until the rows that were asked for are the ones on screen.
    private bool IsBusy => IsLoading || (State.Phase != RowSourcePhase.Failed && (Source.Query != State.Query || _slots.HasStale));

    private bool IsFiltered => State.Query.Search.Length > 0 || State.Query.Filters.Length > 0;

    private string Style => string.Create(CultureInfo.InvariantCulture, $"--row-height: {RowHeight}px; --columns: {_layout.Tracks}");

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        // What is kept says which rows are wanted: none are asked for before.
        _isRestored |= StateKey is null;
        base.OnParametersSet();
        // Columns may say something else.
        _headRevision++;
        Arrange();
        _frame = CurrentFrame;
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        // The columns are known by now.
        Observe(Columns.FirstOrDefault(column => column.Selects is not null)?.Selects);
        if (!firstRender)
            return;
        try
        {
            await RestoreAsync();
            await (_script = new GridScript(this)).AttachAsync(JS, _scroller, RowHeight);
            await ReturnAsync();
        }
        catch (JSDisconnectedException)
        {
            // The browser has gone; nothing is on screen any more.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        _keepSoon?.Dispose();
        if (Selection is not null)
            Selection.Changed -= OnSelectionChanged;
        if (_script is not null)
            await _script.DisposeAsync();
    }

    private async Task GoToAsync(int row)
    {
        if (_script is not null)
            await _script.GoToAsync(row);
    }

    private Task ClearAsync() => Source.QueryAsync(Source.Query with { Search = "", Filters = [] });

    private async Task RetryAsync()
    {
        _isRetrying = true;
        try
        {
            await Source.QueryAsync(Source.Query);
        }
        finally
        {
            _isRetrying = false;
        }
    }
}
