using System.Buffers;
using System.Buffers.Binary;
using Collection.Sync.Abstractions;
using Sellers.Contracts;

namespace Collection.Benchmarks.Dotnet;

/// <summary>Rows as a store returns them. Each range is encoded once, so that only its reader is measured.</summary>
internal sealed class MemoryView(IReadOnlyList<Seller> rows) : IStoreView
{
    private readonly Dictionary<RowRange, RowBatch> _batches = [];

    public int Count => rows.Count;

    public long Revision => 1;

    public ValueTask<RowBatch> ReadAsync(RowRange range, CancellationToken cancellationToken)
    {
        if (!_batches.TryGetValue(range, out var batch))
            _batches.Add(range, batch = Encode(range));
        return ValueTask.FromResult(batch);
    }

    public ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<ReopenedView> ReopenAsync(RowRange window, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private RowBatch Encode(RowRange range)
    {
        var count = Math.Min(range.Count, Count - range.Start);
        var offsets = new byte[(count + 1) * 4];
        var encoded = new ArrayBufferWriter<byte>();
        for (var i = 0; i < count; i++)
        {
            var writer = new MessagePackWriter(encoded);
            Seller.Collection.Codec.Write(ref writer, rows[range.Start + i]);
            BinaryPrimitives.WriteInt32LittleEndian(offsets.AsSpan((i + 1) * 4), encoded.WrittenCount);
        }

        return RowBatch.Over((byte[])[.. offsets, .. encoded.WrittenSpan], count);
    }
}
