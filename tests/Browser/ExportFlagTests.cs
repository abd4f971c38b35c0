using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>Rows that are flagged because they have been exported: those, all of those, and only once there is a file.</summary>
public sealed class ExportFlagTests(Chromium chromium) : ChromiumTest(chromium)
{
    private const int Count = 3000;

    [Fact]
    public async Task The_exported_rows_are_flagged_no_others_and_go_back_as_one()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", $"{Count}"]);
        var database = new SellersDatabase(host.DataFolder);
        var app = await OpenAsync(host);
        const string matching = "instr(normalized_name, 'shop') > 0";
        var exported = database.Count(matching);
        var (before, expected) = (Flags(database), database.Count($"flagged = 0 AND {matching}"));
        expected.ShouldBeGreaterThan(10);
        await app.SearchForAsync("shop", exported);

        await app.ExportAsync(scope: "matching", flags: true);
        await Assertions.Expect(app.Page.GetByText($"{expected} flagged")).ToBeVisibleAsync();
        await app.WaitUntilSentAsync();
        var flagged = Flags(database);
        flagged.Except(before).ShouldBe(Ids(database, matching).Except(before), ignoreOrder: true);
        before.Except(flagged).ShouldBeEmpty();

        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await Assertions.Expect(app.Page.GetByText("Flagged the exported sellers")).ToHaveCountAsync(0);
        await app.WaitForFlagAsync(0, flagged: before.Contains(Ids(database, matching).Max()));
        await app.WaitUntilSentAsync();
        Flags(database).ShouldBe(before, ignoreOrder: true);
        // The flags and their undoing, all of one export.
        database.Query("SELECT count(*), count(DISTINCT correlation_id), count(*) FILTER (WHERE correlation_id LIKE 'export-%') FROM sync_edits")[0].ShouldBe([2L * expected, 1L, 2L * expected]);
        app.Complaints.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cancelled_or_failed_export_flags_nothing(bool fails)
    {
        await using var host = await HostProcess.StartAsync(["--sellers", $"{Count}"]);
        var database = new SellersDatabase(host.DataFolder);
        var before = Flags(database);
        var app = await OpenAsync(host);
        // Halfway: some of the file is on disk.
        await app.Page.EvaluateAsync("fails => { window.failsAt = fails ? 300_000 : Infinity; window.hangs = !fails; window.hangsAt = 300_000; }", fails);

        await app.ChooseExportAsync(scope: "All", flags: true);
        await app.StartExportAsync();
        if (fails)
        {
            await Assertions.Expect(app.Page.GetByText("The export failed and wrote no file.")).ToBeVisibleAsync();
        }
        else
        {
            await app.Page.WaitForFunctionAsync("() => window.isHanging");
            await app.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
            await Assertions.Expect(app.Page.GetByText("Export cancelled: no file was written")).ToBeVisibleAsync();
        }

        (await app.Page.EvaluateAsync<string>("async () => JSON.stringify(await window.filesOnDisk())")).ShouldBe("{}");
        await Assertions.Expect(app.Page.GetByRole(AriaRole.Button, new() { Name = "Undo" })).ToHaveCountAsync(0);
        await app.WaitUntilSentAsync();
        Flags(database).ShouldBe(before, ignoreOrder: true);
    }

    [Fact]
    public async Task A_row_that_has_changed_since_it_was_exported_is_told_of_and_not_flagged()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", $"{Count}"]);
        var database = new SellersDatabase(host.DataFolder);
        database.Execute("UPDATE sellers SET flagged = 0");
        var app = await OpenAsync(host);
        await app.Page.EvaluateAsync("() => { window.waits = true; }");

        await app.ChooseExportAsync(scope: "All", flags: true);
        await app.StartExportAsync();
        await app.Page.WaitForFunctionAsync("() => window.goOn");
        await app.FlagAsync(0);
        await app.Page.EvaluateAsync("() => window.goOn()");

        await Assertions.Expect(app.Page.GetByText("2,999 flagged, 1 not: they have changed since")).ToBeVisibleAsync();
        await app.WaitUntilSentAsync();
        database.Count("flagged = 1").ShouldBe(Count);
        // The flag that a person has set stays when the others go back.
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await app.WaitForFlagAsync(1, flagged: false);
        await app.WaitUntilSentAsync();
        Flags(database).ShouldBe([(long)database.Query("SELECT max(id) FROM sellers")[0][0]!]);
    }

    private async Task<SellersApp> OpenAsync(HostProcess host)
    {
        await (await NewProfileAsync(host)).AddInitScriptAsync(scriptPath: Path.Combine(AppContext.BaseDirectory, "Data", "exportFiles.js"));
        var app = await SellersApp.OpenAsync(Profile);
        await app.WaitForCountAsync(Count);
        await app.WaitUntilLiveAsync();
        return app;
    }

    private static HashSet<long> Flags(SellersDatabase database) => Ids(database, "flagged = 1");

    private static HashSet<long> Ids(SellersDatabase database, string where) =>
        [.. database.Query($"SELECT id FROM sellers WHERE {where}").Select(row => (long)row[0]!)];
}
