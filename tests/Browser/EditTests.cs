using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>What becomes of flags that are set on the page: online, offline, in two tabs, and when the tab dies.</summary>
public sealed class EditTests(Chromium chromium) : ChromiumTest(chromium)
{
    [Fact]
    public async Task Flag_shows_at_once_and_reaches_the_server_and_can_be_undone()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "100"]);
        var app = await OpenAsync(host);
        var newest = Newest(host);

        await app.FlagAsync(0);
        await app.WaitUntilSentAsync();
        IsFlagged(host, newest).ShouldBeTrue();
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await app.WaitForFlagAsync(0, flagged: false);
        await app.WaitUntilSentAsync();

        IsFlagged(host, newest).ShouldBeFalse();
        EditsOf(host, newest).ShouldBe(2);
        app.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Undo_of_a_flag_that_somebody_else_has_changed_says_so_and_changes_nothing()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "100"]);
        var app = await OpenAsync(host);
        await app.FlagAsync(0);
        await app.WaitUntilSentAsync();

        new SellersDatabase(host.DataFolder).Execute("UPDATE sellers SET flagged = 0 WHERE id = $id", ("$id", Newest(host)));
        await app.WaitForFlagAsync(0, flagged: false);
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();

        await Assertions.Expect(app.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("has been changed since");
        EditsOf(host, Newest(host)).ShouldBe(1);
    }

    [Fact]
    public async Task Edit_made_offline_survives_a_reload_and_reaches_the_server_once()
    {
        var host = await HostProcess.StartAsync(["--sellers", "100"]);
        var app = await OpenAsync(host);
        await app.Page.EvaluateAsync("() => navigator.serviceWorker.ready.then(() => true)");
        var newest = Newest(host);
        await host.KillAsync();

        await app.FlagAsync(0);
        await Assertions.Expect(app.SyncIndicator).ToContainTextAsync("1 edit on its way");
        await app.Page.ReloadAsync();
        await app.WaitForFlagAsync(0);
        await Assertions.Expect(app.SyncIndicator).ToContainTextAsync("1 edit on its way");
        IsFlagged(host, newest).ShouldBeFalse();

        await using var again = await HostProcess.StartAsync([], host.Address, host.DataFolder);
        await app.SyncNowAsync();
        await app.WaitUntilSentAsync();
        await app.WaitForFlagAsync(0);
        (IsFlagged(again, newest), EditsOf(again, newest)).ShouldBe((true, 1));
    }

    [Fact]
    public async Task Tab_that_dies_between_the_commit_and_its_answer_leaves_the_edit_made_once()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "100"]);
        var app = await OpenAsync(host);
        var newest = Newest(host);
        var committed = new TaskCompletionSource();
        await app.Page.RouteAsync("**/mutations", async route =>
        {
            await route.FetchAsync();
            committed.TrySetResult();
        });

        await app.FlagAsync(0);
        await committed.Task;
        EditsOf(host, newest).ShouldBe(1);
        await app.Page.CloseAsync();

        var next = await SellersApp.OpenAgainAsync(Profile);
        await next.WaitForFlagAsync(0);
        await next.WaitUntilLiveAsync();
        await next.WaitUntilSentAsync();
        EditsOf(host, newest).ShouldBe(1);
    }

    [Fact]
    public async Task Edit_of_a_seller_that_is_gone_is_shown_as_refused_and_can_be_discarded()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "100"]);
        var app = await OpenAsync(host);
        var edit = new TaskCompletionSource();
        await app.Page.RouteAsync("**/mutations", async route =>
        {
            await edit.Task;
            await route.ContinueAsync();
        });

        await app.FlagAsync(0);
        new SellersDatabase(host.DataFolder).Execute("DELETE FROM sellers WHERE id = (SELECT max(id) FROM sellers)");
        edit.SetResult();

        await app.Page.GetByText("The server has refused one of your edits").ClickAsync();
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Discard" }).ClickAsync();
        await Assertions.Expect(app.Page.GetByText("The server has refused")).ToHaveCountAsync(0);
        await app.WaitForCountAsync(99);
    }

    [Fact]
    public async Task Changes_of_others_arrive_by_themselves()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "100"]);
        var app = await OpenAsync(host);

        new SellersDatabase(host.DataFolder).Execute("UPDATE sellers SET flagged = 1 WHERE id = (SELECT max(id) FROM sellers)");

        await app.WaitForFlagAsync(0);
        app.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task When_the_tab_that_syncs_is_closed_another_takes_over_within_five_seconds()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "100"]);
        var leader = await OpenAsync(host);
        var follower = await SellersApp.OpenAgainAsync(Profile);
        await Assertions.Expect(follower.SyncIndicator).ToContainTextAsync("another tab syncs");

        await follower.FlagAsync(1);
        await leader.WaitForFlagAsync(1);
        await leader.WaitUntilSentAsync();
        await leader.Page.CloseAsync();

        await Assertions.Expect(follower.SyncIndicator).ToContainTextAsync("Up to date", new() { Timeout = 5000 });
        new SellersDatabase(host.DataFolder).Execute("UPDATE sellers SET flagged = 1 WHERE id = (SELECT max(id) FROM sellers)");
        await follower.WaitForFlagAsync(0);
        new SellersDatabase(host.DataFolder).Count("flagged = 1 AND id = (SELECT max(id) - 1 FROM sellers)").ShouldBe(1);
    }

    [Fact]
    public async Task Signing_out_with_unsent_edits_asks_first()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "100"]);
        var app = await OpenAsync(host);
        await app.Page.RouteAsync("**/mutations", route => route.AbortAsync());
        await app.FlagAsync(0);

        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        var dialog = app.Page.GetByRole(AriaRole.Alertdialog);
        await Assertions.Expect(dialog).ToContainTextAsync("One edit has not reached the server", new() { Timeout = 15_000 });
        var download = await app.Page.RunAndWaitForDownloadAsync(() => dialog.GetByRole(AriaRole.Button, new() { Name = "Save them to a file" }).ClickAsync());
        (await File.ReadAllTextAsync(await download.PathAsync())).ShouldContain($"{Newest(host)},true,");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Stay signed in" }).ClickAsync();
        await app.WaitForFlagAsync(0);

        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Discard them and sign out" }).ClickAsync();
        await Assertions.Expect(app.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" })).ToBeVisibleAsync();
        (await app.Page.EvaluateAsync<int>("() => indexedDB.databases().then(all => all.length)")).ShouldBe(0);
        new SellersDatabase(host.DataFolder).Count("flagged = 1 AND id = (SELECT max(id) FROM sellers)").ShouldBe(0);
    }

    /// <summary>The app, up to date, with the newest seller first and not flagged.</summary>
    private async Task<SellersApp> OpenAsync(HostProcess host)
    {
        new SellersDatabase(host.DataFolder).Execute("UPDATE sellers SET flagged = 0 WHERE flagged <> 0");
        var app = await SellersApp.OpenAsync(await NewProfileAsync(host));
        await app.WaitUntilLiveAsync();
        await app.WaitForFlagAsync(0, flagged: false);
        return app;
    }

    private static long Newest(HostProcess host) => (long)new SellersDatabase(host.DataFolder).Query("SELECT max(id) FROM sellers")[0][0]!;

    private static bool IsFlagged(HostProcess host, long id) => new SellersDatabase(host.DataFolder).Count("id = $id AND flagged = 1", ("$id", id)) == 1;

    private static long EditsOf(HostProcess host, long id) =>
        (long)new SellersDatabase(host.DataFolder).Query("SELECT count(*) FROM sync_edits WHERE row_key = $id", ("$id", id))[0][0]!;
}
