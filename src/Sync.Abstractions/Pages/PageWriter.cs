using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;

namespace Collection.Sync.Abstractions;

/// <summary>
/// Builds a page, value by value: each row is encoded once, and its indexed fields are laid into columns on the way.
/// For each row call <see cref="BeginRow"/>, one Write method a field in the order of the schema, and
/// <see cref="EndRow"/>. Reusable after <see cref="Finish"/>. A row in which a value was refused cannot be taken back:
/// drop the writer, which makes no page any more. Not thread-safe.
/// </summary>
public sealed class PageWriter
{
    private readonly CollectionSchema _schema;
    private readonly ColumnWriter[] _columns;
    private readonly ImmutableArray<int> _columnOfField;
    private readonly KeysWriter _keys;
    private readonly List<RowVersion> _versions = [];
    private readonly List<RowVersion> _deletes = [];
    private readonly SectionWriter _rows = new();
    private int _field = -1;

    /// <summary>Makes a writer for pages of one collection.</summary>
    public PageWriter(CollectionSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        _schema = schema;
        _keys = new KeysWriter(schema.Key.Kind);
        _columns = [.. schema.IndexedFields.Select(i => new ColumnWriter(schema.Fields[i], i))];
        _columnOfField = [.. Enumerable.Range(0, schema.Fields.Length).Select(i => schema.IndexedFields.IndexOf(i))];
        Clear();
    }

    /// <summary>Upserted rows so far.</summary>
    public int UpsertCount => _keys.UpsertCount;

    /// <summary>Deleted rows so far.</summary>
    public int DeleteCount => _keys.DeleteCount;

    /// <summary>Bytes so far, within a few hundred of the finished page: compare it with the byte budget after each row.</summary>
    public int ByteLength
    {
        get
        {
            var length = PageHeader.Length + _keys.ByteLength + (16 * (UpsertCount + DeleteCount)) + _rows.ByteLength;
            foreach (var column in _columns)
                length += column.ByteLength;
            return length;
        }
    }

    /// <summary>Starts a row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The version is out of range.</exception>
    public void BeginRow(RowVersion version)
    {
        CheckVersion(version);
        if (_field >= 0)
            throw new InvalidOperationException("A row has been begun and not ended.");
        _field = 0;
        _versions.Add(version);
        new MessagePackWriter(_rows.Bytes).WriteArrayHeader(_schema.Fields.Length);
    }

    /// <summary>Writes a missing value.</summary>
    public void WriteNull()
    {
        var field = NextField(null);
        if (!field.IsNullable)
            throw new ArgumentException($"Field '{field.Name}' of '{_schema.Name}' has no value, but it is not nullable.");
        new MessagePackWriter(_rows.Bytes).WriteNil();
        CurrentColumn?.AddNull();
        _field++;
    }

    /// <summary>Writes the value of a <see cref="FieldKind.Boolean"/>.</summary>
    public void WriteBoolean(bool value)
    {
        NextField(FieldKind.Boolean);
        new MessagePackWriter(_rows.Bytes).WriteBoolean(value);
        CurrentColumn?.AddByte(value ? (byte)1 : (byte)0);
        _field++;
    }

    /// <summary>Writes the value of an <see cref="FieldKind.Int32"/>, an <see cref="FieldKind.Int64"/>, or a <see cref="FieldKind.Timestamp"/> in microseconds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value does not fit the field's kind.</exception>
    public void WriteInteger(long value)
    {
        var field = NextField(null);
        if (field.Kind is not (FieldKind.Int32 or FieldKind.Int64 or FieldKind.Timestamp))
            throw WrongKind(field, "an integer");
        if (field.Kind == FieldKind.Int32 ? value is < int.MinValue or > int.MaxValue : !PageNumbers.IsInteger(value))
            throw new ArgumentOutOfRangeException(nameof(value), value, $"Field '{field.Name}' of '{_schema.Name}' is of kind {field.Kind}, which does not hold this value.");
        new MessagePackWriter(_rows.Bytes).WriteInt64(value);
        if (field.IsKey)
            _keys.Upsert(value);
        else if (field.Kind == FieldKind.Int32)
            CurrentColumn?.AddInt32((int)value);
        else
            CurrentColumn?.AddDouble(value);
        _field++;
    }

