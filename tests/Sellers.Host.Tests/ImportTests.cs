using System.Text;
using Collection.Sync.AspNetCore;
using Microsoft.Extensions.DependencyInjection;
using Sellers.Host.Import;

namespace Collection.Sellers.Host.Tests;

public sealed class ImportTests : IAsyncDisposable
{
    private readonly SellersHost _host = new();
    private readonly string _file = Path.GetTempFileName();
    private readonly List<(long Line, string Reason)> _refused = [];

    [Fact]
    public async Task Good_lines_are_loaded_and_the_others_reported_with_line_and_reason()
    {
        var lines = new byte[][]
        {
            Utf8("platform,Display_Name,times_seen,feedback_percent,feedback_count,flagged,created_at,platform_id,unknown"),
            Utf8("ebay,\"Smith, \"\"Sons\"\" & Co\",3,99.5,1200,true,2025-03-14T15:09:26Z,s-1,x"),
            Utf8("eBay,SMITH,4,,,,,,"),
            Utf8("etsy,Ärger,,,,,,,"),
            Utf8("etsy,a\u0308RGER,2,,,,,,"),
            Utf8(""),
            Utf8("rakuten,商店ひかり,,100,7,no,2025-03-14,,"),
            Utf8("ebay,,,,,,,,"),
            Utf8("ebay,\u200b\u200d,,,,,,,"),
            Utf8(",Nameless,,,,,,,"),
            Utf8("ebay,Bad number,x,,,,,,"),
            Utf8("ebay,Zero,0,,,,,,"),
            Utf8("ebay,Percent,,100.1,,,,,"),
            Utf8("ebay,Count,,,99999999999,,,,"),
            Utf8("ebay,Flag,,,,perhaps,,,"),
            Utf8("ebay,Date,,,,,14.3.2025,,"),
            Utf8("ebay,Short"),
            Utf8("ebay,\"never closed,,,,,,,"),
            Utf8("ebay,\"closed\"early,,,,,,,"),
            [.. Utf8("ebay,bad "), 0xff, 0xfe, .. Utf8(",,,,,,,")],
            Utf8($"ebay,{new string('x', 401)},,,,,,,"),
            Utf8("ebay,Last,,,,,,,"),
        };

        var summary = await ImportAsync(lines);

        summary.ShouldBe(new ImportSummary(Read: 20, Inserted: 5, Merged: 1, Refused: 14));
        _refused.Select(r => r.Line).Order().ShouldBe([8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]);
        Reason(8).ShouldBe("display_name is empty");
        Reason(9).ShouldBe("display_name is empty");
        Reason(10).ShouldBe("platform is empty");
        Reason(11).ShouldBe("times_seen 'x' is not a number from 1 to 2147483647");
        Reason(13).ShouldContain("feedback_percent '100.1'");
        Reason(15).ShouldContain("flagged 'perhaps'");
        Reason(16).ShouldContain("created_at '14.3.2025'");
        Reason(17).ShouldBe("2 columns, the header has 9");
        Reason(18).ShouldContain("not closed");
        Reason(19).ShouldContain("closing quote");
        Reason(20).ShouldContain("UTF-8");
        Reason(21).ShouldContain("too long");

        var sellers = await ReadAsync("display_name, normalized_name, platform, times_seen, feedback_percent, feedback_count, flagged, platform_id, created_at");
        sellers.Count.ShouldBe(5);
        sellers[0][0].ShouldBe("Last");
        sellers[1][..4].ShouldBe(["SMITH", "smith", "ebay", 4L]);
        sellers[2].ShouldBe(["Smith, \"Sons\" & Co", "smith, \"sons\" & co", "ebay", 3L, 99.5, 1200L, 1L, "s-1", 1741964966000000L]);
        sellers[3][..4].ShouldBe(["Ärger", "ärger", "etsy", 3L]);
        sellers[4][..4].ShouldBe(["商店ひかり", "商店ひかり", "rakuten", 1L]);
    }

    [Fact]
    public async Task Duplicates_add_up_exactly_over_batches_and_imports()
    {
        var lines = new List<byte[]> { Utf8("display_name,platform,times_seen") };
        var random = new Random(3);
        var expected = new Dictionary<string, long>();
        for (var i = 0; i < 5000; i++)
        {
            var (name, seen) = ($"Shop {random.Next(700)}", random.Next(1, 5));
            expected[name] = expected.GetValueOrDefault(name) + seen;
            lines.Add(Utf8($"{(i % 2 == 0 ? name : name.ToUpperInvariant())},ebay,{seen}"));
        }

        var first = await ImportAsync([.. lines]);
        var second = await ImportAsync([.. lines]);

        first.ShouldBe(new ImportSummary(5000, expected.Count, 5000 - expected.Count, 0));
        second.ShouldBe(new ImportSummary(5000, 0, 5000, 0));
        (await ReadAsync("normalized_name, times_seen")).ToDictionary(r => (string)r[0]!, r => (long)r[1]!)
            .ShouldBe(expected.ToDictionary(e => e.Key.ToLowerInvariant(), e => 2 * e.Value), ignoreOrder: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("name,platform\nx,ebay\n")]
    [InlineData("display_name,display_name,platform\nx,y,ebay\n")]
    [InlineData("\"display_name,platform\nx,ebay\n")]
    public async Task File_without_the_header_is_refused_and_nothing_is_written(string content)
    {
        await Should.ThrowAsync<ImportException>(() => ImportAsync([Utf8(content)]));
        (await ReadAsync("id")).ShouldBeEmpty();
    }

    [Fact]
    public async Task File_that_starts_with_a_byte_order_mark_and_uses_semicolons_is_read()
    {
        var summary = await ImportAsync([[0xef, 0xbb, 0xbf, .. Utf8("display_name;platform")], Utf8("Łódź, i inni;allegro")]);

        summary.Inserted.ShouldBe(1);
        (await ReadAsync("display_name"))[0][0].ShouldBe("Łódź, i inni");
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        File.Delete(_file);
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private string Reason(long line) => _refused.Single(r => r.Line == line).Reason;

    private async Task<ImportSummary> ImportAsync(byte[][] lines)
    {
        await File.WriteAllBytesAsync(_file, [.. lines.SelectMany(line => (byte[])[.. line, .. "\r\n"u8])]);
        var import = new CsvImport(_host.Services.GetRequiredService<DeduplicatingUpsert>(), TimeProvider.System, (line, reason) => _refused.Add((line, reason)));
        return await import.RunAsync(_file, CancellationToken.None);
    }

    private async Task<List<object?[]>> ReadAsync(string columns)
    {
        await using var connection = await _host.Database.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {columns} FROM sellers ORDER BY normalized_name";
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<object?[]>();
        while (await reader.ReadAsync())
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add([.. row.Select(v => v is DBNull ? null : v)]);
        }

        return rows;
    }
}
