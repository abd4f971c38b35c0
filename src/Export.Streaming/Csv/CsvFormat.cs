using System.Buffers;
using System.Runtime.CompilerServices;
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
    private const byte ByteOrderMarkStart = 0xEF;

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

    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <inheritdoc/>
    public string MediaType => "text/csv; charset=utf-8";

    /// <inheritdoc/>
    public void WriteStart(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (_options.ByteOrderMark)
            output.Write(ByteOrderMark);
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
        var kinds = _columns.Kinds;
        var line = output.GetSpan(MaxLength(row.Length, kinds.Length));
        var length = 0;
        var cells = _columns.Of(row);
        for (var i = 0; i < kinds.Length; i++)
        {
            if (i > 0)
                line[length++] = (byte)_options.Delimiter;
            ref var reader = ref cells.Of(i);
            if (!reader.TryReadNil())
                length += WriteCell(ref reader, kinds[i], line[length..]);
        }

        if (kinds.Length == 1 && length == 0)
            length = WriteQuoted(default, false, line);
        _newLine.CopyTo(line[length..]);
        output.Advance(length + _newLine.Length);
    }

    /// <inheritdoc/>
    public void WriteEnd(IBufferWriter<byte> output)
    {
    }

    // A text at worst is all quotes, and each becomes two; around it are an apostrophe and two quotes, after it a delimiter.
    private static int MaxLength(int rowLength, int columns) => checked((2 * rowLength) + (columns * (CellText.MaxLength + 1)) + 2 + CellText.Padding);

    private static int WriteQuoted(ReadOnlySpan<byte> text, bool prefix, Span<byte> output)
    {
        var length = 0;
        output[length++] = (byte)'"';
        if (prefix)
            output[length++] = (byte)'\'';
        foreach (var character in text)
        {
            if (character == '"')
                output[length++] = (byte)'"';
            output[length++] = character;
        }

        output[length++] = (byte)'"';
        return length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int WriteCell(ref MessagePackReader reader, FieldKind kind, Span<byte> output) => kind switch
    {
        FieldKind.Text => WriteText(reader.ReadTextUtf8(), output),
        FieldKind.Boolean => CellText.Write(reader.ReadBoolean(), output),
        FieldKind.Double => CellText.Write(reader.ReadDouble(), output),
        FieldKind.Timestamp => CellText.WriteInstant(reader.ReadMicroseconds(), output),
        FieldKind.Guid => CellText.Write(reader.ReadGuid(), output),
        _ => CellText.Write(reader.ReadInt64(), output),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int WriteText(ReadOnlySpan<byte> text, Span<byte> output)
    {
        if (text.IsEmpty)
            return 0;
        // Most texts begin with a letter or a digit and hold nothing that needs quotes.
        var isPlain = text[0] is >= (byte)'A' and not ByteOrderMarkStart or (>= (byte)'0' and <= (byte)'9');
        return isPlain && text[^1] != ' ' && CellText.TryCopy(text, (byte)_options.Delimiter, (byte)'"', output)
            ? text.Length
            : WriteAnyText(text, output);
    }

    private int WriteAnyText(ReadOnlySpan<byte> text, Span<byte> output)
    {
        CellText.CheckUtf8(text);
        var prefix = _options.FormulaPrefix && text[0] is (byte)'=' or (byte)'+' or (byte)'-' or (byte)'@' or (byte)'\t' or (byte)'\r' or (byte)'\0';
        if (text.IndexOfAny(_quoted) >= 0 || text[0] == ' ' || text[^1] == ' ' || text.StartsWith(ByteOrderMark))
            return WriteQuoted(text, prefix, output);
        if (prefix)
            output[0] = (byte)'\'';
        var start = prefix ? 1 : 0;
        text.CopyTo(output[start..]);
        return start + text.Length;
    }
}
