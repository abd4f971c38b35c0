using System.Buffers;
using System.Text;
using Collection.Sync.Abstractions;

namespace Collection.Export.Streaming;

/// <summary>
/// Comma-separated values. Rows go from MessagePack to UTF-8 without a string in between.
/// <list type="bullet">
/// <item>Text is quoted where it holds the delimiter, a quote, CR or LF; where it starts or ends with a space, which some readers drop; and where it starts with U+FEFF, which they drop at the start of a file.</item>
/// <item>A missing value is an empty cell, and so is an empty text: CSV has no two words for them. In a file of one column it is <c>""</c>, because readers pass over empty lines.</item>
/// <item>Booleans are <c>true</c> and <c>false</c>; floats the shortest digits that read back as the same number; instants UTC, as <c>2026-01-02T03:04:05.123456Z</c>; Guids in lower case.</item>
/// </list>
/// </summary>
public sealed class CsvFormat : IExportFormat
{
    private const string Delimiters = ",;\t|";

    private readonly CsvOptions _options;
    private readonly SearchValues<byte> _quoted;
    private readonly byte[] _newLine;
    private readonly RowColumns _columns;

    /// <summary>Makes the format for one collection.</summary>
    /// <exception cref="ArgumentException">An option is not allowed, or names a field that the collection does not have; the message says which.</exception>
    public CsvFormat(CollectionSchema schema, CsvOptions? options = null)
    {
        _options = options ?? new CsvOptions();
        if (!Delimiters.Contains(_options.Delimiter))
            throw new ArgumentException($"The delimiter U+{(int)_options.Delimiter:X4} is none of comma, semicolon, tab and vertical bar.", nameof(options));
        if (_options.NewLine is not ("\r\n" or "\n"))
            throw new ArgumentException("The new line is neither CR LF nor LF.", nameof(options));
        _quoted = SearchValues.Create([(byte)_options.Delimiter, (byte)'"', (byte)'\r', (byte)'\n']);
        _newLine = Encoding.ASCII.GetBytes(_options.NewLine);
        _columns = new RowColumns(schema, _options.Columns);
    }

    /// <inheritdoc/>
    public string MediaType => "text/csv; charset=utf-8";

    /// <inheritdoc/>
    public void WriteStart(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (_options.ByteOrderMark)
            output.Write("\uFEFF"u8);
        if (!_options.Header)
            return;
        // The names of fields need no quotes: they are letters, digits and underscores.
        var names = string.Join(_options.Delimiter, _columns.Fields.Select(field => field.Name));
        output.Write(Encoding.ASCII.GetBytes(names + _options.NewLine));
    }

    /// <inheritdoc/>
    public void WriteRow(int position, ReadOnlySpan<byte> row, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var fields = _columns.Fields;
        var line = new CsvLine(output.GetSpan(CsvLine.MaxLength(row.Length, fields.Length)));
        var cells = _columns.Of(row);
        for (var i = 0; i < fields.Length; i++)
        {
            if (i > 0)
                line.Write((byte)_options.Delimiter);
            WriteCell(ref line, ref cells.Of(i), fields[i].Kind);
        }

        if (fields.Length == 1 && line.Length == 0)
            line.Write("\"\""u8);
        line.Write(_newLine);
        output.Advance(line.Length);
    }

    /// <inheritdoc/>
    public void WriteEnd(IBufferWriter<byte> output)
    {
    }

    private void WriteCell(ref CsvLine line, ref MessagePackReader reader, FieldKind kind)
    {
        if (reader.TryReadNil())
            return;
        switch (kind)
        {
            case FieldKind.Text: line.WriteText(reader.ReadTextUtf8(), _quoted, _options.FormulaPrefix); break;
            case FieldKind.Boolean: line.Write(reader.ReadBoolean() ? "true"u8 : "false"u8); break;
            case FieldKind.Double: line.Write(reader.ReadDouble()); break;
            case FieldKind.Timestamp: line.Write(reader.ReadTimestamp()); break;
            case FieldKind.Guid: line.Write(reader.ReadGuid()); break;
            default: line.Write(reader.ReadInt64()); break;
        }
    }
}
