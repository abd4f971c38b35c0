using Collection.Query.Caching;
using Microsoft.JSInterop;

namespace Collection.Query.Blazor;

/// <summary>Whether the page is visible and online, as the browser says. Both are taken to be so until <see cref="StartAsync"/> has asked it.</summary>
/// <param name="js">The browser.</param>
public sealed class BrowserPageState(IJSRuntime js) : IPageState, IAsyncDisposable
{
    private const string Script = "./_content/Collection.Query.Blazor/page-state.js";

    private Task? _started;
    private IJSObjectReference? _watch;
    private DotNetObjectReference<Listener>? _listener;

    /// <inheritdoc/>
    public event Action? Changed;

    /// <inheritdoc/>
    public bool IsVisible { get; private set; } = true;

    /// <inheritdoc/>
    public bool IsOnline { get; private set; } = true;

    /// <summary>Begins to listen, once however often it is called. A <see cref="QueryComponent"/> does it after its first rendering, when there is a browser.</summary>
    /// <exception cref="JSException">The browser has not got the package's script: are its static files served?</exception>
    public Task StartAsync() => _started ??= ListenAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_watch is not null)
            {
                await _watch.InvokeVoidAsync("stop");
                await _watch.DisposeAsync();
            }
        }
        catch (JSDisconnectedException)
        {
            // The tab has gone, and its listeners with it.
        }

        _listener?.Dispose();
    }

    private async Task ListenAsync()
    {
        try
        {
            await using var script = await js.InvokeAsync<IJSObjectReference>("import", Script);
            _listener = DotNetObjectReference.Create(new Listener(this));
            _watch = await script.InvokeAsync<IJSObjectReference>("watch", _listener);
        }
        catch (JSDisconnectedException)
        {
            // The tab was closed before it had begun.
        }
    }

    /// <summary>What the script calls.</summary>
    private sealed class Listener(BrowserPageState page)
    {
        [JSInvokable]
        public void Report(bool isVisible, bool isOnline)
        {
            if ((page.IsVisible, page.IsOnline) == (isVisible, isOnline))
                return;
            (page.IsVisible, page.IsOnline) = (isVisible, isOnline);
            page.Changed?.Invoke();
        }
    }
}
