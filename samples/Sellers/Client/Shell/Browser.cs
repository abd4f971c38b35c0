using Microsoft.JSInterop;

namespace Sellers.Client.Shell;

/// <summary>What the app needs of the browser itself: whether there is a network, who was here last, and the theme.</summary>
public sealed class Browser(IJSRuntime js) : IAsyncDisposable
{
    private DotNetObjectReference<Browser>? _listener;
    private IJSObjectReference? _module;

    /// <summary>False while the browser says that there is no network.</summary>
    public bool IsOnline { get; private set; } = true;

    /// <summary>Raised when the network comes or goes, and when the tab comes to the front.</summary>
    public event Action? Changed;

    /// <summary>Loads the module and starts to listen.</summary>
    public async Task StartAsync()
    {
        _module = await js.InvokeAsync<IJSObjectReference>("import", "./js/browser.js");
        _listener = DotNetObjectReference.Create(this);
        IsOnline = await _module.InvokeAsync<bool>("listen", _listener);
    }

    /// <summary>Called by browser.js.</summary>
    [JSInvokable]
    public void OnChanged(bool isOnline)
    {
        IsOnline = isOnline;
        Changed?.Invoke();
    }

    public ValueTask<string?> ReadAsync(string key) => Module.InvokeAsync<string?>("read", key);

    public ValueTask WriteAsync(string key, string? value) => Module.InvokeVoidAsync("write", key, value);

    /// <summary>Switches between dark and light and remembers the choice.</summary>
    public ValueTask ToggleThemeAsync() => Module.InvokeVoidAsync("toggleTheme");

    public async ValueTask DisposeAsync()
    {
        _listener?.Dispose();
        if (_module is not null)
            await _module.DisposeAsync();
    }

    private IJSObjectReference Module => _module ?? throw new InvalidOperationException("StartAsync has not been called.");
}
