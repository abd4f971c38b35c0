using System.Globalization;
using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>A host with a few thousand sellers. Tests only read.</summary>
public sealed class FewSellers : IAsyncLifetime
{
    public const int Count = 4_000;

    public HostProcess Host { get; private set; } = null!;

    public SellersDatabase Database { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Host = await HostProcess.StartAsync(["--sellers", Count.ToString(CultureInfo.InvariantCulture)]);
        Database = new SellersDatabase(Host.DataFolder);
    }

    public async Task DisposeAsync() => await Host.DisposeAsync();
}

/// <summary>The head of the grid, as a person uses it: order, width, sort and filters of columns.</summary>
public sealed class ColumnTests(Chromium chromium, FewSellers sellers) : ChromiumTest(chromium), IClassFixture<FewSellers>
{
    private static readonly string[] s_columns = ["Select", "Name", "Platform", "Seen", "Feedback", "Ratings", "Flagged", "First seen", "Platform id"];

    private SellersApp _app = null!;

    private IPage Page => _app.Page;

    [Fact]
    public async Task Two_columns_sort_as_SQL_sorts_by_two()
    {
        await OpenAsync();

        await Sort("Platform").ClickAsync();
        await Sort("Seen").ClickAsync(new() { Modifiers = [KeyboardModifier.Shift] });
        await Sort("Seen").ClickAsync(new() { Modifiers = [KeyboardModifier.Shift] });

        await ShouldShowAsync("1", "platform, times_seen DESC, id DESC");
        await Expect(Header("Platform")).ToHaveAttributeAsync("aria-sort", "ascending");
        await Expect(Header("Seen")).ToHaveAttributeAsync("aria-sort", "descending");
        await Expect(Header("Name")).ToHaveAttributeAsync("aria-sort", "none");
        await Expect(Sort("Seen")).ToHaveAttributeAsync("data-place", "2");
        await Expect(Page.GetByText("Sorted by Platform ascending, Seen descending")).ToHaveCountAsync(1);

        // Without Shift, a heading is alone again.
        await Sort("Name").ClickAsync();
        await ShouldShowAsync("1", "normalized_name, id DESC");
        await Expect(Header("Seen")).ToHaveAttributeAsync("aria-sort", "none");
    }

    [Fact]
    public async Task Widths_order_and_hidden_columns_are_there_after_a_reload()
    {
        await OpenAsync();
        var width = await WidthAsync("Seen");

        await DragEdgeAsync("Seen", 60);
        await DragAsync("Ratings", "Name");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Columns", Exact = true }).ClickAsync();
        await Page.GetByRole(AriaRole.Checkbox, new() { Name = "Feedback" }).UncheckAsync();
        await Page.Keyboard.PressAsync("Escape");

        string[] expected = ["Select", "Ratings", "Name", "Platform", "Seen", "Flagged", "First seen", "Platform id"];
        (await HeadingsAsync()).ShouldBe(expected);
        (await WidthAsync("Seen")).ShouldBe(width + 60, 1);
        (await FirstCellsAsync()).Count.ShouldBe(expected.Length);

        await Page.ReloadAsync();
        await _app.WaitForCountAsync(FewSellers.Count);

        (await HeadingsAsync()).ShouldBe(expected);
        (await WidthAsync("Seen")).ShouldBe(width + 60, 1);
        var row = await _app.RowAsync(0);
        var ratings = (long)sellers.Database.Query("SELECT feedback_count FROM sellers ORDER BY id DESC LIMIT 1")[0][0]!;
        row["Ratings"].ShouldBe(ratings.ToString("N0", CultureInfo.InvariantCulture));

        await Page.GetByRole(AriaRole.Button, new() { Name = "Columns", Exact = true }).ClickAsync();
        await Page.GetByRole(AriaRole.Button, new() { Name = "Reset columns" }).ClickAsync();
        await Expect(Header("Feedback")).ToBeVisibleAsync();
        (await HeadingsAsync()).ShouldBe(s_columns);
        (await WidthAsync("Seen")).ShouldBe(width, 1);
    }

