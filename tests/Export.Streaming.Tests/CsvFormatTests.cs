using System.Buffers;
using System.Globalization;
using System.Text;
using Collection.Sync.Abstractions;
using CsvHelper;
using FsCheck;
using FsCheck.Fluent;

namespace Collection.Export.Streaming.Tests;

public sealed class CsvFormatTests
{
    private static readonly DateTimeOffset s_instant = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddMicroseconds(123456);

    [Fact]
    public void Rows_of_every_kind_are_written_byte_for_byte()
    {
        Write(new CsvOptions(),
            Rows.Encode(1L, "Ünïcode 商店", 7, 99.5, true, s_instant),
            Rows.Encode(-9007199254740991L, null, null, null, null, null),
            Rows.Encode(3L, "", -1, -0.1, false, DateTimeOffset.UnixEpoch)).ShouldBe(
            "id,name,seen,rating,flagged,created_at\r\n" +
            "1,Ünïcode 商店,7,99.5,true,2026-01-02T03:04:05.123456Z\r\n" +
            "-9007199254740991,,,,,\r\n" +
            "3,,-1,-0.1,false,1970-01-01T00:00:00.000000Z\r\n");
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a b", "a b")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a;b", "a;b")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")]
    [InlineData("\"", "\"\"\"\"")]
    [InlineData("a\nb", "\"a\nb\"")]
    [InlineData("a\rb", "\"a\rb\"")]
    [InlineData(" a", "\" a\"")]
    [InlineData("a ", "\"a \"")]
    [InlineData("\uFEFFa", "\"\uFEFFa\"")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@x", "'@x")]
    [InlineData("\tx", "'\tx")]
    [InlineData("\rx", "\"'\rx\"")]
    [InlineData("\0x", "'\0x")]
    [InlineData("=\"a\",b", "\"'=\"\"a\"\",b\"")]
    [InlineData("a=b", "a=b")]
    [InlineData("'=", "'=")]
    public void A_text_is_quoted_and_defused_as_documented(string text, string cell) =>
        Write(new CsvOptions { Header = false, Columns = ["id", "name"] }, Rows.Named(1, text)).ShouldBe($"1,{cell}\r\n");

    [Fact]
    public void FormulaPrefix_Off_LeavesTextAsItIs() =>
        Write(new CsvOptions { Header = false, FormulaPrefix = false, Columns = ["name"] }, Rows.Named(1, "=1")).ShouldBe("=1\r\n");

    [Fact]
    public void Numbers_never_get_a_prefix() =>
        Write(new CsvOptions { Header = false, Columns = ["seen", "rating"] }, Rows.Encode(1L, null, -5, -1.5, null, null)).ShouldBe("-5,-1.5\r\n");

    [Fact]
    public void Columns_are_those_named_in_their_order() =>
        Write(new CsvOptions { Columns = ["flagged", "id"] }, Rows.Encode(1L, "a", 2, 3.0, true, s_instant)).ShouldBe("flagged,id\r\ntrue,1\r\n");

    [Fact]
    public void Delimiter_new_line_and_byte_order_mark_are_as_asked() =>
        Write(new CsvOptions { Delimiter = ';', NewLine = "\n", ByteOrderMark = true, Columns = ["id", "name"] }, Rows.Named(1, "a;b,c")).ShouldBe("\uFEFFid;name\n1;\"a;b,c\"\n");

    [Fact]
    public void A_missing_value_alone_in_its_line_is_not_an_empty_line() =>
        Write(new CsvOptions { Columns = ["name"] }, Rows.Named(1, null), Rows.Named(2, "")).ShouldBe("name\r\n\"\"\r\n\"\"\r\n");

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        Should.Throw<ArgumentException>(() => new CsvFormat(Rows.Schema, new CsvOptions { Delimiter = '"' })).Message.ShouldContain("U+0022");
        Should.Throw<ArgumentException>(() => new CsvFormat(Rows.Schema, new CsvOptions { NewLine = "" })).Message.ShouldContain("CR LF");
        Should.Throw<ArgumentException>(() => new CsvFormat(Rows.Schema, new CsvOptions { Columns = ["id", "nope"] })).Message.ShouldContain("'nope'");
        Should.Throw<ArgumentException>(() => new CsvFormat(Rows.Schema, new CsvOptions { Columns = ["id", "id"] })).Message.ShouldContain("twice");
    }