    /// <summary>Writes the value of a <see cref="FieldKind.Double"/>.</summary>
    public void WriteDouble(double value)
    {
        var field = NextField(FieldKind.Double);
        if (double.IsNaN(value))
            throw new ArgumentException($"Field '{field.Name}' of '{_schema.Name}' is NaN, which has no place in an order: use null.", nameof(value));
        new MessagePackWriter(_rows.Bytes).WriteDouble(value);
        CurrentColumn?.AddDouble(value);
        _field++;
    }

    /// <summary>Writes the value of a <see cref="FieldKind.Text"/>; the column takes its folded form.</summary>
    /// <exception cref="ArgumentException">The text holds a surrogate without its other half, or is the key and cannot be one.</exception>
    public void WriteText(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (NextField(FieldKind.Text).IsKey)
            _keys.Upsert(value);
        new MessagePackWriter(_rows.Bytes).WriteText(value);
        CurrentColumn?.AddText(TextFolding.Fold(value));
        _field++;
    }

    /// <summary>Writes the value of a <see cref="FieldKind.Text"/> that is UTF-8 already, as databases hand it out; the column takes its folded form.</summary>
    /// <exception cref="ArgumentException">The bytes are not valid UTF-8, or are the key and cannot be one.</exception>
    public void WriteTextUtf8(ReadOnlySpan<byte> value)
    {
        var field = NextField(FieldKind.Text);
        var isAscii = Ascii.IsValid(value);
        if (!isAscii && !Utf8.IsValid(value))
            throw new ArgumentException($"Field '{field.Name}' of '{_schema.Name}' holds text that is not valid UTF-8.", nameof(value));
        if (field.IsKey)
            _keys.Upsert(Encoding.UTF8.GetString(value));
        new MessagePackWriter(_rows.Bytes).WriteTextUtf8(value);
        if (CurrentColumn is { } column)
        {
            if (isAscii)
                column.AddAscii(value);
            else if (TextFolding.IsInert(value))
                column.AddFolded(value);
            else
                column.AddText(TextFolding.Fold(Encoding.UTF8.GetString(value)));
        }

        _field++;
    }

    /// <summary>Writes the value of a <see cref="FieldKind.Guid"/>.</summary>
    public void WriteGuid(Guid value)
    {
        NextField(FieldKind.Guid);
        new MessagePackWriter(_rows.Bytes).WriteGuid(value);
        _keys.Upsert(value);
        _field++;
    }

    /// <summary>Ends a row.</summary>
    public void EndRow()
    {
        if (_field != _schema.Fields.Length)
            throw new InvalidOperationException($"A row of '{_schema.Name}' has {_schema.Fields.Length} fields; {Math.Max(_field, 0)} were written.");
        _rows.EndValue();
        _field = -1;
    }

    /// <summary>Adds a deleted row.</summary>
    /// <exception cref="ArgumentException">The key is of another kind than the collection's, or the key or the version is out of range.</exception>
    public void Delete(RowKey key, RowVersion version)
    {
        CheckVersion(version);
        _schema.CheckKey(key);
        if (key.Kind == FieldKind.Int64 && !PageNumbers.IsInteger(key.Value))
            throw new ArgumentOutOfRangeException(nameof(key), key, "A key is of magnitude at most 2^53 - 1.");
        _keys.Delete(key);
        _deletes.Add(version);
    }

