using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Collection.Sync.Abstractions;
using FsCheck;
using FsCheck.Fluent;

namespace Collection.Export.Streaming.Tests;

public sealed class JsonFormatTests
{
    private static readonly DateTimeOffset s_instant = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddMicroseconds(123456);
    private static readonly JsonOptions s_lines = new() { Layout = JsonLayout.Lines };

    [Fact]
    public void Rows_of_every_kind_are_written_byte_for_byte()
    {
        byte[][] rows =
        [
            Rows.Encode(1L, "Ünïcode \"商店\"\n", 7, 99.5, true, s_instant),
            Rows.Encode(-9007199254740991L, null, null, null, null, null),
        ];
        const string first = """{"id":1,"name":"Ünïcode \"商店\"\n","seen":7,"rating":99.5,"flagged":true,"created_at":"2026-01-02T03:04:05.123456Z"}""";
        const string second = """{"id":-9007199254740991,"name":null,"seen":null,"rating":null,"flagged":null,"created_at":null}""";

        Write(new JsonOptions(), rows).ShouldBe($"[\n{first},\n{second}\n]\n");
        Write(s_lines, rows).ShouldBe($"{first}\n{second}\n");
    }

    [Fact]
    public void No_rows_are_an_empty_array_or_nothing()
    {
        Write(new JsonOptions()).ShouldBe("[\n]\n");
        Write(s_lines).ShouldBe("");
    }

    [Fact]
    public void Columns_are_those_named_in_their_order() =>
        Write(s_lines with { Columns = ["flagged", "id"] }, Rows.Encode(1L, "a", 2, 3.0, true, s_instant)).ShouldBe("{\"flagged\":true,\"id\":1}\n");

    [Fact]
    public void A_key_that_is_a_Guid_is_written_by_every_format()
    {
        var schema = new CollectionSchema("documents", [new("id", FieldKind.Guid) { IsKey = true }, new("name", FieldKind.Text)]);
        var row = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(row);
        writer.WriteArrayHeader(2);
        writer.WriteGuid(Guid.Parse("0F1E2D3C-4b5a-6978-8796-a5b4c3d2e1f0"));
        writer.WriteText("a");

        Write(new JsonFormat(schema, s_lines), row.WrittenSpan.ToArray()).ShouldBe("{\"id\":\"0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0\",\"name\":\"a\"}\n");
        Write(new CsvFormat(schema, new CsvOptions { Header = false }), row.WrittenSpan.ToArray()).ShouldBe("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0,a\r\n");
    }

    [Theory]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void An_infinite_number_is_refused_with_its_row_and_field(double number)
    {
        var error = Should.Throw<InvalidDataException>(() => Write(new JsonOptions(), Rows.Named(1, "a"), Rows.Encode(2L, null, null, number, null, null)));
        error.Message.ShouldContain("Row 1 ");
        error.Message.ShouldContain("'rating'");
    }

    [Fact]
    public void Texts_are_escaped_where_JSON_asks_for_it_and_nowhere_else() =>
        Write(s_lines with { Columns = ["name"] }, Rows.Named(1, "\"\\/\b\t\n\f\r\0\u001f\u007f<&'+ß商😀\u2028")).ShouldBe(
            "{\"name\":\"\\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\u007f<&'+ß商😀\u2028\"}\n");

    [Fact]
    public void A_row_that_is_none_is_refused()
    {
        Should.Throw<MessagePackFormatException>(() => Write(new JsonOptions(), Rows.Encode(1L)));
        Should.Throw<MessagePackFormatException>(() => Write(new JsonOptions(), Rows.Encode("1", null, null, null, null, null)));
        // Half of a surrogate pair, as UTF-8 cannot have it.
        Should.Throw<MessagePackFormatException>(() => Write(new JsonOptions(), [.. Rows.Named(1, "a")[..^6], 0xa3, 0xed, 0xa0, 0x80, 0xc0, 0xc0, 0xc0, 0xc0]));
    }

    [Fact]
    public void Any_text_comes_back_from_another_reader()
    {
        var texts = Gen.Elements("a", "\0", "\u001f", "\"", "\\", "/", "\t", "\r", "\n", "ß", "商", "😀", "\u2028", "\uFEFF", "\uFFFF", "\u0600", "<", "&")
            .ListOf().Select(parts => string.Concat(parts)).ArrayOf().ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(texts, texts =>
        {
            var rows = texts.Select((text, i) => Rows.Named(i, text)).ToArray();
            using var array = JsonDocument.Parse(Write(new JsonOptions(), rows));
            array.RootElement.EnumerateArray().Select(row => row.GetProperty("name").GetString()).ShouldBe(texts);
            Write(s_lines, rows).Split('\n')[..^1].Select(line => JsonDocument.Parse(line).RootElement.GetProperty("name").GetString()).ShouldBe(texts);
        }));
    }

    [Fact]
    public void Any_number_comes_back_as_the_same_in_any_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
            Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(ArbMap.Default.ArbFor<double>().Filter(double.IsFinite), number =>
            {
                using var row = JsonDocument.Parse(Write(s_lines, Rows.Encode(1L, null, null, number, null, null)));
                BitConverter.DoubleToInt64Bits(row.RootElement.GetProperty("rating").GetDouble()).ShouldBe(BitConverter.DoubleToInt64Bits(number));
            }));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void The_longest_values_find_room()
    {
        var row = Rows.Encode(-9007199254740991L, new string('\0', 1000), int.MinValue, -2.2250738585072014E-308, false, DateTimeOffset.MaxValue);
        using var read = JsonDocument.Parse(Write(s_lines, row));
        read.RootElement.GetProperty("name").GetString().ShouldBe(new string('\0', 1000));
        read.RootElement.GetProperty("created_at").GetString().ShouldBe("9999-12-31T23:59:59.999999Z");
    }

    [Fact]
    public void WriteRow_AllocatesNothing()
    {
        var format = new JsonFormat(Rows.Schema);
        var row = Rows.Encode(1L, "a \"text\", with\neverything ü", 7, 99.123456789, true, s_instant);
        using var buffer = new PooledBuffer(1 << 21);
        for (var i = 0; i < 100; i++)
            format.WriteRow(i, row, buffer);
        buffer.Clear();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 5000; i++)
            format.WriteRow(i, row, buffer);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static string Write(JsonOptions options, params byte[][] rows) => Write(new JsonFormat(Rows.Schema, options), rows);

    private static string Write(IExportFormat format, params byte[][] rows)
    {
        var output = new ArrayBufferWriter<byte>();
        format.WriteStart(output);
        for (var i = 0; i < rows.Length; i++)
            format.WriteRow(i, rows[i], output);
        format.WriteEnd(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
