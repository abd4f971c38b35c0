using System.Net.ServerSentEvents;
using System.Text;

namespace Collection.Sync.Http.Tests;

public sealed class EventParserTests
{
    [Theory]
    [InlineData("event: page\nid: 1.2.3\ndata: abc\n\n", "page 1.2.3 abc")]
    [InlineData("event: page\r\nid: 1.2.3\r\ndata: abc\r\n\r\n", "page 1.2.3 abc")]
    [InlineData("event: page\rid: 1.2.3\rdata: abc\r\r", "page 1.2.3 abc")]
    [InlineData("data: a\n\r\ndata: b\r\n\n", "message - a, message - b")]
    [InlineData("\uFEFFdata: a\n\n", "message - a")]
    [InlineData("\uFEFF\n\ndata: a\n\n", "message - a")]
    [InlineData("data: a\n\n\uFEFFdata: b\n\n", "message - a")]
    [InlineData(": c\ndata: a\n:\n\n", "comment, comment, message - a")]
    [InlineData("data: a\ndata: b\ndata:c\n\n", "message - a/b/c")]
    [InlineData("data\ndata\n\n", "message - /")]
    [InlineData("data:\n\n", "message - ")]
    [InlineData("data:  two\n\n", "message -  two")]
    [InlineData("data: a\n\nevent: x\n\ndata: b\n\n", "message - a, message - b")]
    [InlineData("event: x\nid: 1\n\n", "")]
    [InlineData("\n\n\n", "")]
    [InlineData("id: 1\nid: 2\0\ndata: a\n\n", "message 1 a")]
    [InlineData("id: 1\nid:\ndata: a\n\n", "message - a")]
    [InlineData("retry: 0\nretry: x\ndata: a\n\n", "message - a")]
    [InlineData("Data: a\n data: b\ndata : c\nfoo: d\nfoo\n\n", "")]
    [InlineData("data: a\n\ndata: b\n", "message - a")]
    [InlineData("data: a\n\ndata: b", "message - a")]
    [InlineData("event: a:b\ndata: c:d\n\n", "a:b - c:d")]
    public void Lines_become_events_however_they_are_cut(string text, string expected)
    {
        for (var length = 1; length <= text.Length + 2; length++)
            string.Join(", ", Parse(Encoding.UTF8.GetBytes(text), () => length)).ShouldBe(expected, $"in pieces of {length}");
    }

    [Fact]
    public void Stream_cut_at_every_byte_yields_the_events_that_were_whole()
    {
        var text = "\uFEFFretry: 0\nid: 1\nevent: ready\ndata: {}\n\n: hello\nevent: page\r\nid: 2\r\ndata: abc\r\ndata: def\r\n\r\nid: 3\rdata: \u00e4\u5546\r\r\ndata: last\n\n";
        var bytes = Encoding.UTF8.GetBytes(text);
        // Where an event is whole: at the end of the empty line behind it, which a CR alone ends as well.
        (int End, string Event)[] expected =
        [
            (End("data: {}\n\n"), "ready 1 {}"), (End(": hello\n"), "comment"), (End("data: def\r\n\r"), "page 2 abc/def"),
            (End("\u5546\r\r"), "message 3 \u00e4\u5546"), (End("data: last\n\n"), "message - last"),
        ];
        int End(string upTo) => Encoding.UTF8.GetByteCount(text[..(text.IndexOf(upTo, StringComparison.Ordinal) + upTo.Length)]);

        for (var cut = 0; cut <= bytes.Length; cut++)
            Parse(bytes[..cut], () => bytes.Length).ShouldBe([.. expected.Where(e => e.End <= cut).Select(e => e.Event)], $"cut at {cut}");
    }

    [Theory]
    [InlineData("data: 12345\n\n", 11, true)]
    [InlineData("data: 12345\n\n", 10, false)]
    [InlineData("data: 12345\n\ndata: 12345\n\n", 11, true)]
    [InlineData(": 123456789\ndata: 1\n\n", 11, true)]
    [InlineData(": 1234567890\n", 11, false)]
    [InlineData("data: 123\ndata: 4\n\n", 11, true)]
    [InlineData("data: 123\ndata: 456\n\n", 11, false)]
    [InlineData("data\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\n\n", 11, false)]
    public void Larger_event_than_allowed_is_not_held(string text, int max, bool fits)
    {
        foreach (var length in (int[])[1, 3, 1000])
            Parse(Encoding.UTF8.GetBytes(text), () => length, max).Contains("too large").ShouldBe(!fits);
    }

    [Fact]
    public void Id_that_no_header_holds_and_name_that_is_none_are_left_out()
    {
        var text = $"id: {new string('1', 1025)}\nevent: {new string('e', 65)}\ndata: a\n\nid: {new string('1', 1024)}\ndata: b\n\n";

        Parse(Encoding.UTF8.GetBytes(text), () => 100).ShouldBe(["message - a", $"message {new string('1', 1024)} b"]);
    }

    [Fact]
    public void Mangled_streams_are_read_as_the_frameworks_parser_reads_them()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        string[] tokens = ["\n", "\r", "\r\n", "\n\n", ":", ": ", "data", "data:", "data: ", "event: ", "event:page", "id: ", "id", "\0", "\uFEFF", "retry: 1", "\u5546", "a", " ", "\u00e4"];
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(_ => tokens[random.Next(tokens.Length)]));
            var bytes = Encoding.UTF8.GetBytes(text);
            if (random.Next(4) == 0)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);

            // Names are left out: an empty line without data does not make it forget the name before, as the standard asks.
            var theirs = SseParser.Create(new MemoryStream(bytes)).Enumerate().Select(item => item.Data).ToList();
            var ours = new List<string>();
            Parse(bytes, () => random.Next(1, 9), onData: ours.Add);

            ours.ShouldBe(theirs, $"seed {seed}, stream {i}: {Convert.ToHexString(bytes)}");
        }
    }

    private static List<string> Parse(byte[] bytes, Func<int> nextLength, int max = 10_000, Action<string>? onData = null)
    {
        var parser = new EventParser(max);
        var found = new List<string>();
        for (var start = 0; start < bytes.Length;)
        {
            ReadOnlySpan<byte> piece = bytes.AsSpan(start, Math.Min(nextLength(), bytes.Length - start));
            start += piece.Length;
            while (parser.Read(ref piece) is not Parsed.Nothing and var parsed)
            {
                if (parsed == Parsed.TooLarge)
                    return [.. found, "too large"];
                if (parsed == Parsed.Event)
                    onData?.Invoke(Encoding.UTF8.GetString(parser.Data));
                found.Add(parsed == Parsed.Comment ? "comment" : $"{(parser.Name.Length == 0 ? "message" : parser.Name)} {parser.Id ?? "-"} {Encoding.UTF8.GetString(parser.Data).Replace('\n', '/')}");
            }

            piece.Length.ShouldBe(0);
        }

        return found;
    }
}
