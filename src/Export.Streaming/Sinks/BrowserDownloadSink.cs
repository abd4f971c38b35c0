using Microsoft.JSInterop;

namespace Collection.Export.Streaming;

/// <summary>
/// Saves a file by the browser's own download. Bytes go into blobs as they come, which browsers keep out of the page's
/// memory and on disk when they grow; nobody sees the file before it is whole.
/// </summary>
/// <param name="js">The page's JavaScript.</param>
/// <param name="fileName">The name that the browser proposes.</param>
/// <param name="mediaType">What the file is: <see cref="IExportFormat.MediaType"/>.</param>
public sealed class BrowserDownloadSink(IJSRuntime js, string fileName, string mediaType) : IExportSink
{
    private const string Script = "./_content/Collection.Export.Streaming/export-streaming.js";

    private IJSObjectReference? _download;

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var download = await OpenAsync(cancellationToken);
        // A byte[] crosses as bytes; anything else would cross as JSON.
        await download.InvokeVoidAsync("write", cancellationToken, bytes.ToArray());
    }

    /// <inheritdoc/>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        var download = await OpenAsync(cancellationToken);
        await download.InvokeVoidAsync("complete", cancellationToken);
        _download = null;
        await download.DisposeAsync();
    }

    /// <inheritdoc/>
    public async ValueTask AbortAsync()
    {
        if (_download is not { } download)
            return;
        _download = null;
        try
        {
            await download.InvokeVoidAsync("abort");
            await download.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The page has gone, and the blobs with it.
        }
    }

    private async ValueTask<IJSObjectReference> OpenAsync(CancellationToken cancellationToken)
    {
        if (_download is not null)
            return _download;
        await using var script = await js.InvokeAsync<IJSObjectReference>("import", cancellationToken, Script);
        return _download = await script.InvokeAsync<IJSObjectReference>("openDownload", cancellationToken, fileName, mediaType);
    }
}