    [Fact]
    public void A_row_that_is_none_is_refused()
    {
        Should.Throw<MessagePackFormatException>(() => Write(new CsvOptions(), Rows.Encode(1L)));
        Should.Throw<MessagePackFormatException>(() => Write(new CsvOptions(), Rows.Encode("1", null, null, null, null, null)));
        Should.Throw<MessagePackFormatException>(() => Write(new CsvOptions(), [.. Rows.Named(1, "a")[..^6], 0xa1, 0xff, 0xc0, 0xc0, 0xc0, 0xc0]));
    }

    [Fact]
    public void Any_text_comes_back_from_another_reader()
    {
        foreach (var delimiter in ",;\t|")
        {
            var options = new CsvOptions { Delimiter = delimiter, Header = false, Columns = ["name", "id"] };
            Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(Texts, texts =>
            {
                var rows = texts.Select((text, i) => Rows.Named(i, text)).ToArray();
                var read = Read(Write(options, rows), delimiter);
                read.Select(cells => cells[0]).ShouldBe(texts.Select(Defused));
                read.Select(cells => cells[1]).ShouldBe(texts.Select((_, i) => i.ToString(CultureInfo.InvariantCulture)));
            }));
        }
    }

    [Fact]
    public void Any_number_comes_back_as_the_same()
    {
        var options = new CsvOptions { Header = false, Columns = ["rating", "id"] };
        var numbers = ArbMap.Default.ArbFor<double>().Filter(number => !double.IsNaN(number));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(numbers, number =>
        {
            var cells = Read(Write(options, Rows.Encode(1L, null, null, number, null, null)), ',')[0];
            BitConverter.DoubleToInt64Bits(double.Parse(cells[0], CultureInfo.InvariantCulture)).ShouldBe(BitConverter.DoubleToInt64Bits(number));
        }));
    }

    [Fact]
    public void The_longest_values_find_room()
    {
        var row = Rows.Encode(-9007199254740991L, new string('"', 1000), int.MinValue, -2.2250738585072014E-308, false, DateTimeOffset.MaxValue);
        Write(new CsvOptions { Header = false }, row).ShouldBe($"-9007199254740991,\"{new string('"', 2000)}\",-2147483648,-2.2250738585072014E-308,false,9999-12-31T23:59:59.999999Z\r\n");
    }

    [Fact]
    public void WriteRow_AllocatesNothing()
    {
        var format = new CsvFormat(Rows.Schema);
        var row = Rows.Encode(1L, "=a \"text\", with everything", 7, 99.123456789, true, s_instant);
        using var buffer = new PooledBuffer(1 << 20);
        for (var i = 0; i < 100; i++)
            format.WriteRow(i, row, buffer);
        buffer.Clear();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 5000; i++)
            format.WriteRow(i, row, buffer);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    // Short strings of the characters that matter, among them halves of nothing but whole characters.
    private static Arbitrary<string[]> Texts { get; } = Gen.Elements("a", "=", "+", "-", "@", "\t", "\r", "\n", "\0", " ", "\"", "'", ",", ";", "|", "ß", "商", "😀", "\u2028", "\uFEFF")
        .ListOf().Select(parts => string.Concat(parts)).ArrayOf().ToArbitrary();

    private static string Defused(string text) => text.Length > 0 && "=+-@\t\r\0".Contains(text[0]) ? $"'{text}" : text;

    private static string Write(CsvOptions options, params byte[][] rows)
    {
        var format = new CsvFormat(Rows.Schema, options);
        var output = new ArrayBufferWriter<byte>();
        format.WriteStart(output);
        for (var i = 0; i < rows.Length; i++)
            format.WriteRow(i, rows[i], output);
        format.WriteEnd(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static List<string[]> Read(string csv, char delimiter)
    {
        using var reader = CsvReader.FromText(csv, new CsvReaderOptions { Separator = delimiter, HasHeader = false, MalformedData = CsvMalformedDataHandling.Throw });
        var lines = new List<string[]>();
        while (reader.Read())
            lines.Add([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)]);
        return lines;
    }
}
