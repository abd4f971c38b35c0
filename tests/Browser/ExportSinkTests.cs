using System.Text.Json;
using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>Where the bytes of an export go, and that no file is left which looks whole and is not.</summary>
public sealed class ExportSinkTests(Chromium chromium, FewSellers sellers) : ChromiumTest(chromium), IClassFixture<FewSellers>
{
    private static readonly string s_done = $"{FewSellers.Count:N0} rows exported";

    [Fact]
    public async Task The_picked_file_holds_what_the_server_holds_and_was_asked_for_with_the_click()
    {
        var (app, expected) = await OpenAsync(picks: true);

        await app.ChooseExportAsync();
        await app.StartExportAsync();
        await Assertions.Expect(app.Page.GetByText(s_done)).ToBeVisibleAsync();

        (await FilesAsync(app)).ShouldBe(new() { ["sellers.csv"] = expected.Length });
        (await app.Page.EvaluateAsync<string>("async () => { const root = await navigator.storage.getDirectory(); return (await (await root.getFileHandle('sellers.csv')).getFile()).text(); }"))
            .ShouldBe(System.Text.Encoding.UTF8.GetString(expected));
        var picked = await app.Page.EvaluateAsync<JsonElement>("() => window.picked");
        picked.GetProperty("isActive").GetBoolean().ShouldBeTrue();
        picked.GetProperty("types")[0].GetProperty("accept").GetProperty("text/csv")[0].GetString().ShouldBe(".csv");
        app.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Whoever_picks_no_file_gets_none_and_can_choose_again()
    {
        var (app, _) = await OpenAsync(picks: true);
        await app.Page.EvaluateAsync("() => { window.picks = false; }");

        await app.ChooseExportAsync("JSON");
        await app.StartExportAsync();
        await app.Page.WaitForFunctionAsync("() => window.picked");

        await Assertions.Expect(app.ExportMenu).ToBeVisibleAsync();
        await Assertions.Expect(app.Page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        (await FilesAsync(app)).ShouldBeEmpty();

        await app.Page.EvaluateAsync("() => { window.picks = true; }");
        await app.StartExportAsync();
        await Assertions.Expect(app.Page.GetByText(s_done)).ToBeVisibleAsync();
        (await FilesAsync(app)).Keys.ShouldBe(["sellers.json"]);
    }

    [Fact]
    public async Task Where_nobody_may_pick_a_file_it_is_a_download()
    {
        var (app, expected) = await OpenAsync(picks: true);
        await app.Page.EvaluateAsync("() => { window.showSaveFilePicker = () => Promise.reject(new DOMException('Not in a frame.', 'SecurityError')); }");

        (await app.ExportAsync()).AsSpan().SequenceEqual(expected).ShouldBeTrue();
        app.Complaints.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_disk_that_fails_at_any_of_a_hundred_places_leaves_no_file(bool picks)
    {
        var (app, expected) = await OpenAsync(picks);
        var downloads = 0;
        app.Page.Download += (_, _) => downloads++;
        var failed = app.Page.GetByText("The export failed and wrote no file. There is no room for the file on this device.");

        await app.ChooseExportAsync();
        for (var i = 0; i <= 100; i++)
        {
            // From the first byte to the last, and then at the closing.
            var offset = (long)expected.Length * i / 100;
            await app.Page.EvaluateAsync("offset => { window.failsAt = offset; }", offset);
            if (i == 0)
                await app.StartExportAsync();
            else
                await app.Page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
            // The message of the one before has gone with the click.
            await app.Page.WaitForFunctionAsync("offset => window.failedAt === offset", offset);
            await Assertions.Expect(failed).ToBeVisibleAsync();
            (await FilesAsync(app)).ShouldBeEmpty($"at byte {offset} of {expected.Length}");
        }

        downloads.ShouldBe(0);
        await app.Page.EvaluateAsync("() => { window.failsAt = Infinity; }");
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Assertions.Expect(app.Page.GetByText(s_done)).ToBeVisibleAsync();
        (await FilesAsync(app)).Values.ShouldBe([expected.Length]);
        app.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_download_lies_on_disk_until_the_browser_has_it_and_no_longer()
    {
        var (app, expected) = await OpenAsync(picks: false);
        await app.Page.EvaluateAsync("() => { window.later = []; const { setTimeout } = window; window.setTimeout = (run, delay, ...rest) => delay >= 60_000 ? window.later.push(run) : setTimeout(run, delay, ...rest); }");
        // A tab that crashed after this one began. The new download removes it.
        await app.Page.EvaluateAsync("""
            async () => {
              const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("export-streaming", { create: true });
              await folder.getFileHandle("left", { create: true });
            }
            """);
        (await FilesAsync(app)).Values.ShouldBe([0]);

        (await app.ExportAsync()).AsSpan().SequenceEqual(expected).ShouldBeTrue();
        (await FilesAsync(app)).Values.ShouldBe([expected.Length]);
        // Another download leaves it where it is.
        await app.ExportAsync();
        (await FilesAsync(app)).Values.ShouldBe([expected.Length, expected.Length]);

        await app.Page.EvaluateAsync("() => { for (const run of window.later) run(); }");
        await app.Page.WaitForAsync("async () => Object.keys(await window.filesOnDisk()).length === 0");
    }

    [Fact]
    public async Task Where_the_site_has_no_files_a_download_is_made_of_blobs()
    {
        var (app, expected) = await OpenAsync(picks: false);

        // A browser that has files and cannot write them from a page, and a window that has none.
        foreach (var without in (string[])["delete FileSystemFileHandle.prototype.createWritable", "StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException('Not here.', 'SecurityError'))"])
        {
            await app.Page.EvaluateAsync($"() => {{ {without}; }}");
            (await app.ExportAsync()).AsSpan().SequenceEqual(expected).ShouldBeTrue(without);
        }

        app.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_crashed_tab_has_left_goes_with_the_next_and_what_another_tab_writes_stays()
    {
        var (crashing, _) = await OpenAsync(picks: false);
        await HangAsync(crashing);
        var left = (await ExportsAsync(crashing)).ShouldHaveSingleItem();

        var other = await SellersApp.OpenAgainAsync(Profile);
        await other.WaitForCountAsync(FewSellers.Count);
        await HangAsync(other);
        (await ExportsAsync(other)).Count.ShouldBe(2, "the first tab is there yet");

        await crashing.CrashAsync();
        var last = await SellersApp.OpenAgainAsync(Profile);
        await last.WaitForCountAsync(FewSellers.Count);
        await last.Page.WaitForAsync("async left => !Object.keys(await window.filesOnDisk()).some(name => name.startsWith(left))", left);
        (await ExportsAsync(last)).Count.ShouldBe(1, "the other tab is still writing");
        (await FilesAsync(last)).Count.ShouldBe(2, "Chromium writes beside the file");
    }

    [Fact]
    public async Task A_cancelled_export_leaves_nothing()
    {
        foreach (var picks in (bool[])[true, false])
        {
            var (app, _) = await OpenAsync(picks);
            await HangAsync(app);
            await app.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
            await Assertions.Expect(app.Page.GetByText("Export cancelled: no file was written")).ToBeVisibleAsync();
            (await FilesAsync(app)).ShouldBeEmpty();
        }
    }

    private async Task<(SellersApp App, byte[] Expected)> OpenAsync(bool picks)
    {
        await (await NewProfileAsync(sellers.Host)).AddInitScriptAsync(scriptPath: Path.Combine(AppContext.BaseDirectory, "Data", "exportFiles.js"));
        var app = await SellersApp.OpenAsync(Profile);
        await app.WaitForCountAsync(FewSellers.Count);
        await app.WaitUntilLiveAsync();
        await app.Page.EvaluateAsync("picks => window.pickFiles(picks)", picks);
        return (app, CsvOracle.Write(sellers.Database, "id DESC"));
    }

    // Begins an export whose first write never ends.
    private static async Task HangAsync(SellersApp app)
    {
        await app.Page.EvaluateAsync("() => { window.hangs = true; }");
        await app.ChooseExportAsync();
        await app.StartExportAsync();
        await app.Page.WaitForFunctionAsync("() => window.isHanging");
    }

    // A file and what the browser writes beside it count as one.
    private static async Task<HashSet<string>> ExportsAsync(SellersApp app) => [.. (await FilesAsync(app)).Keys.Select(name => name.Split('.')[0])];

    private static async Task<Dictionary<string, int>> FilesAsync(SellersApp app) =>
        JsonSerializer.Deserialize<Dictionary<string, int>>(await app.Page.EvaluateAsync<string>("async () => JSON.stringify(await window.filesOnDisk())"))!;
}
