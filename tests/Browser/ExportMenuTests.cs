using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>The menu of the export: what it says, and that a keyboard is enough for it.</summary>
public sealed class ExportMenuTests(Chromium chromium, FewSellers sellers) : ChromiumTest(chromium), IClassFixture<FewSellers>
{
    [Fact]
    public async Task Keys_open_it_choose_in_it_and_close_it()
    {
        var app = await OpenAsync();
        var button = app.Page.GetByRole(AriaRole.Button, new() { Name = "Export…" });
        var primary = app.ExportMenu.Locator("button.primary");
        var found = new SellersDatabase(sellers.Host.DataFolder).Count("instr(normalized_name, 'a') > 0");
        await app.SearchForAsync("a", found);

        await button.FocusAsync();
        await app.Page.Keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(app.ExportMenu.GetByRole(AriaRole.Radio, new() { Name = "matching" })).ToBeFocusedAsync();
        await Assertions.Expect(button).ToHaveAttributeAsync("aria-expanded", "true");
        await Assertions.Expect(primary).ToHaveTextAsync($"Export {found:N0} rows");

        await app.Page.Keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(app.ExportMenu.GetByRole(AriaRole.Radio, new() { Name = "All" })).ToBeCheckedAsync();
        await Assertions.Expect(primary).ToHaveTextAsync($"Export {FewSellers.Count:N0} rows");

        await app.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(app.ExportMenu).ToHaveCountAsync(0);
        await Assertions.Expect(button).ToBeFocusedAsync();
        app.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_click_beside_it_closes_it()
    {
        var app = await OpenAsync();
        await app.ChooseExportAsync();
        await app.Page.Mouse.ClickAsync(5, 700);
        await Assertions.Expect(app.ExportMenu).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task It_says_how_large_the_file_is()
    {
        var app = await OpenAsync();
        var file = await app.ExportAsync();
        await Assertions.Expect(app.Page.GetByText($"{FewSellers.Count:N0} rows exported, {file.Length / 1e3:N0} kB")).ToBeVisibleAsync();
    }

    private async Task<SellersApp> OpenAsync()
    {
        var app = await SellersApp.OpenAsync(await NewProfileAsync(sellers.Host));
        await app.WaitForCountAsync(FewSellers.Count);
        return app;
    }
}
