using System.Buffers;
using Collection.Sync.Abstractions;

namespace Collection.Export.Streaming;

/// <summary>
/// The values of one text field, a line each and nothing else: what is pasted into a search or a sheet. Lines end in LF. A
/// value that has line breaks stays one line: each of its CR and LF becomes a space. A missing value is an empty line.
/// </summary>
public sealed class TextLinesFormat : IExportFormat
{
    private static readonly SearchValues<byte> s_breaks = SearchValues.Create("\r\n"u8);

    private readonly RowColumns _column;

    /// <summary>Makes the format for one field of a collection.</summary>
    /// <exception cref="ArgumentException">The collection has no such field, or it is no text.</exception>
    public TextLinesFormat(CollectionSchema schema, string field)
    {
        _column = new RowColumns(schema, [field]);
        if (_column.Fields[0].Kind != FieldKind.Text)
            throw new ArgumentException($"The field '{field}' is of kind {_column.Fields[0].Kind}, and lines are made of text.", nameof(field));
    }

    /// <inheritdoc/>
    public string MediaType => "text/plain; charset=utf-8";

    /// <inheritdoc/>
    public void WriteStart(IBufferWriter<byte> output)
    {
    }

    /// <inheritdoc/>
    public void WriteRow(int position, ReadOnlySpan<byte> row, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var cells = _column.Of(row);
        ref var reader = ref cells.Of(0);
        var text = reader.TryReadNil() ? default : reader.ReadTextUtf8();
        CellText.CheckUtf8(text);
        var line = output.GetSpan(text.Length + 1)[..(text.Length + 1)];
        text.CopyTo(line);
        for (var rest = line[..^1]; rest.IndexOfAny(s_breaks) is >= 0 and var found; rest = rest[(found + 1)..])
            rest[found] = (byte)' ';
        line[^1] = (byte)'\n';
        output.Advance(line.Length);
    }

    /// <inheritdoc/>
    public void WriteEnd(IBufferWriter<byte> output)
    {
    }
}
