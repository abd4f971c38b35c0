using Microsoft.JSInterop;

namespace Collection.Export.Streaming;

/// <summary>
/// What the sinks of a browser have in common: an object of <c>export-streaming.js</c> that is opened with the first bytes.
/// Its errors are an <see cref="IOException"/> whose message is for a person.
/// </summary>
internal sealed class ScriptedSink(IJSRuntime js, string function, params object[] arguments)
{
    private IJSObjectReference? _opened;
    private byte[] _crossing = [];

    /// <summary>Calls a function of the script.</summary>
    public static async ValueTask CallScriptAsync(IJSRuntime js, string function, CancellationToken cancellationToken)
    {
        await using var script = await ImportAsync(js, cancellationToken);
        await script.InvokeVoidAsync(function, cancellationToken);
    }

    /// <summary>Asks the person where the file is to go; false for nowhere.</summary>
    public ValueTask<bool> PickAsync() => ToldInWordsAsync(async () =>
        await (await OpenAsync()).InvokeAsync<bool>("pick", CancellationToken.None));

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => await ToldInWordsAsync(async () =>
    {
        // A whole byte[] crosses as bytes; anything else would cross as JSON. Nearly all are of one length.
        if (_crossing.Length != bytes.Length)
            _crossing = new byte[bytes.Length];
        bytes.CopyTo(_crossing);
        await (await OpenAsync()).InvokeVoidAsync("write", cancellationToken, _crossing);
        return true;
    });

    /// <summary>Ends the file. There is no way back from here: given up waiting for, it would still come to be.</summary>
    public async ValueTask CompleteAsync() => await ToldInWordsAsync(async () =>
    {
        var opened = await OpenAsync();
        await opened.InvokeVoidAsync("complete", CancellationToken.None);
        _opened = null;
        await opened.DisposeAsync();
        return true;
    });

    public async ValueTask AbortAsync()
    {
        if (_opened is not { } opened)
            return;
        _opened = null;
        try
        {
            await opened.InvokeVoidAsync("abort", CancellationToken.None);
            await opened.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The page has gone, and what it held with it.
        }
    }

    // Given up waiting for, it would be opened all the same, and nobody would close it.
    private async ValueTask<IJSObjectReference> OpenAsync()
    {
        if (_opened is not null)
            return _opened;
        await using var script = await ImportAsync(js, CancellationToken.None);
        return _opened = await script.InvokeAsync<IJSObjectReference>(function, CancellationToken.None, arguments);
    }

    private static ValueTask<IJSObjectReference> ImportAsync(IJSRuntime js, CancellationToken cancellationToken) =>
        js.InvokeAsync<IJSObjectReference>("import", cancellationToken, "./_content/Collection.Export.Streaming/export-streaming.js");

    private static async ValueTask<T> ToldInWordsAsync<T>(Func<ValueTask<T>> call)
    {
        try
        {
            return await call();
        }
        catch (JSException e)
        {
            // Blazor has the script's stack below the message.
            throw new IOException(e.Message.Split('\n', 2)[0], e);
        }
    }
}
