using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>A browser that runs out of room, loses what it kept, keeps nothing, or ends the worker.</summary>
public sealed class StorageFailureTests(Chromium chromium) : ChromiumTest(chromium)
{
    [Fact]
    public async Task A_worker_that_dies_during_the_first_sync_is_replaced_and_the_sync_reaches_the_end()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "30000"]);
        var database = new SellersDatabase(host.DataFolder);
        var pages = 0;
        SellersApp? app = null;
        var profile = await NewProfileAsync(host);
        await profile.RouteAsync("**/sync/sellers*", async route =>
        {
            // With the answer, so that it dies as the page is being stored.
            if (++pages is 2 or 4)
                _ = app!.Page.Workers[^1].EvaluateAsync<bool?>("() => { self.close(); }").ContinueWith(static asked => asked.Exception, TaskScheduler.Default);
            await route.ContinueAsync();
        });
        app = await SellersApp.OpenAsync(profile);

        await app.WaitUntilLiveAsync();

        pages.ShouldBeGreaterThan(4);
        await ShouldEqualAsync(app, database);
        await app.FlagAsync(0);
        await app.WaitUntilSentAsync();
    }

    [Fact]
    public async Task Without_room_the_page_says_so_and_the_sync_goes_on_once_there_is_some()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "30000"]);
        var database = new SellersDatabase(host.DataFolder);
        var app = await SellersApp.OpenAgainAsync(await NewProfileAsync(host));
        await app.Page.GetByLabel("User").WaitForAsync();
        await app.Page.EvaluateAsync("() => navigator.serviceWorker.ready.then(() => true)");
        var used = await app.Page.EvaluateAsync<long>("async () => (await navigator.storage.estimate()).usage");
        var session = await app.Page.Context.NewCDPSessionAsync(app.Page);
        await session.SendAsync("Storage.overrideQuotaForOrigin", new() { ["origin"] = host.Address.GetLeftPart(UriPartial.Authority), ["quotaSize"] = used + 3_000_000 });

        await app.SignInAsync("ada");

        var notice = app.Page.GetByText("no room left for more sellers");
        await notice.WaitForAsync();
        await Assertions.Expect(notice).ToContainTextAsync("MB");
        await session.DetachAsync();
        await app.WaitUntilLiveAsync();
        await Assertions.Expect(notice).ToHaveCountAsync(0);
        await ShouldEqualAsync(app, database);
    }

    [Fact]
    public async Task Without_storage_the_page_says_so_and_shows_and_edits_sellers()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "2000"]);
        var database = new SellersDatabase(host.DataFolder);
        var profile = await NewProfileAsync(host);
        await profile.RouteAsync("**/sync-indexeddb.worker*.js", async route =>
        {
            var answer = await route.FetchAsync();
            await route.FulfillAsync(new() { Response = answer, Body = "Object.defineProperty(self, 'indexedDB', { value: undefined });" + await answer.TextAsync() });
        });
        var app = await SellersApp.OpenAsync(profile);

        await app.WaitUntilLiveAsync();

        await Assertions.Expect(app.Page.GetByText("This browser keeps nothing")).ToBeVisibleAsync();
        await ShouldEqualAsync(app, database);
        await app.FlagAsync(0);
        await app.WaitUntilSentAsync();
        app.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_lost_database_is_told_with_the_edits_that_were_in_it_until_that_is_dismissed()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "2000"]);
        var profile = await NewProfileAsync(host);
        var app = await SellersApp.OpenAsync(profile);
        await app.WaitUntilLiveAsync();
        await profile.RouteAsync("**/mutations", route => route.AbortAsync());
        await app.FlagAsync(0, await app.Flag(0).GetAttributeAsync("aria-pressed") != "true");
        await Assertions.Expect(app.SyncIndicator).ToContainTextAsync("1 edit");
        await app.Page.GotoAsync("/icon.svg");
        await app.Page.EvaluateAsync("async () => { for (const { name } of await indexedDB.databases()) await new Promise(done => indexedDB.deleteDatabase(name).onsuccess = done); }");

        await app.Page.GotoAsync("/");

        var notice = app.Page.GetByText("one edit that had not reached the server");
        await notice.WaitForAsync();
        await app.WaitUntilLiveAsync();
        await app.WaitForCountAsync(2000);
        await notice.GetByRole(AriaRole.Button, new() { Name = "Dismiss" }).ClickAsync();
        await Assertions.Expect(notice).ToHaveCountAsync(0);
        await app.Page.ReloadAsync();
        await app.WaitUntilLiveAsync();
        await Assertions.Expect(notice).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Another_version_of_the_database_asks_for_a_reload()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "2000"]);
        var app = await SellersApp.OpenAsync(await NewProfileAsync(host));
        await app.WaitUntilLiveAsync();

        await app.Page.EvaluateAsync(
            "async () => { for (const { name } of await indexedDB.databases()) await new Promise(done => { const open = indexedDB.open(name, 99); open.onsuccess = () => { open.result.close(); done(); }; }); }");
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Sync now" }).ClickAsync();
        await app.Flag(0).ClickAsync();

        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Reload" }).ClickAsync();
        await Assertions.Expect(app.Page.GetByText("written by a newer version of this app")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_worker_runs_under_a_policy_that_allows_scripts_of_the_site_alone()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "1000"]);
        var app = await SellersApp.OpenAsync(await NewProfileAsync(host));
        await app.WaitUntilLiveAsync();

        var policy = await app.Page.EvaluateAsync<string>("async () => (await fetch('/', { cache: 'no-store' })).headers.get('content-security-policy')");

        policy.ShouldContain("script-src 'self' 'wasm-unsafe-eval'");
        policy.ShouldNotContain("'unsafe-eval'");
        policy.ShouldNotContain("blob:");
        app.Page.Workers.ShouldHaveSingleItem().Url.ShouldStartWith(host.Address.ToString());
        app.Complaints.ShouldBeEmpty();
    }

    private static async Task ShouldEqualAsync(SellersApp app, SellersDatabase database)
    {
        await app.WaitForCountAsync(database.Count());
        var (file, expected) = (await app.ExportAsync(), CsvOracle.Write(database, "id DESC"));
        file.AsSpan().SequenceEqual(expected).ShouldBeTrue($"rows differ from the server's at byte {file.AsSpan().CommonPrefixLength(expected)}");
    }
}
