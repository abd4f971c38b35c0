using Microsoft.JSInterop;

namespace Collection.Export.Streaming;

/// <summary>
/// Writes to the file that a person picks (<c>showSaveFilePicker</c>), and where the browser lets nobody pick one is a
/// <see cref="BrowserDownloadSink"/>. Bytes go to disk beside the file, which they become at the end: an export that is cancelled,
/// fails or crashes leaves none, or an empty one where the browser cannot remove what its dialog has made.
/// A disk without room is an <see cref="IOException"/> that says so.
/// </summary>
public sealed class BrowserFileSink : IExportSink
{
    private readonly ScriptedSink _script;

    private BrowserFileSink(ScriptedSink script) => _script = script;

    /// <summary>
    /// Asks the person where the file is to go. Browsers ask only some seconds after a click or a key: call this first of
    /// all, before anything is read.
    /// </summary>
    /// <param name="js">The page's JavaScript.</param>
    /// <param name="fileName">The name that the browser proposes.</param>
    /// <param name="mediaType">What the file is: <see cref="IExportFormat.MediaType"/>.</param>
    /// <returns>The sink; null where the person does not want a file after all.</returns>
    /// <exception cref="IOException">The file cannot be written; the message says why.</exception>
    public static async ValueTask<BrowserFileSink?> PickAsync(IJSRuntime js, string fileName, string mediaType)
    {
        var script = new ScriptedSink(js, "openFile", fileName, mediaType);
        return await script.PickAsync() ? new BrowserFileSink(script) : null;
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _script.WriteAsync(bytes, cancellationToken);

    /// <summary>Puts the file in its place. Not to be cancelled.</summary>
    public ValueTask CompleteAsync(CancellationToken cancellationToken) => _script.CompleteAsync();

    /// <inheritdoc/>
    public ValueTask AbortAsync() => _script.AbortAsync();
}
