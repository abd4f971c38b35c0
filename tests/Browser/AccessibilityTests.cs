using System.Text.Json;
using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>The page, looked through by axe-core for what keeps people out. It finds about half of that; the rest is for keyboards and ears.</summary>
public sealed class AccessibilityTests(Chromium chromium, FewSellers sellers) : ChromiumTest(chromium), IClassFixture<FewSellers>
{
    private const string Audit =
        """
        async () => {
          const { violations, passes } = await axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } });
          return { passes: passes.length, violations: violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.slice(0, 3).map(node => node.html + ' ' + node.failureSummary).join('\n  ')}`) };
        }
        """;

    [Theory]
    [InlineData("light", "ltr", 1280)]
    [InlineData("dark", "ltr", 1280)]
    [InlineData("light", "rtl", 1280)]
    [InlineData("light", "ltr", 360)]
    [InlineData("dark", "rtl", 360)]
    public async Task The_page_has_no_barrier_that_a_machine_can_see(string theme, string direction, int width)
    {
        var app = await SellersApp.OpenAsync(await NewProfileAsync(sellers.Host));
        var page = app.Page;
        await page.SetViewportSizeAsync(width, 800);
        await app.WaitUntilLiveAsync();
        await app.WaitForCountAsync(FewSellers.Count);
        await page.EvaluateAsync("([theme, direction]) => { document.documentElement.dataset.theme = theme; document.documentElement.dir = direction; }", new[] { theme, direction });
        await page.EvaluateAsync(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "axe.min.js")));

        // At rest, with the menu of the export open, with a filter in force and its panel open, with the panel of columns open,
        // and without any row.
        await ShouldPassAsync(page);
        await app.ChooseExportAsync();
        await Assertions.Expect(app.ExportMenu).ToBeInViewportAsync(new() { Ratio = 1 });
        await ShouldPassAsync(page);
        await page.Keyboard.PressAsync("Escape");
        await app.SortByAsync("Name");
        var ratings = page.GetByRole(AriaRole.Columnheader, new() { Name = "Platform", Exact = true });
        await ratings.GetByRole(AriaRole.Button, new() { Name = "Filter Platform" }).ClickAsync();
        await page.Locator("[popover]:popover-open input").First.CheckAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.List, new() { Name = "Filters" })).ToBeVisibleAsync();
        await ShouldPassAsync(page);
        await page.Keyboard.PressAsync("Escape");
        await page.GetByRole(AriaRole.Button, new() { Name = "Columns", Exact = true }).ClickAsync();
        await ShouldPassAsync(page);
        await page.Keyboard.PressAsync("Escape");
        await app.SearchForAsync("no such seller anywhere", 0);
        await ShouldPassAsync(page);
    }

    [Theory]
    [InlineData("light")]
    [InlineData("dark")]
    public async Task Nor_has_the_panel_of_runs(string theme)
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "300"]);
        var app = await SellersApp.OpenAsync(await NewProfileAsync(host));
        var page = app.Page;
        await app.WaitUntilLiveAsync();
        await page.EvaluateAsync("theme => { document.documentElement.dataset.theme = theme; }", theme);
        await page.EvaluateAsync(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "axe.min.js")));
        await page.GetByRole(AriaRole.Button, new() { Name = "Runs" }).ClickAsync();
        await page.GetByLabel("Sellers to find").FillAsync("500");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start a run" }).ClickAsync();
        await page.GetByText("Activity", new() { Exact = true }).ClickAsync();
        await ShouldPassAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Assertions.Expect(page.Locator(".history li").First).ToContainTextAsync("Cancelled");
        await ShouldPassAsync(page);
    }

    private static async Task ShouldPassAsync(IPage page)
    {
        // Colours that are on their way are no colours to judge.
        await page.EvaluateAsync("() => Promise.all(document.getAnimations().filter(animation => animation.effect.getComputedTiming().iterations !== Infinity).map(animation => animation.finished.catch(() => {})))");
        var result = await page.EvaluateAsync<JsonElement>(Audit);
        result.GetProperty("violations").EnumerateArray().Select(violation => violation.GetString()).ShouldBeEmpty();
        result.GetProperty("passes").GetInt32().ShouldBeGreaterThan(20);
    }
}
