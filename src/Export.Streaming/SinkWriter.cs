using System.Buffers;

namespace Collection.Export.Streaming;

/// <summary>
/// Gives a sink what formats write, in pieces of one size and a smaller last one. While one piece is being written the next
/// is filled; the sink still hears one call after another.
/// </summary>
internal sealed class SinkWriter(IExportSink sink, int pieceBytes, CancellationToken cancellationToken) : IDisposable
{
    private PooledBuffer _filling = new(pieceBytes + (pieceBytes / 4));
    private PooledBuffer _writing = new(pieceBytes + (pieceBytes / 4));
    private Task _write = Task.CompletedTask;

    /// <summary>Takes the bytes.</summary>
    public IBufferWriter<byte> Output => _filling;

    /// <summary>Whether there is a piece to write.</summary>
    public bool IsFull => _filling.WrittenCount >= pieceBytes;

    /// <summary>Bytes that the sink has taken.</summary>
    public long Bytes { get; private set; }

    /// <summary>Begins to write a piece, once the one before is written.</summary>
    public async ValueTask WritePieceAsync()
    {
        await _write;
        (_filling, _writing) = (_writing, _filling);
        var piece = _writing.WrittenMemory[..Math.Min(pieceBytes, _writing.WrittenCount)];
        _filling.Clear();
        _filling.Write(_writing.WrittenMemory.Span[piece.Length..]);
        _write = WriteAsync(piece);
    }

    /// <summary>Writes all that is left.</summary>
    public async ValueTask FlushAsync()
    {
        while (_filling.WrittenCount > 0)
            await WritePieceAsync();
        await _write;
    }

    /// <summary>Waits until the sink takes nothing any more, whether it has failed or not.</summary>
    public async ValueTask SettleAsync() => await Task.WhenAny(_write);

    /// <summary>Not before the sink is done.</summary>
    public void Dispose()
    {
        _filling.Dispose();
        _writing.Dispose();
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> piece)
    {
        await sink.WriteAsync(piece, cancellationToken);
        Bytes += piece.Length;
    }
}
