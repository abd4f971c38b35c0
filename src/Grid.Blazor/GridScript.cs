using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Collection.Grid.Blazor;

/// <summary>What a grid's script tells the grid.</summary>
internal interface IGridEvents
{
    /// <summary>Other rows are on screen.</summary>
    void Look(GridLook look);

    /// <summary>A key was pressed.</summary>
    /// <returns>The row that has to be on screen, or -1.</returns>
    int Press(string key, bool isShift, bool isChord);

    /// <summary>A cell was pressed, or has got the focus.</summary>
    void Activate(int row, int column, long shift);

    /// <summary>A stroke over cells of a column has ended.</summary>
    Task StrokeAsync(int column, IReadOnlyList<int> rows, bool isShift, long shift);
}

/// <summary>What is on screen.</summary>
/// <param name="First">The first row.</param>
/// <param name="Count">The number of rows, those that are cut off included.</param>
/// <param name="Page">The rows that fit on screen as a whole, at least 1.</param>
/// <param name="IsAtStart">True at the very top.</param>
/// <param name="HasFocus">True where a cell or the grid itself has the focus.</param>
/// <param name="Shift">The shift that the positions take account of.</param>
internal readonly record struct GridLook(int First, int Count, int Page, bool IsAtStart, bool HasFocus, long Shift);

/// <summary>The grid's JavaScript: all there is between it and C#.</summary>
internal sealed class GridScript : IAsyncDisposable
{
    private const string Path = "./_content/Collection.Grid.Blazor/CollectionGrid.razor.js";

    private readonly IGridEvents _grid;
    private readonly DotNetObjectReference<GridScript> _self;
    private IJSObjectReference? _module;
    private IJSObjectReference? _scroller;
    private bool _isDisposed;

    [DynamicDependency(nameof(Look))]
    [DynamicDependency(nameof(Press))]
    [DynamicDependency(nameof(Activate))]
    [DynamicDependency(nameof(StrokeAsync))]
    public GridScript(IGridEvents grid)
    {
        _grid = grid;
        _self = DotNetObjectReference.Create(this);
    }

    /// <summary>True from when there is something to scroll.</summary>
    public bool IsAttached => _scroller is not null;

    public async Task AttachAsync(IJSRuntime js, ElementReference scroller, float rowHeight)
    {
        _module = await js.InvokeAsync<IJSObjectReference>("import", Path);
        // In WebAssembly the script calls and has its answer within the same frame; elsewhere it has to wait.
        var isInProcess = js is IJSInProcessRuntime;
        _scroller = await _module.InvokeAsync<IJSObjectReference>("attach", scroller, _self, rowHeight, isInProcess);
        if (_isDisposed)
            await ReleaseAsync();
    }

    public ValueTask GoToAsync(int row) => _scroller?.InvokeVoidAsync("goTo", row) ?? ValueTask.CompletedTask;

    [JSInvokable]
    public void Look(int first, int count, int page, bool isAtStart, bool hasFocus, long shift) => _grid.Look(new GridLook(first, count, page, isAtStart, hasFocus, shift));

    [JSInvokable]
    public int Press(string key, bool isShift, bool isChord) => _grid.Press(key, isShift, isChord);

    [JSInvokable]
    public void Activate(int row, int column, long shift) => _grid.Activate(row, column, shift);

    [JSInvokable("Stroke")]
    public Task StrokeAsync(int column, int[] rows, bool isShift, long shift) => _grid.StrokeAsync(column, rows, isShift, shift);

    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        await ReleaseAsync();
        _self.Dispose();
    }

    private async Task ReleaseAsync()
    {
        try
        {
            if (_scroller is not null)
            {
                await _scroller.InvokeVoidAsync("dispose");
                await _scroller.DisposeAsync();
            }

            if (_module is not null)
                await _module.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The browser has gone, and its script with it.
        }
    }
}
