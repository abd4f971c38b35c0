using System.Globalization;
using System.Text;
using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>One host with 100,000 sellers, and one page that has synced them all. Tests only read.</summary>
public sealed class HundredThousandSellers(Chromium chromium) : IAsyncLifetime
{
    public const int Count = 100_000;

    private HostProcess? _host;
    private IBrowserContext? _context;

    public SellersDatabase Database { get; private set; } = null!;

    public SellersApp App { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _host = await HostProcess.StartAsync(["--sellers", Count.ToString(CultureInfo.InvariantCulture)]);
        Database = new SellersDatabase(_host.DataFolder);
        _context = await chromium.NewContextAsync(_host.Address);
        App = await SellersApp.OpenAsync(_context);
        await App.WaitUntilLiveAsync();
    }

    public async Task DisposeAsync()
    {
        if (_context is not null)
            await _context.DisposeAsync();
        if (_host is not null)
            await _host.DisposeAsync();
    }
}

[Collection(nameof(Chromium))]
public sealed class HundredThousandSellersTests(HundredThousandSellers sellers) : IClassFixture<HundredThousandSellers>, IAsyncLifetime
{
    private SellersApp App => sellers.App;

    private SellersDatabase Database => sellers.Database;

    // Every test starts from the plain view.
    public async Task InitializeAsync()
    {
        await App.StartOverAsync();
        await App.WaitUntilLiveAsync();
        await App.WaitForCountAsync(HundredThousandSellers.Count);
    }

