using Microsoft.JSInterop;

namespace Collection.Export.Streaming;

/// <summary>
/// Saves a file by the browser's own download, once it is whole. Until then its bytes lie in a file of the site's own (OPFS),
/// which is removed after the browser has copied it, or in blobs where the browser has no such files.
/// A browser without room for it is an <see cref="IOException"/> that says so.
/// </summary>
/// <param name="js">The page's JavaScript.</param>
/// <param name="fileName">The name that the browser proposes.</param>
/// <param name="mediaType">What the file is: <see cref="IExportFormat.MediaType"/>.</param>
public sealed class BrowserDownloadSink(IJSRuntime js, string fileName, string mediaType) : IExportSink
{
    private readonly ScriptedSink _script = new(js, "openDownload", fileName, mediaType);

    /// <summary>
    /// Removes what exports of crashed and closed tabs have left on disk; those of other tabs that go on are spared. Every
    /// new download does it too: called when an app starts, it keeps nobody's rows longer than that, and the script is loaded
    /// by the time a person wants it.
    /// </summary>
    /// <param name="js">The page's JavaScript.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public static ValueTask SweepAsync(IJSRuntime js, CancellationToken cancellationToken) => ScriptedSink.CallScriptAsync(js, "sweep", cancellationToken);

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _script.WriteAsync(bytes, cancellationToken);

    /// <summary>Hands the file to the browser. Not to be cancelled.</summary>
    public ValueTask CompleteAsync(CancellationToken cancellationToken) => _script.CompleteAsync();

    /// <inheritdoc/>
    public ValueTask AbortAsync() => _script.AbortAsync();
}
