using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Unicode;
using Collection.Sync.Abstractions;

namespace Collection.Export.Streaming;

/// <summary>A line of CSV as it is written into a span that has room for the longest.</summary>
internal ref struct CsvLine(Span<byte> output)
{
    // The longest number, instant or boolean (a float of 24 characters, an instant of 28 before it is cut), or
    // apostrophe and quotes around a text, and a delimiter.
    private const int MaxCellOverhead = 32;

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

    public void Write(long value)
    {
        Utf8Formatter.TryFormat(value, _output[Length..], out var written);
        Length += written;
    }

    public void Write(double value)
    {
        value.TryFormat(_output[Length..], out var written, default, CultureInfo.InvariantCulture);
        Length += written;
    }

    public void Write(DateTimeOffset value)
    {
        // "O" is 2026-01-02T03:04:05.1234560Z, and the one format that is not interpreted character by character.
        // Its last digit is always 0.
        value.UtcDateTime.TryFormat(_output[Length..], out var written, "O", CultureInfo.InvariantCulture);
        Length += written - 2;
        Write((byte)'Z');
    }

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
