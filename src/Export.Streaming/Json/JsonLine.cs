using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Collection.Sync.Abstractions;

namespace Collection.Export.Streaming;

/// <summary>A row of JSON as it is written into a span that has room for the longest.</summary>
internal ref struct JsonLine(Span<byte> output)
{
    // The longest instant or Guid with its quotes.
    private const int MaxValueLength = 40;

    // Of one byte of text, which at worst is a control character.
    private const int MaxEscapeLength = 6;

    private readonly Span<byte> _output = output;

    public int Length { get; private set; }

    /// <summary>The most bytes that a row can take.</summary>
    public static int MaxLength(int rowLength, int namesLength, int columns) => checked((MaxEscapeLength * rowLength) + namesLength + (columns * MaxValueLength) + 4);

    public void Write(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_output[Length..]);
        Length += value.Length;
    }

    public void Write(long value) => Length += CellText.Write(value, _output[Length..]);

    public void Write(double value) => Length += CellText.Write(value, _output[Length..]);

    public void Write(DateTimeOffset value)
    {
        Write("\""u8);
        Length += CellText.Write(value, _output[Length..]);
        Write("\""u8);
    }

    public void Write(Guid value)
    {
        Write("\""u8);
        Length += CellText.Write(value, _output[Length..]);
        Write("\""u8);
    }

    public void WriteText(ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text))
            throw new MessagePackFormatException(0, "the text is not valid UTF-8.");
        Write("\""u8);
        // Only what JSON itself asks for: the file is no part of a page, where more would have to be escaped.
        var status = JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(text, _output[Length..], out _, out var written);
        if (status != OperationStatus.Done)
            throw new InvalidOperationException($"A text of {text.Length} bytes found no room for its escapes: {status}.");
        Length += written;
        Write("\""u8);
    }
}
