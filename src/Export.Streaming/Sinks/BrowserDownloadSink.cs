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
    private readonly ScriptedSink _script = new(js, "openDownload", fileName, mediaType);

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _script.WriteAsync(bytes, cancellationToken);

    /// <inheritdoc/>
    public ValueTask CompleteAsync(CancellationToken cancellationToken) => _script.CompleteAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask AbortAsync() => _script.AbortAsync();
}
