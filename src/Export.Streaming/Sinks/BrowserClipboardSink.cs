using Microsoft.JSInterop;

namespace Collection.Export.Streaming;

/// <summary>
/// Puts a text on the clipboard, once it is whole: until then the clipboard keeps what it has. A browser may say no, as
/// where the page has lost the focus meanwhile; that is an <see cref="IOException"/> at the end. Then save a file instead.
/// </summary>
/// <param name="js">The page's JavaScript.</param>
/// <param name="maxBytes">The largest text, in bytes of UTF-8. 16 MiB unless said: programs into which more is pasted stand still.</param>
public sealed class BrowserClipboardSink(IJSRuntime js, int maxBytes = BrowserClipboardSink.DefaultMaxBytes) : IExportSink
{
    /// <summary>16 MiB: some 800,000 names.</summary>
    public const int DefaultMaxBytes = 16 * 1024 * 1024;

    private readonly ScriptedSink _script = new(js, "openClipboard");
    private long _length;

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The text is too long for the clipboard.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _length += bytes.Length;
        return _length <= maxBytes
            ? _script.WriteAsync(bytes, cancellationToken)
            : throw new InvalidDataException($"This is more than the {maxBytes / 1048576.0:0.##} MiB that go to the clipboard, which still holds what it held. Narrow the view down, or save it as a file.");
    }

    /// <summary>Puts the text on the clipboard. Not to be cancelled.</summary>
    public ValueTask CompleteAsync(CancellationToken cancellationToken) => _script.CompleteAsync();

    /// <inheritdoc/>
    public ValueTask AbortAsync() => _script.AbortAsync();
}
