using System.Buffers;
using System.Buffers.Binary;
using Collection.Sync.Abstractions;

namespace Collection.Export.Streaming.Tests;

/// <summary>Encoded rows of a collection with a field of each kind, all of them nullable but the key.</summary>
internal static class Rows
{
    public static CollectionSchema Schema { get; } = new("things", [
        new("id", FieldKind.Int64) { IsKey = true },
        new("name", FieldKind.Text) { IsNullable = true },
        new("seen", FieldKind.Int32) { IsNullable = true },
        new("rating", FieldKind.Double) { IsNullable = true },
        new("flagged", FieldKind.Boolean) { IsNullable = true },
        new("created_at", FieldKind.Timestamp) { IsNullable = true },
    ]);

    public static byte[] Encode(params ReadOnlySpan<object?> values)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(bytes);
        writer.WriteArrayHeader(values.Length);
        foreach (var value in values)
        {
            switch (value)
            {
                case null: writer.WriteNil(); break;
                case bool flag: writer.WriteBoolean(flag); break;
                case int number: writer.WriteInt64(number); break;
                case long number: writer.WriteInt64(number); break;
                case double number: writer.WriteDouble(number); break;
                case DateTimeOffset instant: writer.WriteTimestamp(instant); break;
                default: writer.WriteText((string)value); break;
            }
        }

        return bytes.WrittenSpan.ToArray();
    }

    public static byte[] Named(long id, string? name) => Encode(id, name, null, null, null, null);

    public static RowBatch Batch(IReadOnlyList<byte[]> rows)
    {
        var bytes = new byte[((rows.Count + 1) * 4) + rows.Sum(row => row.Length)];
        var offset = 0;
        for (var i = 0; i < rows.Count; i++)
        {
            rows[i].CopyTo(bytes, ((rows.Count + 1) * 4) + offset);
            offset += rows[i].Length;
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan((i + 1) * 4), offset);
        }

        return RowBatch.Over(bytes, rows.Count);
    }
}

/// <summary>A view in memory that notes what is read, and may do something before each read.</summary>
internal sealed class MemoryView(IReadOnlyList<byte[]> rows) : IStoreView
{
    public List<RowRange> Reads { get; } = [];

    public Func<RowRange, Task>? BeforeRead { get; init; }

    /// <summary>Rows that each read leaves out, as a store at fault would.</summary>
    public int Lost { get; init; }

    public int Count => rows.Count;

    public long Revision => 1;

    public async ValueTask<RowBatch> ReadAsync(RowRange range, CancellationToken cancellationToken)
    {
        Reads.Add(range);
        if (BeforeRead is not null)
            await BeforeRead(range);
        cancellationToken.ThrowIfCancellationRequested();
        return Rows.Batch([.. rows.Skip(range.Start).Take(range.Count - Lost)]);
    }

    public ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<ReopenedView> ReopenAsync(RowRange window, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A sink that notes what happens to it, and may do something before each write.</summary>
internal sealed class MemorySink : IExportSink
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public int Writes { get; private set; }

    public bool IsCompleted { get; private set; }

    public int Aborts { get; private set; }

    /// <summary>Is given the number of writes so far.</summary>
    public Func<int, Task>? BeforeWrite { get; init; }

    public Exception? CompleteError { get; init; }

    public Exception? AbortError { get; init; }

    public byte[] Bytes => _bytes.WrittenSpan.ToArray();

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (BeforeWrite is not null)
            await BeforeWrite(Writes);
        Writes++;
        _bytes.Write(bytes.Span);
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (CompleteError is not null)
            throw CompleteError;
        IsCompleted = true;
        return ValueTask.CompletedTask;
    }

    public ValueTask AbortAsync()
    {
        Aborts++;
        return AbortError is null ? ValueTask.CompletedTask : throw AbortError;
    }
}
