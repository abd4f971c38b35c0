using System.Globalization;
using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>Sellers that are selected, and what is done to all of them at once.</summary>
public sealed class SelectionTests(Chromium chromium) : ChromiumTest(chromium)
{
    [Fact]
    public async Task All_that_a_search_finds_but_one_are_flagged_in_one_go_and_go_back_in_one()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "3000"]);
        var app = await SellersApp.OpenAsync(await NewProfileAsync(host));
        await app.WaitForCountAsync(3000);
        await app.WaitUntilLiveAsync();
        var flagged = FlaggedCount(host);

        await Box(app, 0).ClickAsync();
        await Assertions.Expect(Bar(app)).ToContainTextAsync("1 selected");
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Select all 3,000 matching" }).ClickAsync();
        await Box(app, 1).ClickAsync();
        await Assertions.Expect(Bar(app)).ToContainTextAsync("2,999 selected");
        await Bar(app).GetByRole(AriaRole.Button, new() { Name = "Flag", Exact = true }).ClickAsync();
        await app.WaitForFlagAsync(0);
        await Assertions.Expect(Bar(app)).ToContainTextAsync("flagged");
        await app.WaitUntilSentAsync();
        FlaggedCount(host).ShouldBeGreaterThanOrEqualTo(2999);

        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await app.WaitForFlagAsync(0, flagged: false);
        await app.WaitUntilSentAsync();
        FlaggedCount(host).ShouldBe(flagged);
        app.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_selected_stays_so_under_another_search_and_is_exported()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "300"]);
        var app = await SellersApp.OpenAsync(await NewProfileAsync(host));
        await app.WaitForCountAsync(300);
        var first = await app.NameAsync(0);

        await Box(app, 0).ClickAsync();
        await Box(app, 4).ClickAsync(new() { Modifiers = [KeyboardModifier.Shift] });
        await Assertions.Expect(Bar(app)).ToContainTextAsync("5 selected");
        await app.Search.FillAsync(first);
        await Assertions.Expect(app.Page.Locator("[role=row][aria-rowindex='2']")).ToHaveAttributeAsync("aria-selected", "true");
        await Assertions.Expect(Bar(app)).ToContainTextAsync("5 selected");

        var file = System.Text.Encoding.UTF8.GetString(await app.ExportAsync());
        file.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => long.Parse(line.Split(',')[0], CultureInfo.InvariantCulture))
            .ShouldBe(new SellersDatabase(host.DataFolder).Query("SELECT id FROM sellers ORDER BY id DESC LIMIT 5").Select(row => (long)row[0]!));
        await Bar(app).GetByRole(AriaRole.Button, new() { Name = "Clear" }).ClickAsync();
        await Assertions.Expect(Bar(app)).ToHaveCountAsync(0);
    }

    private static ILocator Bar(SellersApp app) => app.Page.GetByRole(AriaRole.Region, new() { Name = "Selected sellers" });

    private static ILocator Box(SellersApp app, int position) => app.Page.Locator($"[role=row][aria-rowindex='{position + 2}'] .selects");

    private static long FlaggedCount(HostProcess host) => new SellersDatabase(host.DataFolder).Count("flagged = 1");
}
