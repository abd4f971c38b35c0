using System.Buffers.Binary;

namespace Collection.Sync.Abstractions;

/// <summary>
/// Encoded rows side by side: a table of <see cref="Count"/> + 1 offsets (unsigned 32-bit, little-endian, from the end
/// of the table), then the rows. The layout of the row section of a page, and of what a store returns for a window.
/// </summary>
public readonly struct RowBatch
{
    private readonly ReadOnlyMemory<byte> _bytes;

    private RowBatch(ReadOnlyMemory<byte> bytes, int count)
    {
        _bytes = bytes;
        Count = count;
    }

    /// <summary>The number of rows.</summary>
    public int Count { get; }

    /// <summary>The size of the batch in bytes, offsets included.</summary>
    public int ByteLength => _bytes.Length;

    /// <summary>The encoded row at <paramref name="index"/>.</summary>
    public ReadOnlyMemory<byte> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            var table = _bytes.Span;
            var start = BinaryPrimitives.ReadInt32LittleEndian(table[(index * 4)..]);
            var end = BinaryPrimitives.ReadInt32LittleEndian(table[((index * 4) + 4)..]);
            return _bytes[(TableLength + start)..(TableLength + end)];
        }
    }

    private int TableLength => (Count + 1) * 4;

    /// <summary>Lays a batch over bytes, after checking that every offset lies within them.</summary>
    /// <exception cref="PageFormatException">The bytes do not hold a batch of <paramref name="count"/> rows.</exception>
    public static RowBatch Over(ReadOnlyMemory<byte> bytes, int count)
    {
        OffsetTable.Check(bytes.Span, count, PagePart.Rows, 0);
        return new RowBatch(bytes, count);
    }

    /// <summary>Reads the key of the row at <paramref name="index"/> and nothing else of it.</summary>
    /// <exception cref="MessagePackFormatException">The row is not what the schema says.</exception>
    public RowKey ReadKey(int index, CollectionSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var reader = new MessagePackReader(this[index].Span);
        reader.ReadArrayHeader(schema.Fields.Length);
        for (var i = 0; i < schema.KeyIndex; i++)
            reader.Skip();
        return schema.Key.Kind switch
        {
            FieldKind.Text => new RowKey(reader.ReadText()),
            FieldKind.Guid => new RowKey(reader.ReadGuid()),
            _ => new RowKey(reader.ReadInt64()),
        };
    }

    /// <summary>Decodes every row.</summary>
    /// <exception cref="MessagePackFormatException">A row is not what the codec expects.</exception>
    public TRow[] Decode<TRow>(IRowCodec<TRow> codec)
    {
        ArgumentNullException.ThrowIfNull(codec);
        var rows = new TRow[Count];
        for (var i = 0; i < rows.Length; i++)
        {
            var reader = new MessagePackReader(this[i].Span);
            rows[i] = codec.Read(ref reader);
        }

        return rows;
    }
}
