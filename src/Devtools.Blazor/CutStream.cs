namespace Collection.Devtools.Blazor;

/// <summary>The body of an answer, until the weather changes; slowly where a clock is given.</summary>
internal sealed class CutStream(Stream body, TimeProvider? slowBy, CancellationToken change) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, change);
        try
        {
            if (slowBy is null)
                return await body.ReadAsync(buffer, either.Token);
            var count = await body.ReadAsync(buffer[..Math.Min(buffer.Length, SimulatedNetwork.SlowBytesPerSecond / 4)], either.Token);
            await Task.Delay(TimeSpan.FromSeconds((double)count / SimulatedNetwork.SlowBytesPerSecond), slowBy, either.Token);
            return count;
        }
        catch (OperationCanceledException e) when (change.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new IOException("The developer tools have cut the connection.", e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => body.Read(buffer, offset, count);

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            body.Dispose();
        base.Dispose(disposing);
    }
}
