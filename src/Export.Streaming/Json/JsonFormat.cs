using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Collection.Sync.Abstractions;

namespace Collection.Export.Streaming;

/// <summary>
/// JSON in UTF-8, an object a row and a row a line. Rows go from MessagePack to UTF-8 without a string in between.
/// <list type="bullet">
/// <item>Every field is there in every row; a missing value is <c>null</c>.</item>
/// <item>Floats are the shortest digits that read back as the same number; instants are text, UTC, as <c>2026-01-02T03:04:05.123456Z</c>; Guids are text in lower case.</item>
/// <item>JSON has no word for an infinite float: such a row fails the export.</item>
/// </list>
/// </summary>
public sealed class JsonFormat : IExportFormat
{
    private readonly RowColumns _columns;
    private readonly ImmutableArray<byte[]> _names;
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
        var line = new JsonLine(output.GetSpan(JsonLine.MaxLength(row.Length, _namesLength, _names.Length)));
        if (_isArray)
            line.Write(position == 0 ? "\n"u8 : ",\n"u8);
        var cells = _columns.Of(row);
        for (var i = 0; i < _names.Length; i++)
        {
            line.Write(_names[i]);
            WriteValue(ref line, ref cells.Of(i), _columns.Fields[i], position);
        }

        line.Write(_isArray ? "}"u8 : "}\n"u8);
        output.Advance(line.Length);
    }

    /// <inheritdoc/>
    public void WriteEnd(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (_isArray)
            output.Write("\n]\n"u8);
    }

    private static void WriteValue(ref JsonLine line, ref MessagePackReader reader, FieldSchema field, int position)
    {
        if (reader.TryReadNil())
        {
            line.Write("null"u8);
            return;
        }

        switch (field.Kind)
        {
            case FieldKind.Text: line.WriteText(reader.ReadTextUtf8()); break;
            case FieldKind.Boolean: line.Write(reader.ReadBoolean() ? "true"u8 : "false"u8); break;
            case FieldKind.Double: line.Write(Finite(reader.ReadDouble(), field, position)); break;
            case FieldKind.Timestamp: line.Write(reader.ReadTimestamp()); break;
            case FieldKind.Guid: line.Write(reader.ReadGuid()); break;
            default: line.Write(reader.ReadInt64()); break;
        }
    }

    private static double Finite(double value, FieldSchema field, int position) => double.IsFinite(value)
        ? value
        : throw new InvalidDataException($"Row {position} of the export has an infinite '{field.Name}', for which JSON has no number. Export CSV, or leave that column out.");
}
