using System.Globalization;
using System.Web;
using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>What the page does when the server's rows change, when it is cut off, and when there is no server.</summary>
public sealed class SyncTests(Chromium chromium) : ChromiumTest(chromium)
{
    [Fact]
    public async Task Rows_changed_on_the_server_change_on_the_page()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "1000"]);
        var database = new SellersDatabase(host.DataFolder);
        var app = await OpenAsync(host);
        await app.WaitUntilLiveAsync();

        database.Execute("INSERT INTO sellers (display_name, normalized_name, platform, times_seen, feedback_count, flagged, created_at, updated_at) VALUES ('Brand New', 'brand new', 'ebay', 1, 0, 0, 1, 1)");
        await app.SyncNowAsync();
        await app.WaitForCountAsync(1001);
        (await app.NameAsync(0)).ShouldBe("Brand New");

        database.Execute("UPDATE sellers SET display_name = 'Brand Newer' WHERE normalized_name = 'brand new'");
        await app.SyncNowAsync();
        await Assertions.Expect(app.Page.GetByText("Brand Newer")).ToBeVisibleAsync();

        database.Execute("DELETE FROM sellers WHERE normalized_name = 'brand new'");
        await app.SyncNowAsync();
        await app.WaitForCountAsync(1000);
        await Assertions.Expect(app.Page.GetByText("Brand Newer")).ToHaveCountAsync(0);
        app.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Reload_in_the_middle_of_the_first_sync_goes_on_where_it_was()
    {
        const int total = 20_000;
        await using var host = await HostProcess.StartAsync(["--sellers", total.ToString(CultureInfo.InvariantCulture)]);
        var database = new SellersDatabase(host.DataFolder);
        var cursors = new List<string?>();
        var held = new TaskCompletionSource();
        var profile = await NewProfileAsync(host);
        // The first two pages come; the third request never gets an answer, as on a network that has gone.
        await profile.RouteAsync("**/sync/sellers*", async route =>
        {
            cursors.Add(HttpUtility.ParseQueryString(new Uri(route.Request.Url).Query)["cursor"]);
            if (cursors.Count == 3)
                held.SetResult();
            else
                await route.ContinueAsync();
        });

        var app = await SellersApp.OpenAsync(profile);
        await held.Task;
        await Assertions.Expect(app.SyncIndicator.GetByRole(AriaRole.Progressbar)).ToBeVisibleAsync();
        await app.WaitForSomeRowsAsync();
        await app.Page.ReloadAsync();
        await app.WaitUntilLiveAsync();

        cursors[0].ShouldBeNull();
        cursors.Skip(1).ShouldAllBe(cursor => cursor != null);
        cursors[3].ShouldBe(cursors[2], "the reload goes on with the cursor that was stored last");
        await app.WaitForCountAsync(total);
        var last = database.Query("SELECT display_name FROM sellers ORDER BY id LIMIT 1")[0][0];
        (await app.NameAsync(total - 1)).ShouldBe((string)last!);
    }

    [Fact]
    public async Task Without_a_server_a_reload_shows_and_searches_and_sorts_everything()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "100000"]);
        var database = new SellersDatabase(host.DataFolder);
        var app = await OpenAsync(host);
        await app.WaitUntilLiveAsync();
        await app.Page.EvaluateAsync("() => navigator.serviceWorker.ready.then(() => true)");
        var names = database.Query("SELECT display_name FROM sellers ORDER BY normalized_name, id DESC");
        var found = database.Count("instr(normalized_name, 'books') > 0");

        await host.KillAsync();
        await app.Page.ReloadAsync();

        await Assertions.Expect(app.SyncIndicator).ToHaveAttributeAsync("data-state", "offline");
        await app.WaitForCountAsync(100_000);
        await app.SortByAsync("Name");
        foreach (var position in (int[])[0, 50_000, 99_999])
            (await app.NameAsync(position)).ShouldBe((string)names[position][0]!);
        await app.SearchForAsync("books", found);
        app.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task When_the_server_comes_back_the_page_catches_up()
    {
        var host = await HostProcess.StartAsync(["--sellers", "1000"]);
        var app = await OpenAsync(host);
        await app.WaitUntilLiveAsync();
        await host.KillAsync();
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Sync now" }).ClickAsync();
        await Assertions.Expect(app.SyncIndicator).ToHaveAttributeAsync("data-state", "offline");
        new SellersDatabase(host.DataFolder).Execute("DELETE FROM sellers WHERE id = (SELECT max(id) FROM sellers)");

        await using var again = await HostProcess.StartAsync([], host.Address, host.DataFolder);
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Sync now" }).ClickAsync();

        await app.WaitUntilLiveAsync();
        await app.WaitForCountAsync(999);
    }

    [Fact]
    public async Task Signing_out_leaves_nothing_for_the_next_person()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "1000"]);
        var app = await OpenAsync(host);
        await app.WaitUntilLiveAsync();

        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();

        await Assertions.Expect(app.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" })).ToBeVisibleAsync();
        (await app.Page.EvaluateAsync<int>("() => indexedDB.databases().then(all => all.length)")).ShouldBe(0);
        (await app.Page.EvaluateAsync<string?>("() => localStorage.getItem('sellers.user')")).ShouldBeNull();
        await app.SignInAsync("grace");
        await app.WaitUntilLiveAsync();
        await app.WaitForCountAsync(1000);
        app.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_tabs_show_the_same_rows()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "1000"]);
        var first = await OpenAsync(host);
        await first.WaitUntilLiveAsync();
        var secondPage = await Profile.NewPageAsync();
        await secondPage.GotoAsync("/");
        await Assertions.Expect(secondPage.Locator(".sync")).ToHaveAttributeAsync("data-state", "live");

        new SellersDatabase(host.DataFolder).Execute("DELETE FROM sellers WHERE id > (SELECT max(id) - 10 FROM sellers)");
        await first.SyncNowAsync();

        await first.WaitForCountAsync(990);
        await Assertions.Expect(secondPage.GetByRole(AriaRole.Grid)).ToHaveAttributeAsync("aria-rowcount", "991");
    }

    private async Task<SellersApp> OpenAsync(HostProcess host) => await SellersApp.OpenAsync(await NewProfileAsync(host));
}