    [Fact]
    public async Task The_edge_of_a_column_stays_under_the_pointer_and_a_double_click_takes_its_width_back()
    {
        await OpenAsync();
        var before = (await Header("Feedback").BoundingBoxAsync())!;

        // Name and Platform, before it, share what room there is.
        await DragEdgeAsync("Feedback", 100);

        var after = (await Header("Feedback").BoundingBoxAsync())!;
        after.X.ShouldBe(before.X, 1);
        after.Width.ShouldBe(before.Width + 100, 1);

        await Header("Feedback").Locator(".resize").DblClickAsync();
        await Expect(Header("Feedback")).ToHaveCSSAsync("width", $"{before.Width}px");

        await DragEdgeAsync("Feedback", -1000);
        (await WidthAsync("Feedback")).ShouldBe(48, 1);
    }

    [Theory]
    [InlineData("Ratings", "100", "1,000", "feedback_count BETWEEN 100 AND 1000")]
    [InlineData("Seen", "", "2", "times_seen <= 2")]
    [InlineData("Feedback", "97.5", "", "feedback_percent >= 97.5")]
    [InlineData("First seen", "2025-03-01", "2025-03-31", "created_at >= unixepoch('2025-03-01') * 1000000 AND created_at < unixepoch('2025-04-01') * 1000000")]
    public async Task A_range_finds_what_SQL_finds(string column, string from, string to, string where)
    {
        await OpenAsync();

        await OpenFilterAsync(column);
        await Panel(column).GetByLabel("From").FillAsync(from);
        await Panel(column).GetByLabel("To").FillAsync(to);

        await ShouldShowAsync(where, "id DESC");
    }

    [Fact]
    public async Task Text_choices_and_yes_or_no_find_what_SQL_finds_together_and_are_kept()
    {
        await OpenAsync();
        var platforms = sellers.Database.Query("SELECT platform FROM sellers GROUP BY platform ORDER BY count(*) DESC LIMIT 2").Select(row => (string)row[0]!).ToArray();
        var where = $"instr(normalized_name, 'o') > 0 AND platform IN ('{platforms[0]}', '{platforms[1]}') AND flagged = 0";

        await OpenFilterAsync("Name");
        await Panel("Name").GetByLabel("Text").FillAsync("O");
        await Page.Keyboard.PressAsync("Escape");
        await OpenFilterAsync("Platform");
        foreach (var platform in platforms)
            await Panel("Platform").GetByLabel(platform, new() { Exact = true }).CheckAsync();
        await OpenFilterAsync("Flagged");
        await Panel("Flagged").GetByLabel("No", new() { Exact = true }).CheckAsync();

        await ShouldShowAsync(where, "id DESC");
        await Expect(Page.GetByRole(AriaRole.List, new() { Name = "Filters" })).ToContainTextAsync("contains “O”");

        await Page.ReloadAsync();
        await ShouldShowAsync(where, "id DESC");

        await Page.GetByRole(AriaRole.Button, new() { Name = "Clear the filter on Platform" }).ClickAsync();
        await ShouldShowAsync("instr(normalized_name, 'o') > 0 AND flagged = 0", "id DESC");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Clear filters" }).ClickAsync();
        await ShouldShowAsync("1", "id DESC");
    }

