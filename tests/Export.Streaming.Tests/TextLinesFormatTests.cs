using System.Buffers;
using System.Text;
using Collection.Sync.Abstractions;
using Microsoft.JSInterop;

namespace Collection.Export.Streaming.Tests;

public sealed class TextLinesFormatTests
{
    [Fact]
    public void A_value_is_a_line_and_nothing_else() =>
        Write(Rows.Named(1, "Ünïcode \"商店\", a"), Rows.Named(2, null), Rows.Named(3, ""), Rows.Named(4, "=1+1")).ShouldBe("Ünïcode \"商店\", a\n\n\n=1+1\n");

    [Theory]
    [InlineData("a\nb", "a b")]
    [InlineData("a\r\nb\r", "a  b ")]
    [InlineData("\n", " ")]
    public void Line_breaks_within_a_value_become_spaces(string text, string line) => Write(Rows.Named(1, text)).ShouldBe(line + "\n");

    [Fact]
    public void Fields_that_are_no_text_and_texts_that_are_none_are_refused()
    {
        Should.Throw<ArgumentException>(() => new TextLinesFormat(Rows.Schema, "seen")).Message.ShouldContain("'seen'");
        Should.Throw<ArgumentException>(() => new TextLinesFormat(Rows.Schema, "nope")).Message.ShouldContain("'nope'");
        Should.Throw<MessagePackFormatException>(() => Write([.. Rows.Named(1, "a")[..^6], 0xa1, 0xff, 0xc0, 0xc0, 0xc0, 0xc0]));
    }

    [Fact]
    public async Task The_clipboard_takes_no_more_than_it_should()
    {
        var sink = new BrowserClipboardSink(new NoScript(), maxBytes: 10);
        (await Should.ThrowAsync<InvalidDataException>(async () => await sink.WriteAsync(new byte[11], default))).Message.ShouldContain("save it as a file");
        await sink.AbortAsync();
    }

    private static string Write(params byte[][] rows)
    {
        var format = new TextLinesFormat(Rows.Schema, "name");
        var output = new ArrayBufferWriter<byte>();
        for (var i = 0; i < rows.Length; i++)
            format.WriteRow(i, rows[i], output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>A page that must not be asked.</summary>
    private sealed class NoScript : IJSRuntime
    {
        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, object?[]? args) => throw new InvalidOperationException($"'{identifier}' was called.");

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, CancellationToken cancellationToken, object?[]? args) => throw new InvalidOperationException($"'{identifier}' was called.");
    }
}
