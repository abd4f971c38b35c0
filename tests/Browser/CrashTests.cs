using Microsoft.Playwright;
using Xunit.Abstractions;

namespace Collection.Browser.Tests;

/// <summary>
/// Tabs of the whole app that crash at random points: nothing that the page has shown as done is lost, and what is stored is
/// what the server has. The store alone is put to many more of them in less time: CrashStressTests.
/// </summary>
public sealed class CrashTests(Chromium chromium, ITestOutputHelper output) : ChromiumTest(chromium)
{
    private readonly Random _random = new(Seed);

    private static int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable("CRASH_SEED"), out var seed) ? seed : Random.Shared.Next();

    [Fact]
    public async Task Crashes_while_editing_lose_nothing_that_was_shown_as_done()
    {
        const int crashes = 16;
        const int rows = 8;
        output.WriteLine($"CRASH_SEED={Seed}");
        await using var host = await HostProcess.StartAsync(["--sellers", "2000"]);
        var database = new SellersDatabase(host.DataFolder);
        database.Execute("UPDATE sellers SET flagged = 0 WHERE flagged <> 0");
        var app = await StartAsync(host);
        await app.WaitUntilLiveAsync();

        // What the page has shown; null where the tab died before it could.
        var shown = Enumerable.Repeat<bool?>(false, rows).ToArray();
        for (var crash = 0; crash < crashes; crash++)
        {
            for (var row = 0; row < rows; row++)
            {
                if (shown[row] is { } known)
                    await app.WaitForFlagAsync(row, known);
                else
                    shown[row] = await IsFlaggedAsync(app, row);
            }

            for (var edits = _random.Next(4); edits > 0; edits--)
            {
                var row = _random.Next(rows);
                shown[row] = !shown[row];
                await app.FlagAsync(row, shown[row]!.Value);
            }

            if (_random.Next(2) == 0)
                database.Execute("UPDATE sellers SET times_seen = times_seen + 1 WHERE id % 97 = $rest", ("$rest", _random.Next(97)));
            var last = _random.Next(rows);
            await app.Flag(last).ClickAsync();
            shown[last] = null;
            await Task.Delay(_random.Next(60)); // Any point may be the one.
            await app.CrashAsync();
            app = await SellersApp.OpenAgainAsync(Profile);
        }

        await app.WaitUntilLiveAsync();
        await app.WaitUntilSentAsync();
        for (var row = 0; row < rows; row++)
            shown[row] ??= await IsFlaggedAsync(app, row);
        database.Query($"SELECT flagged FROM sellers ORDER BY id DESC LIMIT {rows}").Select(row => (long)row[0]! == 1).ShouldBe(shown.Select(flag => flag!.Value));
        await ShouldEqualAsync(app, database);
    }

    [Fact]
    public async Task Crashes_during_the_first_sync_leave_rows_that_match_the_cursor()
    {
        const int profiles = 2;
        const int crashesEach = 4;
        output.WriteLine($"CRASH_SEED={Seed}");
        await using var host = await HostProcess.StartAsync(["--sellers", "30000"]);
        var database = new SellersDatabase(host.DataFolder);
        for (var profile = 0; profile < profiles; profile++)
        {
            var app = await StartAsync(host);
            for (var crash = 0; crash < crashesEach; crash++)
            {
                await Task.Delay(_random.Next(900)); // Any point of the start and of the sync may be the one.
                await app.CrashAsync();
                app = await SellersApp.OpenAgainAsync(Profile);
            }

            await app.WaitUntilLiveAsync();
            await ShouldEqualAsync(app, database);
        }
    }

    private async Task<SellersApp> StartAsync(HostProcess host)
    {
        var app = await SellersApp.OpenAsync(await NewProfileAsync(host));
        await Assertions.Expect(app.Page.GetByRole(AriaRole.Heading, new() { Name = "Sellers" })).ToBeVisibleAsync();
        await app.SyncIndicator.WaitForAsync();
        return app;
    }

    private static async Task<bool> IsFlaggedAsync(SellersApp app, int row) => await app.Flag(row).GetAttributeAsync("aria-pressed") == "true";

    private static async Task ShouldEqualAsync(SellersApp app, SellersDatabase database)
    {
        await app.WaitForCountAsync(database.Count());
        var (file, expected) = (await app.ExportAsync(), CsvOracle.Write(database, "id DESC"));
        file.AsSpan().SequenceEqual(expected).ShouldBeTrue($"rows differ from the server's at byte {file.AsSpan().CommonPrefixLength(expected)}");
    }
}
