using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Collection.Sync.Abstractions;

/// <summary>
/// A page laid over its bytes, after every count, offset and text of its columns has been checked. Rows stay encoded;
/// what is inside them is checked when they are decoded. Immutable.
/// </summary>
public sealed class Page
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly (int Nulls, int Data, int Length)[] _columns;
    private (int Data, int Length) _keys;
    private int _transactions;
    private int _sequences;

    private Page(ReadOnlyMemory<byte> bytes, CollectionSchema schema, PageHeader header)
    {
        _bytes = bytes;
        _columns = new (int, int, int)[schema.IndexedFields.Length];
        Schema = schema;
        Header = header;
    }

    /// <summary>The collection.</summary>
    public CollectionSchema Schema { get; }

    /// <summary>What the page says of itself.</summary>
    public PageHeader Header { get; }

    /// <summary>The encoded rows of the upserts.</summary>
    public RowBatch Rows { get; private set; }

    /// <summary>Lays a page over bytes.</summary>
    /// <exception cref="PageFormatException">The bytes are not a page of this collection; the message names the place.</exception>
    public static Page Read(ReadOnlyMemory<byte> bytes, CollectionSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var header = PageHeader.Read(bytes.Span);
        if (header.SchemaHash != schema.Hash)
            throw new PageFormatException(PagePart.Header, 24, $"the page is of schema {header.SchemaHash:x16}, but '{schema.Name}' here is {schema.Hash:x16}: client and server are of different versions.");
        if (header.ColumnCount != schema.IndexedFields.Length)
            throw new PageFormatException(PagePart.Header, 20, $"{header.ColumnCount} columns; '{schema.Name}' has {schema.IndexedFields.Length} indexed fields.");
        var page = new Page(bytes, schema, header);
        page.ReadSections();
        return page;
    }

    /// <summary>The key of change <paramref name="index"/>: upserts first, then deletes.</summary>
    public RowKey Key(int index)
    {
        var kind = Schema.Key.Kind;
        if (kind == FieldKind.Int64)
            return new RowKey((long)Change(_keys.Data, index));
        ThrowIfNoChange(index);
        var data = _bytes.Span.Slice(_keys.Data, _keys.Length);
        return kind == FieldKind.Guid
            ? new RowKey(new Guid(data.Slice(index * 16, 16), bigEndian: true))
            : new RowKey(Encoding.UTF8.GetString(OffsetTable.Slice(data, Header.UpsertCount + Header.DeleteCount, index)));
    }

    /// <summary>The version of change <paramref name="index"/>: upserts first, then deletes.</summary>
    public RowVersion Version(int index) => new((long)Change(_transactions, index), (long)Change(_sequences, index));

    /// <summary>True where the indexed field <paramref name="column"/> of upsert <paramref name="row"/> has no value.</summary>
    public bool IsNull(int column, int row)
    {
        var nulls = _columns[column].Nulls;
        return nulls > 0 && (_bytes.Span[nulls + (row / 8)] & (1 << (row % 8))) != 0;
    }

    /// <summary>The value of a column that is not text, as a number; a boolean is 0 or 1, and a missing value 0.</summary>
    public double Number(int column, int row)
    {
        var data = _bytes.Span.Slice(_columns[column].Data, _columns[column].Length);
        return Schema.Fields[Schema.IndexedFields[column]].Kind switch
        {
            FieldKind.Boolean => data[row],
            FieldKind.Int32 => BinaryPrimitives.ReadInt32LittleEndian(data[(row * 4)..]),
            FieldKind.Text => throw new ArgumentException("The column is text.", nameof(column)),
            _ => BinaryPrimitives.ReadDoubleLittleEndian(data[(row * 8)..]),
        };
    }

    /// <summary>The folded text of a text column, as UTF-8; empty for a missing value.</summary>
    public ReadOnlySpan<byte> Text(int column, int row) =>
        OffsetTable.Slice(_bytes.Span.Slice(_columns[column].Data, _columns[column].Length), Header.UpsertCount, row);

    private double Change(int section, int index)
    {
        ThrowIfNoChange(index);
        return BinaryPrimitives.ReadDoubleLittleEndian(_bytes.Span[(section + (index * 8))..]);
    }

    private void ThrowIfNoChange(int index) =>
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)(Header.UpsertCount + Header.DeleteCount), nameof(index));

    private void ReadSections()
    {
        var changes = Header.UpsertCount + Header.DeleteCount;
        var rows = Header.UpsertCount;
        var sections = new SectionReader(_bytes.Span, PageHeader.Length, Header.Next.Value.Length);
        (_, var keys, var keysLength) = sections.Next(PagePart.Keys, (byte)Schema.Key.Kind, false, (ushort)Schema.KeyIndex, changes);
        _keys = (keys, keysLength);
        CheckKeys(changes);
        _transactions = sections.Next(PagePart.Versions, (byte)FieldKind.Int64, false, PageSection.NoField, changes).Data;
        CheckNumbers(PagePart.Versions, _transactions, changes, FieldKind.Int64, PageNumbers.IsCount);
        _sequences = sections.Next(PagePart.Versions, (byte)FieldKind.Int64, false, PageSection.NoField, changes).Data;
        CheckNumbers(PagePart.Versions, _sequences, changes, FieldKind.Int64, PageNumbers.IsCount);
        for (var i = 0; i < _columns.Length; i++)
        {
            var index = Schema.IndexedFields[i];
            var field = Schema.Fields[index];
            _columns[i] = sections.Next(PagePart.Column, (byte)field.Kind, field.IsNullable, (ushort)index, rows);
            CheckColumn(field.Kind, _columns[i].Data, _columns[i].Length, rows);
        }

        var (_, start, length) = sections.Next(PagePart.Rows, PageSection.RowsKind, false, PageSection.NoField, rows);
        OffsetTable.Check(_bytes.Span.Slice(start, length), rows, PagePart.Rows, start);
        Rows = RowBatch.Over(_bytes.Slice(start, length), rows);
        sections.End();
    }

    private void CheckKeys(int changes)
    {
        var (start, length) = _keys;
        if (Schema.Key.Kind == FieldKind.Int64)
            CheckNumbers(PagePart.Keys, start, changes, FieldKind.Int64, PageNumbers.IsInteger);
        if (Schema.Key.Kind != FieldKind.Text)
            return;
        var section = _bytes.Span.Slice(start, length);
        CheckText(section, start, changes, PagePart.Keys);
        for (var i = 0; i < changes; i++)
        {
            if (RowKey.WhyRefused(OffsetTable.Slice(section, changes, i)) is { } why)
                throw new PageFormatException(PagePart.Keys, start + (i * 4L), $"text {i} cannot be a key: {why}.");
        }
    }

    private void CheckColumn(FieldKind kind, int start, int length, int rows)
    {
        var data = _bytes.Span.Slice(start, length);
        switch (kind)
        {
            case FieldKind.Text:
                CheckText(data, start, rows, PagePart.Column);
                break;
            case FieldKind.Boolean when data.IndexOfAnyExcept((byte)0, (byte)1) is >= 0 and var at:
                throw new PageFormatException(PagePart.Column, start + at, $"{data[at]} is not a boolean.");
            case FieldKind.Int64 or FieldKind.Timestamp:
                CheckNumbers(PagePart.Column, start, rows, kind, PageNumbers.IsInteger);
                break;
            case FieldKind.Double:
                CheckNumbers(PagePart.Column, start, rows, kind, static number => !double.IsNaN(number));
                break;
        }
    }

    private void CheckNumbers(PagePart part, int start, int count, FieldKind kind, Func<double, bool> isValid)
    {
        for (var i = 0; i < count; i++)
        {
            var number = BinaryPrimitives.ReadDoubleLittleEndian(_bytes.Span[(start + (i * 8))..]);
            if (!isValid(number))
                throw new PageFormatException(part, start + (i * 8L), $"{number} is out of range for {kind}.");
        }
    }

    private static void CheckText(ReadOnlySpan<byte> section, int sectionOffset, int rows, PagePart part)
    {
        OffsetTable.Check(section, rows, part, sectionOffset);
        var bytes = section[((rows + 1) * 4)..];
        if (!Utf8.IsValid(bytes))
            throw new PageFormatException(part, sectionOffset + ((rows + 1L) * 4), "the text is not valid UTF-8.");
        for (var i = 1; i < rows; i++)
        {
            var offset = BinaryPrimitives.ReadInt32LittleEndian(section[(i * 4)..]);
            if (offset < bytes.Length && (bytes[offset] & 0xc0) == 0x80)
                throw new PageFormatException(part, sectionOffset + (i * 4L), $"offset {i} points into the middle of a character.");
        }
    }

    /// <summary>Walks the sections of a page in their fixed order.</summary>
    private ref struct SectionReader
    {
        private readonly ReadOnlySpan<byte> _page;
        private int _position;

        public SectionReader(ReadOnlySpan<byte> page, int cursor, int cursorLength)
        {
            _page = page;
            _position = cursor;
            Pass(PagePart.Cursor, cursorLength);
        }

        public (int Nulls, int Data, int Length) Next(PagePart part, byte kind, bool nullable, ushort field, int count)
        {
            var start = _position;
            if (_page.Length - start < PageSection.HeaderLength)
                throw new PageFormatException(part, start, "the page ends where a section was expected.");
            var found = BinaryPrimitives.ReadUInt32LittleEndian(_page[start..]);
            var expected = kind | ((nullable ? PageSection.NullableFlag : 0u) << 8) | ((uint)field << 16);
            if (found != expected)
                throw new PageFormatException(part, start, $"section 0x{found:x8} where 0x{expected:x8} was expected (field, flags, kind).");
            var length = BinaryPrimitives.ReadUInt32LittleEndian(_page[(start + 4)..]);
            _position += PageSection.HeaderLength;

            var nulls = nullable ? _position : 0;
            if (nullable)
            {
                Pass(part, (count + 7) / 8);
                if (count % 8 != 0 && _page[nulls + (count / 8)] >> (count % 8) != 0)
                    throw new PageFormatException(part, nulls + (count / 8), "a bit after the last row is set.");
            }

            var data = _position;
            var width = kind == PageSection.RowsKind ? 0 : PageSection.Width((FieldKind)kind);
            if (width > 0 && length != (uint)count * (ulong)width)
                throw new PageFormatException(part, start + 4, $"a length of {length} bytes; {count} values of {width} take {(long)count * width}.");
            Pass(part, length);
            return (nulls, data, (int)length);
        }

        public readonly void End()
        {
            if (_position != _page.Length)
                throw new PageFormatException(PagePart.Rows, _position, $"{_page.Length - _position} bytes follow the last section.");
        }

        private void Pass(PagePart part, long length)
        {
            if (length > _page.Length - _position)
                throw new PageFormatException(part, _position, $"{length} bytes were expected, and {_page.Length - _position} are left.");
            var end = _position + (int)length;
            var aligned = PageNumbers.Align(end);
            if (aligned > _page.Length || _page[end..aligned].ContainsAnyExcept((byte)0))
                throw new PageFormatException(part, end, "the padding to a multiple of eight is missing or not zero.");
            _position = aligned;
        }
    }
}
