using Microsoft.JSInterop;

namespace Collection.Grid.Blazor;

/// <summary>
/// Small texts that the browser keeps for this site. What it refuses to keep or to give, because it is full or the
/// person has forbidden it, is not there: no grid fails for it.
/// </summary>
internal readonly struct BrowserStorage(IJSRuntime js)
{
    private const string Script = "./_content/Collection.Grid.Blazor/browser-storage.js";

    public async Task<string?> ReadAsync(string key)
    {
        try
        {
            await using var script = await js.InvokeAsync<IJSObjectReference>("import", Script);
            return await script.InvokeAsync<string?>("read", key);
        }
        catch (JSDisconnectedException)
        {
            return null;
        }
    }

    public Task WriteAsync(string key, string text) => CallAsync("write", key, text);

    public Task RemoveAsync(string key) => CallAsync("remove", key);

    private async Task CallAsync(string name, params object?[] values)
    {
        try
        {
            await using var script = await js.InvokeAsync<IJSObjectReference>("import", Script);
            await script.InvokeVoidAsync(name, values);
        }
        catch (JSDisconnectedException)
        {
            // The tab has gone.
        }
    }
}
