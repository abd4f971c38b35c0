using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>The panel for developers, over the sample's page.</summary>
public sealed class DevtoolsTests(Chromium chromium) : ChromiumTest(chromium)
{
    [Fact]
    public async Task The_panel_opens_and_closes_by_its_keys_and_shows_sync_and_store()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "2000"]);
        var app = await SellersApp.OpenAsync(await NewProfileAsync(host));
        await app.WaitUntilLiveAsync();
        var panel = app.Page.Locator("[data-devtools]");
        await Assertions.Expect(panel).ToHaveCountAsync(0);

        await app.Page.Keyboard.PressAsync("Control+Alt+d");

        await app.Page.GetByRole(AriaRole.Tab, new() { Name = "Sync" }).ClickAsync();
        await Assertions.Expect(FactOf(panel, "Phase")).ToHaveTextAsync("Live");
        await Assertions.Expect(FactOf(panel, "This tab")).ToHaveTextAsync("leads");
        await app.Page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(app.Page.GetByRole(AriaRole.Tab, new() { Name = "Store" })).ToBeFocusedAsync();
        await Assertions.Expect(FactOf(panel, "Changes stored")).ToHaveTextAsync("2,000 for 2,000 rows");
        await app.Page.Keyboard.PressAsync("Control+Alt+d");
        await Assertions.Expect(panel).ToHaveCountAsync(0);
        app.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_the_simulated_network_edits_wait_in_the_outbox_and_leave_it_when_there_is_one_again()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "2000"]);
        var app = await SellersApp.OpenAsync(await NewProfileAsync(host));
        await app.WaitUntilLiveAsync();
        await app.Page.Keyboard.PressAsync("Control+Alt+d");
        await app.Page.GetByRole(AriaRole.Tab, new() { Name = "Network" }).ClickAsync();

        await app.Page.GetByLabel("No network").CheckAsync();

        await Assertions.Expect(app.SyncIndicator).ToHaveAttributeAsync("data-state", "offline", new() { Timeout = 30_000 });
        await app.FlagAsync(1);
        await app.Page.GetByRole(AriaRole.Tab, new() { Name = "Outbox" }).ClickAsync();
        var entries = app.Page.Locator("[data-devtools] tbody tr");
        await Assertions.Expect(entries).ToHaveCountAsync(1);
        await app.Page.GetByRole(AriaRole.Tab, new() { Name = "Network" }).ClickAsync();
        await app.Page.GetByLabel("The network as it is").CheckAsync();
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Sync now" }).First.ClickAsync();
        await app.WaitUntilLiveAsync();
        await app.WaitUntilSentAsync();
        await app.Page.GetByRole(AriaRole.Tab, new() { Name = "Outbox" }).ClickAsync();
        await Assertions.Expect(entries).ToHaveCountAsync(0);
    }

    private static ILocator FactOf(ILocator panel, string name) =>
        panel.Locator(".facts > div").Filter(new() { Has = panel.Page.GetByText(name, new() { Exact = true }) }).Locator("dd > span");
}
