using System.Buffers.Binary;
using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>The rows of a query, as they were when it ran.</summary>
internal sealed class InMemoryView(InMemorySyncStore tab, string collection, InMemoryRow[] rows, long revision) : IStoreView
{
    public int Count => rows.Length;

    public long Revision => revision;

    public async ValueTask<RowBatch> ReadAsync(RowRange range, CancellationToken cancellationToken)
    {
        await tab.BeginAsync(new StoreOperation("ReadView", collection, IsStrict: false), cancellationToken);
        return Read(range);
    }

    public RowBatch Read(RowRange range)
    {
        ReadOnlySpan<InMemoryRow> window = rows.AsSpan(Math.Min(range.Start, rows.Length), Math.Clamp(rows.Length - range.Start, 0, range.Count));
        var batch = new MemoryStream();
        Span<byte> offset = stackalloc byte[4];
        var end = 0;
        offset.Clear();
        batch.Write(offset);
        foreach (var row in window)
        {
            BinaryPrimitives.WriteInt32LittleEndian(offset, end += row.Encoded.Length);
            batch.Write(offset);
        }

        foreach (var row in window)
            batch.Write(row.Encoded.Span);
        return RowBatch.Over(batch.ToArray(), window.Length);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
