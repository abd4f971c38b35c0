using System.Buffers;
using System.Text.Unicode;
using Collection.Sync.Abstractions;

namespace Collection.Export.Streaming;

/// <summary>A line of CSV as it is written into a span that has room for the longest.</summary>
internal ref struct CsvLine(Span<byte> output)
{
    // The longest number, instant, boolean or Guid (which has 36 characters), or apostrophe and quotes around a text, and a
    // delimiter.
    private const int MaxCellOverhead = 40;

    private readonly Span<byte> _output = output;

    public int Length { get; private set; }

    /// <summary>The most bytes that a row can take: a text at worst is all quotes, and each becomes two.</summary>
    public static int MaxLength(int rowLength, int columns) => checked((2 * rowLength) + (columns * MaxCellOverhead) + 2);

    public void Write(byte value) => _output[Length++] = value;

    public void Write(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_output[Length..]);
        Length += value.Length;
    }

    public void Write(long value) => Length += CellText.Write(value, _output[Length..]);

    public void Write(double value) => Length += CellText.Write(value, _output[Length..]);

    public void Write(DateTimeOffset value) => Length += CellText.Write(value, _output[Length..]);

    public void Write(Guid value) => Length += CellText.Write(value, _output[Length..]);

    public void WriteText(ReadOnlySpan<byte> text, SearchValues<byte> quoted, bool formulaPrefix)
    {
        if (text.IsEmpty)
            return;
        if (!Utf8.IsValid(text))
            throw new MessagePackFormatException(0, "the text is not valid UTF-8.");
        var prefix = formulaPrefix && text[0] is (byte)'=' or (byte)'+' or (byte)'-' or (byte)'@' or (byte)'\t' or (byte)'\r' or (byte)'\0';
        if (text.IndexOfAny(quoted) < 0 && text[0] != ' ' && text[^1] != ' ' && !text.StartsWith("\uFEFF"u8))
        {
            if (prefix)
                Write((byte)'\'');
            Write(text);
            return;
        }

        Write((byte)'"');
        if (prefix)
            Write((byte)'\'');
        while (text.IndexOf((byte)'"') is >= 0 and var quote)
        {
            Write(text[..(quote + 1)]);
            Write((byte)'"');
            text = text[(quote + 1)..];
        }

        Write(text);
        Write((byte)'"');
    }
}
