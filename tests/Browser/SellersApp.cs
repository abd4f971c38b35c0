using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>The sample's page as a person uses it.</summary>
public sealed partial class SellersApp
{
    private const int RowHeight = 36;

    private readonly List<string> _complaints = [];

    private SellersApp(IPage page)
    {
        Page = page;
        page.PageError += (_, error) => Note(error);
        page.Console += (_, message) =>
        {
            // A request that fails without a server is what offline means; the page's own word on it is the sync status.
            if (message.Type == "error" && !message.Text.Contains("net::ERR_", StringComparison.Ordinal))
                Note(message.Text);
        };
    }

    public IPage Page { get; }

    /// <summary>Errors in the console, among them violations of the Content-Security-Policy.</summary>
    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (_complaints)
                return [.. _complaints];
        }
    }

    public ILocator SyncIndicator => Page.Locator(".sync");

    public ILocator Search => Page.GetByRole(AriaRole.Searchbox, new() { Name = "Search sellers" });

    public ILocator Grid => Page.GetByRole(AriaRole.Grid, new() { Name = "Sellers" });

    /// <summary>The button that flags the seller in a row, the first being 0.</summary>
    public ILocator Flag(long position) => Page.Locator($"[role=row][aria-rowindex='{position + 2}'] button.flag");

    /// <summary>Flags a seller, or takes the flag off, and waits until the page shows it.</summary>
    public async Task FlagAsync(long position, bool flagged = true)
    {
        await Flag(position).ClickAsync();
        await WaitForFlagAsync(position, flagged);
    }

    /// <summary>Waits until the page shows a seller as flagged, or not.</summary>
    public async Task WaitForFlagAsync(long position, bool flagged = true) =>
        await Assertions.Expect(Flag(position)).ToHaveAttributeAsync("aria-pressed", flagged ? "true" : "false", new() { Timeout = 30_000 });

    /// <summary>Waits until the server has confirmed every edit.</summary>
    public async Task WaitUntilSentAsync() => await Assertions.Expect(SyncIndicator).Not.ToContainTextAsync(" way", new() { Timeout = 60_000 });

    public ILocator ExportMenu => Page.GetByRole(AriaRole.Dialog, new() { Name = "Export sellers" });

    /// <summary>Opens the menu of the export, and chooses in it.</summary>
    /// <param name="format">The label of a format.</param>
    /// <param name="scope">A part of the label of a scope; null for what the menu proposes.</param>
    /// <param name="flags">Whether the exported rows are flagged.</param>
    public async Task ChooseExportAsync(string format = "CSV", string? scope = null, bool flags = false)
    {
        if (!await ExportMenu.IsVisibleAsync())
            await Page.GetByRole(AriaRole.Button, new() { Name = "Export…" }).ClickAsync();
        await ExportMenu.GetByRole(AriaRole.Radio, new() { Name = format, Exact = true }).CheckAsync();
        if (scope is not null)
            await ExportMenu.GetByRole(AriaRole.Radio, new() { Name = scope }).CheckAsync();
        await ExportMenu.GetByRole(AriaRole.Checkbox).SetCheckedAsync(flags);
    }

    /// <summary>Begins the export that has been chosen.</summary>
    public Task StartExportAsync() => ExportMenu.Locator("button.primary").ClickAsync();

    /// <summary>Exports to a download, and reads the file.</summary>
    public async Task<byte[]> ExportAsync(string format = "CSV", string? scope = null, bool flags = false)
    {
        await ChooseExportAsync(format, scope, flags);
        var download = await Page.RunAndWaitForDownloadAsync(StartExportAsync);
        return await File.ReadAllBytesAsync(await download.PathAsync());
    }

    /// <summary>Ends the tab as a crash does.</summary>
    public async Task CrashAsync()
    {
        var crashed = new TaskCompletionSource();
        Page.Crash += (_, _) => crashed.TrySetResult();
        var session = await Page.Context.NewCDPSessionAsync(Page);
        // The tab that is asked does not answer any more.
        _ = session.SendAsync("Page.crash").ContinueWith(static asked => asked.Exception, TaskScheduler.Default);
        await crashed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await Page.CloseAsync();
    }

    /// <summary>Opens the app in a further tab, of a person who is signed in already.</summary>
    public static async Task<SellersApp> OpenAgainAsync(IBrowserContext context)
    {
        var app = new SellersApp(await context.NewPageAsync());
        await app.Page.GotoAsync("/");
        return app;
    }

    public static async Task<SellersApp> OpenAsync(IBrowserContext context, string user = "ada")
    {
        var app = new SellersApp(await context.NewPageAsync());
        await app.Page.GotoAsync("/");
        await app.SignInAsync(user);
        return app;
    }

    public async Task SignInAsync(string user)
    {
        await Page.GetByLabel("User").FillAsync(user);
        await Page.GetByLabel("Password").FillAsync(user);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    /// <summary>Opens the page again as if it had never been arranged, sorted or filtered.</summary>
    public async Task StartOverAsync()
    {
        await Page.EvaluateAsync("() => { for (const key of Object.keys(localStorage)) if (key.endsWith('/grid')) localStorage.removeItem(key); }");
        await Page.ReloadAsync();
    }

    /// <summary>Waits until the page says that it is up to date.</summary>
    public async Task WaitUntilLiveAsync() =>
        await Assertions.Expect(SyncIndicator).ToHaveAttributeAsync("data-state", "live", new() { Timeout = 120_000 });

    /// <summary>Asks for what is new on the server, and waits for this many rows.</summary>
    public async Task SyncNowAsync()
    {
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sync now" }).ClickAsync();
        await WaitUntilLiveAsync();
    }

    /// <summary>Waits until the grid has exactly so many rows.</summary>
    public async Task WaitForCountAsync(long count)
    {
        await Assertions.Expect(Grid).ToHaveAttributeAsync("aria-rowcount", (count + 1).ToString(CultureInfo.InvariantCulture));
        await WaitUntilShownAsync();
    }

    // The rows on screen are those of the query that was asked for.
    private async Task WaitUntilShownAsync() => await Assertions.Expect(Grid).ToHaveAttributeAsync("aria-busy", "false");

    /// <summary>Waits until the grid shows a row, with the first sync still under way.</summary>
    public async Task WaitForSomeRowsAsync() => await Page.Locator("[role=row][aria-rowindex='2']").WaitForAsync();

    /// <summary>Types a search text and waits until the grid shows its result.</summary>
    public async Task SearchForAsync(string text, long expectedCount)
    {
        await Search.FillAsync(text);
        await WaitForCountAsync(expectedCount);
    }

    /// <summary>Sorts by a heading: one click ascends, a second descends.</summary>
    public async Task SortByAsync(string heading, bool descending = false)
    {
        var header = Page.GetByRole(AriaRole.Columnheader, new() { Name = heading, Exact = true });
        for (var click = 0; click < (descending ? 2 : 1); click++)
            await header.GetByRole(AriaRole.Button, new() { Name = heading, Exact = true }).ClickAsync();
        await Assertions.Expect(header).ToHaveAttributeAsync("aria-sort", descending ? "descending" : "ascending");
        await WaitUntilShownAsync();
    }

    /// <summary>Scrolls to a row, the first being 0, and reads its cells by heading.</summary>
    public async Task<Dictionary<string, string>> RowAsync(long position)
    {
        await Grid.EvaluateAsync("(grid, top) => grid.scrollTop = top", Math.Max(position - 3, 0) * RowHeight);
        var row = Page.Locator($"[role=row][aria-rowindex='{position + 2}']");
        await row.WaitForAsync();
        var headings = await Page.GetByRole(AriaRole.Columnheader).AllInnerTextsAsync();
        var cells = await row.GetByRole(AriaRole.Gridcell).AllInnerTextsAsync();
        return headings.Zip(cells).ToDictionary(pair => NotText().Replace(pair.First, "").Trim(), pair => pair.Second.Trim(), StringComparer.Ordinal);
    }

    /// <summary>The names from a row on, as the grid shows them.</summary>
    public async Task<string> NameAsync(long position) => (await RowAsync(position))["Name"];

    private void Note(string complaint)
    {
        lock (_complaints)
            _complaints.Add(complaint);
    }

    [GeneratedRegex(@"[^\p{L}\p{N} ]")]
    private static partial Regex NotText();
}
