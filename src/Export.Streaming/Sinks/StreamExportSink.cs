namespace Collection.Export.Streaming;

/// <summary>
/// Writes to a stream: a file, or the body of a response. An abort cuts a stream that can seek back to where the
/// export began. One that cannot keeps what it was sent, and its owner has to break it off (a response:
/// <c>HttpContext.Abort</c>), so that the other side sees that the file is not whole.
/// </summary>
/// <param name="stream">Takes the bytes; the caller disposes of it.</param>
public sealed class StreamExportSink(Stream stream) : IExportSink
{
    private readonly long _start = stream.CanSeek ? stream.Position : 0;

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => stream.WriteAsync(bytes, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken) => await stream.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask AbortAsync()
    {
        if (stream.CanSeek)
            stream.SetLength(_start);
        return ValueTask.CompletedTask;
    }
}