    /// <summary>Makes the page and empties the writer for the next one.</summary>
    /// <param name="header">What the page says of itself; counts, size and schema are filled in here.</param>
    /// <exception cref="ArgumentException">The cursor, the epoch or the total is not one that a reader accepts.</exception>
    /// <exception cref="InvalidOperationException">A row is not ended, or there are too many for one page.</exception>
    public byte[] Finish(PageHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        header.Check();
        if (_field >= 0)
            throw new InvalidOperationException("A row has been begun and not ended.");
        var changes = UpsertCount + DeleteCount;
        var length = PageHeader.Length + PageNumbers.Align(header.Next.Value.Length)
            + PageSection.HeaderLength + PageNumbers.Align(_keys.ByteLength)
            + (PageSection.VersionSections * (PageSection.HeaderLength + (changes * 8)))
            + _columns.Sum(c => c.SectionLength)
            + PageSection.HeaderLength + PageNumbers.Align(_rows.ByteLength);
        if (length > PageHeader.MaxByteLength)
            throw new InvalidOperationException($"The page has {length} bytes; readers accept {PageHeader.MaxByteLength}. Finish a page sooner.");
        var page = new byte[length];
        (header with
        {
            SchemaHash = _schema.Hash,
            ByteLength = length,
            UpsertCount = UpsertCount,
            DeleteCount = DeleteCount,
            ColumnCount = _columns.Length,
        }).Write(page);

        var rest = page.AsSpan(PageHeader.Length + PageNumbers.Align(header.Next.Value.Length));
        PageSection.WriteHeader(rest, (byte)_schema.Key.Kind, 0, (ushort)_schema.KeyIndex, _keys.ByteLength);
        rest = rest[PageSection.HeaderLength..];
        _keys.CopyTo(rest);
        rest = rest[PageNumbers.Align(_keys.ByteLength)..];
        RowVersion[] versions = [.. _versions, .. _deletes];
        rest = WriteNumbers(rest, [.. versions.Select(v => (double)v.Transaction)]);
        rest = WriteNumbers(rest, [.. versions.Select(v => (double)v.Sequence)]);
        foreach (var column in _columns)
            rest = column.Write(rest);
        PageSection.WriteHeader(rest, PageSection.RowsKind, 0, PageSection.NoField, _rows.ByteLength);
        _rows.CopyTo(rest[PageSection.HeaderLength..]);
        Clear();
        return page;
    }

    private ColumnWriter? CurrentColumn => _columnOfField[_field] is >= 0 and var i ? _columns[i] : null;

    private FieldSchema NextField(FieldKind? kind)
    {
        if (_field < 0 || _field >= _schema.Fields.Length)
            throw new InvalidOperationException($"A value was written outside a row of '{_schema.Name}'.");
        var field = _schema.Fields[_field];
        return kind is null || field.Kind == kind ? field : throw WrongKind(field, kind.Value.ToString());
    }

    private static void CheckVersion(RowVersion version)
    {
        if (!PageNumbers.IsCount(version.Transaction) || !PageNumbers.IsCount(version.Sequence))
            throw new ArgumentOutOfRangeException(nameof(version), version, "Both parts of a version are from 0 to 2^53 - 1.");
    }

    private ArgumentException WrongKind(FieldSchema field, string written) =>
        new($"Field '{field.Name}' of '{_schema.Name}' is of kind {field.Kind}; {written} was written.");

    /// <summary>Drops what was written, a row that was begun included.</summary>
    public void Clear()
    {
        _field = -1;
        _keys.Clear();
        _versions.Clear();
        _deletes.Clear();
        _rows.Clear();
        foreach (var column in _columns)
            column.Clear();
    }

    private static Span<byte> WriteNumbers(Span<byte> rest, scoped ReadOnlySpan<double> numbers)
    {
        PageSection.WriteHeader(rest, (byte)FieldKind.Int64, 0, PageSection.NoField, numbers.Length * 8);
        rest = rest[PageSection.HeaderLength..];
        foreach (var number in numbers)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(rest, number);
            rest = rest[8..];
        }

        return rest;
    }
}
