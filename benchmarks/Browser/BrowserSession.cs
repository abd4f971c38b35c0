using Microsoft.Playwright;

namespace Collection.Benchmarks.Browser;

/// <summary>One browser with its profile on disk, as a person has it: a private window would keep its databases in memory.</summary>
internal sealed class BrowserSession : IAsyncDisposable
{
    private static readonly string[] Switches =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        // Memory is measured when it is asked for, and not after the next collection of garbage, which may be 20 s later.
        "--enable-blink-features=ForceEagerMeasureMemory",
    ];

    private readonly IPlaywright _playwright;
    private readonly IBrowserContext _context;

    private BrowserSession(IPlaywright playwright, IBrowserContext context)
    {
        _playwright = playwright;
        _context = context;
    }

    public string Version => _context.Browser?.Version is { } version ? $"Chromium {version}" : "Chromium";

    public static async Task<BrowserSession> StartAsync(string profile)
    {
        var playwright = await Playwright.CreateAsync();
        var context = await playwright.Chromium.LaunchPersistentContextAsync(profile, new BrowserTypeLaunchPersistentContextOptions
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") is { Length: > 0 } path ? path : "/usr/bin/chromium",
            Args = Switches,
        });
        return new BrowserSession(playwright, context);
    }

    /// <summary>Opens a page; the runtime that it needs has started by the time it is there.</summary>
    public async Task<BrowserPage> OpenAsync(Uri address)
    {
        var page = new BrowserPage(await _context.NewPageAsync());
        await page.GotoAsync(address);
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        await _context.CloseAsync();
        _playwright.Dispose();
    }
}