    [Fact]
    public async Task What_is_no_number_is_said_and_filters_nothing()
    {
        await OpenAsync();

        await OpenFilterAsync("Seen");
        await Panel("Seen").GetByLabel("From").FillAsync("some");

        await Expect(Panel("Seen").GetByRole(AriaRole.Alert)).ToHaveTextAsync("“some” is not a whole number.");
        await ShouldShowAsync("1", "id DESC");
        await Panel("Seen").GetByLabel("From").FillAsync("3");
        await Expect(Panel("Seen").GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        await ShouldShowAsync("times_seen >= 3", "id DESC");
    }

    [Theory]
    [InlineData("ltr")]
    [InlineData("rtl")]
    public async Task The_keyboard_is_enough(string direction)
    {
        await OpenAsync();
        await Page.EvaluateAsync("direction => document.documentElement.dir = direction", direction);
        var (next, previous) = direction == "ltr" ? ("ArrowRight", "ArrowLeft") : ("ArrowLeft", "ArrowRight");
        var width = await WidthAsync("Platform");

        await Page.GetByRole(AriaRole.Button, new() { Name = "Columns", Exact = true }).FocusAsync();
        await PressAsync("Tab");
        await Expect(Header("Select")).ToBeFocusedAsync();
        await PressAsync(next);
        await Expect(Sort("Name")).ToBeFocusedAsync();
        await PressAsync(next);
        await Expect(Sort("Platform")).ToBeFocusedAsync();
        await PressAsync("Enter", $"Alt+{next}");
        await Expect(Header("Platform")).ToHaveCSSAsync("width", $"{width + 16}px");
        await PressAsync($"Control+Shift+{previous}");
        await Expect(Header("Platform")).ToHaveAttributeAsync("aria-colindex", "2");
        await Expect(Sort("Platform")).ToBeFocusedAsync();
        await PressAsync(next, next, "Shift+Enter");
        await ShouldShowAsync("1", "platform, times_seen, id DESC");

        await PressAsync("Alt+ArrowDown");
        await Expect(Panel("Seen").GetByLabel("From")).ToBeFocusedAsync();
        await Page.Keyboard.TypeAsync("4");
        await ShouldShowAsync("times_seen >= 4", "platform, times_seen, id DESC");
        await PressAsync("Escape");
        await Expect(Panel("Seen")).ToBeHiddenAsync();
        await Expect(Sort("Seen")).ToBeFocusedAsync();
        await PressAsync("Tab");
        await Expect(Header("Seen").GetByRole(AriaRole.Button, new() { Name = "Filter Seen" })).ToBeFocusedAsync();

        await PressAsync("End");
        await Expect(Header("Platform id")).ToBeFocusedAsync();
        await PressAsync($"Control+Shift+{previous}");
        await Expect(Header("Platform id")).ToHaveAttributeAsync("aria-colindex", "8");
        await Expect(Header("Platform id")).ToBeFocusedAsync();
        await PressAsync("ArrowDown");
        await Expect(Page.Locator("[role=row][aria-rowindex='2'] [role=gridcell]").First).ToBeFocusedAsync();
        await Page.GetByRole(AriaRole.Button, new() { Name = "Columns", Exact = true }).FocusAsync();
        await PressAsync("Enter");
        await Expect(Page.GetByRole(AriaRole.Checkbox, new() { Name = "Select", Exact = true })).ToBeFocusedAsync();
        await PressAsync("Space");
        await Expect(Header("Select")).ToHaveCountAsync(0);
        await PressAsync("Escape");
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Columns", Exact = true })).ToBeFocusedAsync();
    }

    [Fact]
    public async Task From_right_to_left_edges_and_columns_follow_the_pointer()
    {
        await OpenAsync();
        await Page.EvaluateAsync("() => document.documentElement.dir = 'rtl'");
        var before = (await Header("Seen").BoundingBoxAsync())!;

        // Its edge is at the left.
        await DragEdgeAsync("Seen", -50, isRtl: true);

        var after = (await Header("Seen").BoundingBoxAsync())!;
        (after.X + after.Width).ShouldBe(before.X + before.Width, 1);
        after.Width.ShouldBe(before.Width + 50, 1);
        await DragAsync("Flagged", "Name", isRtl: true);
        (await HeadingsAsync())[..3].ShouldBe(["Select", "Flagged", "Name"]);
    }

    [Fact]
    public async Task The_place_is_there_after_a_reload()
    {
        await OpenAsync();
        await Sort("Name").ClickAsync();
        var name = await _app.NameAsync(1_503);
        // The first row on screen is three above it.
        await Page.WaitForFunctionAsync("() => /\"row\":1500/.test(localStorage.getItem('sellers-ada/grid') ?? '')");

        await Page.ReloadAsync();

        await Expect(Page.Locator("[role=row][aria-rowindex='1505'] [role=gridcell]").Nth(1)).ToHaveTextAsync(name);
        await Expect(Page.Locator("[role=row][aria-rowindex='1502']")).ToBeInViewportAsync();
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("""{"version":1,"query":{"sort":[{"field":"no_such_field"}]}}""")]
    public async Task What_was_kept_and_makes_no_sense_is_forgotten(string kept)
    {
        await OpenAsync();
        await Page.EvaluateAsync("kept => localStorage.setItem('sellers-ada/grid', kept)", kept);

        await Page.ReloadAsync();

        await ShouldShowAsync("1", "id DESC");
        (await HeadingsAsync()).ShouldBe(s_columns);
    }

    [Fact]
    public async Task Without_storage_for_it_everything_but_the_memory_works()
    {
        await OpenAsync();
        await Page.AddInitScriptAsync(
            """
            for (const name of ['getItem', 'setItem', 'removeItem']) {
              const real = Storage.prototype[name];
              Storage.prototype[name] = function (key, ...rest) {
                if (key.endsWith('/grid')) throw new DOMException('denied', 'SecurityError');
                return real.call(this, key, ...rest);
              };
            }
            """);
        await Page.ReloadAsync();
        await _app.WaitForCountAsync(FewSellers.Count);

        await Sort("Name").ClickAsync();

        await ShouldShowAsync("1", "normalized_name, id DESC");
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    private async Task OpenAsync()
    {
        _app = await SellersApp.OpenAsync(await NewProfileAsync(sellers.Host));
        await _app.WaitUntilLiveAsync();
        await _app.WaitForCountAsync(FewSellers.Count);
    }

    private ILocator Header(string column) => Page.GetByRole(AriaRole.Columnheader, new() { Name = column, Exact = true });

    private ILocator Sort(string column) => Header(column).GetByRole(AriaRole.Button, new() { Name = column, Exact = true });

    private ILocator Panel(string column) => Page.Locator($"[popover][aria-label='Filter {column}']");

    private async Task OpenFilterAsync(string column)
    {
        await Header(column).HoverAsync();
        await Header(column).GetByRole(AriaRole.Button, new() { Name = $"Filter {column}" }).ClickAsync();
        await Expect(Panel(column)).ToBeVisibleAsync();
    }

    private async Task PressAsync(params string[] keys)
    {
        foreach (var key in keys)
            await Page.Keyboard.PressAsync(key);
    }

    private async Task<double> WidthAsync(string column) => (await Header(column).BoundingBoxAsync())!.Width;

    private async Task<string[]> HeadingsAsync() =>
        await Page.GetByRole(AriaRole.Columnheader).EvaluateAllAsync<string[]>("headers => headers.map(header => header.getAttribute('aria-label'))");

    private async Task<IReadOnlyList<string>> FirstCellsAsync() => await Page.Locator("[role=row][aria-rowindex='2'] [role=gridcell]").AllInnerTextsAsync();

    private async Task DragEdgeAsync(string column, float by, bool isRtl = false)
    {
        var box = (await Header(column).BoundingBoxAsync())!;
        var (x, y) = (isRtl ? box.X + 3 : box.X + box.Width - 3, box.Y + (box.Height / 2));
        await Page.Mouse.MoveAsync(x, y);
        await Page.Mouse.DownAsync();
        await Page.Mouse.MoveAsync(x + by, y, new() { Steps = 4 });
        await Page.Mouse.UpAsync();
        await Expect(Page.GetByText($"{column}: ", new() { Exact = false }).And(Page.GetByRole(AriaRole.Status))).ToContainTextAsync("pixels wide");
    }

    // To just before another one.
    private async Task DragAsync(string column, string before, bool isRtl = false)
    {
        var from = (await Header(column).BoundingBoxAsync())!;
        var to = (await Header(before).BoundingBoxAsync())!;
        await Page.Mouse.MoveAsync(from.X + (from.Width / 2), from.Y + 10);
        await Page.Mouse.DownAsync();
        await Page.Mouse.MoveAsync(isRtl ? to.X + to.Width - 5 : to.X + 5, to.Y + 10, new() { Steps = 6 });
        await Page.Mouse.UpAsync();
        await Expect(Page.GetByText($"{column}: column", new() { Exact = false })).ToHaveCountAsync(1);
    }

    // Exactly those rows, in this order.
    private async Task ShouldShowAsync(string where, string orderBy)
    {
        var names = sellers.Database.Query($"SELECT display_name FROM sellers WHERE {where} ORDER BY {orderBy}").Select(row => (string)row[0]!).ToArray();
        await _app.WaitForCountAsync(names.Length);
        names.Length.ShouldBeGreaterThan(1);
        // The count may be that of the order before: the first rows tell.
        await Expect(Page.Locator($"[role=row][aria-rowindex='2'] [role=gridcell][aria-colindex='{await Header("Name").GetAttributeAsync("aria-colindex")}']")).ToHaveTextAsync(names[0]);
        foreach (var position in (int[])[0, 1, names.Length / 2, names.Length - 1])
            (await _app.NameAsync(position)).ShouldBe(names[position], $"row {position}");
        await _app.Grid.EvaluateAsync("grid => { grid.scrollTop = 0; }");
        await Page.Locator("[role=row][aria-rowindex='2']").WaitForAsync();
        _app.Complaints.ShouldBeEmpty();
    }
}