    public Task DisposeAsync()
    {
        App.Complaints.ShouldBeEmpty();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task First_sync_brings_every_row_in_its_place()
    {
        foreach (var position in (int[])[0, 49_999, 99_999])
        {
            var expected = Database.Query("SELECT display_name, platform, times_seen, platform_id FROM sellers ORDER BY id DESC LIMIT 1 OFFSET $offset", ("$offset", position))[0];
            var row = await App.RowAsync(position);
            row["Name"].ShouldBe((string)expected[0]!);
            row["Platform"].ShouldBe((string)expected[1]!);
            row["Seen"].ShouldBe(((long)expected[2]!).ToString("N0", CultureInfo.InvariantCulture));
            row["Platform id"].ShouldBe((string?)expected[3] ?? "");
        }
    }

    [Theory]
    [InlineData("shop")]
    [InlineData("книг")]
    [InlineData("商店")]
    [InlineData("é")]
    [InlineData("MÜLL")]
    [InlineData("no such seller anywhere")]
    public async Task Search_finds_what_SQL_finds(string text)
    {
        var folded = Collection.Sync.Abstractions.TextFolding.Fold(text);
        var ids = Database.Query("SELECT display_name FROM sellers WHERE instr(normalized_name, $text) > 0 ORDER BY id DESC", ("$text", folded));

        await App.SearchForAsync(text, ids.Count);

        foreach (var position in Positions(ids.Count))
            (await App.NameAsync(position)).ShouldBe((string)ids[position][0]!);
    }

    [Theory]
    [InlineData("Name", "normalized_name", false)]
    [InlineData("Name", "normalized_name", true)]
    [InlineData("Seen", "times_seen", true)]
    [InlineData("Feedback", "feedback_percent", false)]
    [InlineData("Feedback", "feedback_percent", true)]
    [InlineData("First seen", "created_at", false)]
    public async Task Sort_agrees_with_SQL(string heading, string column, bool descending)
    {
        // SQLite has missing values first when it ascends and last when it descends, as the store has.
        var names = Database.Query($"SELECT display_name FROM sellers ORDER BY {column} {(descending ? "DESC" : "ASC")}, id DESC");

        await App.SortByAsync(heading, descending);

        foreach (var position in (int[])[0, 1, 777, 49_999, 99_998, 99_999])
            (await App.NameAsync(position)).ShouldBe((string)names[position][0]!, $"row {position}");
    }

    [Fact]
    public async Task Filters_and_search_and_sort_together_agree_with_SQL()
    {
        var platform = (string)Database.Query("SELECT platform FROM sellers GROUP BY platform ORDER BY count(*) DESC LIMIT 1")[0][0]!;
        var names = Database.Query("SELECT display_name FROM sellers WHERE platform = $platform AND flagged = 1 AND instr(normalized_name, 'a') > 0 ORDER BY feedback_count DESC, id DESC", ("$platform", platform));

        await App.Page.GetByRole(AriaRole.Combobox, new() { Name = "Platform", Exact = true }).SelectOptionAsync(new SelectOptionValue { Label = platform });
        await App.Page.GetByRole(AriaRole.Combobox, new() { Name = "Flagged", Exact = true }).SelectOptionAsync(new SelectOptionValue { Label = "Flagged" });
        await App.SortByAsync("Ratings", descending: true);
        await App.SearchForAsync("a", names.Count);

        names.Count.ShouldBeGreaterThan(10);
        foreach (var position in Positions(names.Count))
            (await App.NameAsync(position)).ShouldBe((string)names[position][0]!);
    }

    // One page and one selection for all: what takes time at this length is loading it.
    [Fact]
    public async Task Every_scope_in_every_format_and_on_the_clipboard_equals_SQL_byte_for_byte()
    {
        await App.Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        const string matching = "instr(normalized_name, 'shop') > 0";
        var exception = (long)Database.Query("SELECT id FROM sellers ORDER BY id DESC LIMIT 1 OFFSET 3")[0][0]!;
        await Box(0).ClickAsync();
        await App.Page.GetByRole(AriaRole.Button, new() { Name = "Select all 100,000 matching" }).ClickAsync();
        await Box(3).ClickAsync();
        await App.SortByAsync("Name");
        await App.SearchForAsync("shop", Database.Count(matching));

        foreach (var (scope, where) in ((string, string)[])[("99,999 selected", $"id <> {exception}"), ("matching", matching), ("All 100,000", "1")])
        {
            foreach (var format in (string[])["CSV", "JSON", "JSON lines", "Names"])
                ShouldEqual(await App.ExportAsync(format, scope), Expected(format, where), $"{format} of {scope}");

            await App.ChooseExportAsync(scope: scope);
            await App.ExportMenu.GetByRole(AriaRole.Button, new() { Name = "Copy names" }).ClickAsync();
            await Assertions.Expect(App.Page.GetByText("names copied")).ToBeVisibleAsync(new() { Timeout = 30_000 });
            ShouldEqual(Encoding.UTF8.GetBytes(await App.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()")), Expected("Names", where), $"the clipboard with {scope}");
        }
    }

    [Fact]
    public async Task Where_the_clipboard_may_not_be_written_the_page_says_what_to_do_instead()
    {
        await App.Page.EvaluateAsync("() => { navigator.clipboard.writeText = () => Promise.reject(new DOMException('Document is not focused.', 'NotAllowedError')); }");

        await App.ChooseExportAsync();
        await App.Page.GetByRole(AriaRole.Button, new() { Name = "Copy names" }).ClickAsync();

        await Assertions.Expect(App.Page.GetByText("export the names to a file instead")).ToBeVisibleAsync(new() { Timeout = 30_000 });
    }

    [Fact]
    public async Task Cancelled_export_downloads_nothing()
    {
        var downloads = 0;
        App.Page.Download += (_, _) => downloads++;

        await App.ChooseExportAsync();
        await App.StartExportAsync();
        await App.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();

        await Assertions.Expect(App.Page.GetByText("Export cancelled")).ToBeVisibleAsync();
        downloads.ShouldBe(0);
    }

    private ILocator Box(int position) => App.Page.Locator($"[role=row][aria-rowindex='{position + 2}'] .selects");

    private byte[] Expected(string format, string where)
    {
        const string order = "normalized_name, id DESC";
        return format switch
        {
            "CSV" => CsvOracle.Write(Database, order, where),
            "JSON" => JsonOracle.WriteArray(Database, order, where),
            "JSON lines" => JsonOracle.WriteLines(Database, order, where),
            _ => Encoding.UTF8.GetBytes(string.Concat(Database.Query($"SELECT display_name FROM sellers WHERE {where} ORDER BY {order}").Select(row => $"{row[0]}\n"))),
        };
    }

    private static void ShouldEqual(byte[] bytes, byte[] expected, string what)
    {
        bytes.Length.ShouldBe(expected.Length, what);
        bytes.AsSpan().SequenceEqual(expected).ShouldBeTrue($"{what}: differs at byte {bytes.AsSpan().CommonPrefixLength(expected)}");
    }

    private static int[] Positions(int count) => [.. new[] { 0, 1, count / 2, count - 1 }.Where(position => position >= 0 && position < count).Distinct()];
}
