using Microsoft.JSInterop;

namespace Collection.Export.Streaming;

/// <summary>What the sinks of a browser have in common: an object of <c>export-streaming.js</c> that is opened with the first bytes.</summary>
internal sealed class ScriptedSink(IJSRuntime js, string function, params object[] arguments)
{
    private const string Script = "./_content/Collection.Export.Streaming/export-streaming.js";

    private IJSObjectReference? _opened;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(cancellationToken);
        // A byte[] crosses as bytes; anything else would cross as JSON.
        await opened.InvokeVoidAsync("write", cancellationToken, bytes.ToArray());
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(cancellationToken);
        await opened.InvokeVoidAsync("complete", cancellationToken);
        _opened = null;
        await opened.DisposeAsync();
    }

    public async ValueTask AbortAsync()
    {
        if (_opened is not { } opened)
            return;
        _opened = null;
        try
        {
            await opened.InvokeVoidAsync("abort");
            await opened.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The page has gone, and what it held with it.
        }
    }

    private async ValueTask<IJSObjectReference> OpenAsync(CancellationToken cancellationToken)
    {
        if (_opened is not null)
            return _opened;
        await using var script = await js.InvokeAsync<IJSObjectReference>("import", cancellationToken, Script);
        return _opened = await script.InvokeAsync<IJSObjectReference>(function, cancellationToken, arguments);
    }
}
