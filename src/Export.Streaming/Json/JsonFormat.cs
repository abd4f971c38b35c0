using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using Collection.Sync.Abstractions;

namespace Collection.Export.Streaming;

/// <summary>
/// JSON in UTF-8, an object a row and a row a line. Rows go from MessagePack to UTF-8 without a string in between.
/// <list type="bullet">
/// <item>Every field is there in every row; a missing value is <c>null</c>.</item>
/// <item>Floats are the shortest digits that read back as the same number; instants are text, UTC, as <c>2026-01-02T03:04:05.123456Z</c>; Guids are text in lower case.</item>
/// <item>Of a text, quotes, backslashes and control characters (U+0000 to U+001F) are escaped, as <c>JSON.stringify</c> does it; all else stands as it is.</item>
/// <item>JSON has no word for an infinite float: such a row fails the export.</item>
/// </list>
/// </summary>
public sealed class JsonFormat : IExportFormat
{
    private readonly RowColumns _columns;
    private readonly byte[][] _names;
    private readonly bool _isArray;
    private readonly int _namesLength;

    /// <summary>Makes the format for one collection.</summary>
    /// <exception cref="ArgumentException">An option names a field that the collection does not have, or names one twice; the message says which.</exception>
    public JsonFormat(CollectionSchema schema, JsonOptions? options = null)
    {
        options ??= new JsonOptions();
        _columns = new RowColumns(schema, options.Columns);
        _isArray = options.Layout == JsonLayout.Array;
        // The names of fields need no escapes: they are letters, digits and underscores.
        _names = [.. _columns.Fields.Select((field, i) => Encoding.ASCII.GetBytes($"{(i == 0 ? '{' : ',')}\"{field.Name}\":"))];
        _namesLength = _names.Sum(name => name.Length);
    }

    /// <inheritdoc/>
    public string MediaType => _isArray ? "application/json" : "application/x-ndjson";

    /// <inheritdoc/>
    public void WriteStart(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (_isArray)
            output.Write("["u8);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">A float is infinite.</exception>
    public void WriteRow(int position, ReadOnlySpan<byte> row, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var kinds = _columns.Kinds;
        var line = output.GetSpan(MaxLength(row.Length));
        var length = 0;
        if (_isArray && position > 0)
            line[length++] = (byte)',';
        if (_isArray)
            line[length++] = (byte)'\n';
        var cells = _columns.Of(row);
        for (var i = 0; i < kinds.Length; i++)
        {
            var name = _names[i];
            name.CopyTo(line[length..]);
            length += name.Length;
            length += WriteValue(ref cells.Of(i), kinds[i], i, position, line[length..]);
        }

        line[length++] = (byte)'}';
        if (!_isArray)
            line[length++] = (byte)'\n';
        output.Advance(length);
    }

    /// <inheritdoc/>
    public void WriteEnd(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (_isArray)
            output.Write("\n]\n"u8);
    }

    private static int Write(ReadOnlySpan<byte> text, Span<byte> output)
    {
        output[0] = (byte)'"';
        var length = CellText.TryCopy(text, (byte)'"', (byte)'\\', output[1..]) ? text.Length : Escape(text, output[1..]);
        output[length + 1] = (byte)'"';
        return length + 2;
    }

    private static int Escape(ReadOnlySpan<byte> text, Span<byte> output)
    {
        CellText.CheckUtf8(text);
        var length = 0;
        foreach (var character in text)
        {
            if (character >= ' ' && character is not ((byte)'"' or (byte)'\\'))
            {
                output[length++] = character;
                continue;
            }

            var letter = character switch
            {
                (byte)'\b' => (byte)'b',
                (byte)'\t' => (byte)'t',
                (byte)'\n' => (byte)'n',
                (byte)'\f' => (byte)'f',
                (byte)'\r' => (byte)'r',
                < (byte)' ' => (byte)'u',
                _ => character,
            };
            output[length++] = (byte)'\\';
            output[length++] = letter;
            if (letter != 'u')
                continue;
            output[length++] = (byte)'0';
            output[length++] = (byte)'0';
            output[length++] = (byte)('0' + (character >> 4));
            output[length++] = "0123456789abcdef"u8[character & 0xf];
        }

        return length;
    }

    // A byte of text at worst is a control character, and becomes six. Quotes are around a value, and a few bytes around the row.
    private int MaxLength(int rowLength) => checked((6 * rowLength) + _namesLength + (_names.Length * (CellText.MaxLength + 2)) + 4 + CellText.Padding);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int WriteValue(ref MessagePackReader reader, FieldKind kind, int column, int position, Span<byte> output)
    {
        if (reader.TryReadNil())
        {
            "null"u8.CopyTo(output);
            return 4;
        }

        switch (kind)
        {
            case FieldKind.Text: return Write(reader.ReadTextUtf8(), output);
            case FieldKind.Boolean: return CellText.Write(reader.ReadBoolean(), output);
            case FieldKind.Double: return CellText.Write(Finite(reader.ReadDouble(), column, position), output);
            case FieldKind.Timestamp: return Quote(CellText.WriteInstant(reader.ReadMicroseconds(), output[1..]), output);
            case FieldKind.Guid: return Quote(CellText.Write(reader.ReadGuid(), output[1..]), output);
            default: return CellText.Write(reader.ReadInt64(), output);
        }
    }

    // Around what was written behind the first byte.
    private static int Quote(int length, Span<byte> output)
    {
        output[0] = (byte)'"';
        output[length + 1] = (byte)'"';
        return length + 2;
    }

    private double Finite(double value, int column, int position) => double.IsFinite(value)
        ? value
        : throw new InvalidDataException($"Row {position} of the export has an infinite '{_columns.Fields[column].Name}', for which JSON has no number. Export CSV, or leave that column out.");
}
