using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>Debian's Chromium, headless, with a fresh profile a context.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            // No sandbox: tests run as root in containers. The rest keeps Chromium from calling home.
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>A browser profile of its own.</summary>
    public async Task<IBrowserContext> NewContextAsync(Uri address)
    {
        var context = await (_browser ?? throw new InvalidOperationException("Chromium has not been started."))
            .NewContextAsync(new BrowserNewContextOptions { BaseURL = address.ToString(), ViewportSize = new ViewportSize { Width = 1280, Height = 800 }, Locale = "en-US" });
        context.SetDefaultTimeout(60_000);
        // Nobody is there to pick a file: exports are downloads.
        await context.AddInitScriptAsync("delete window.showSaveFilePicker");
        return context;
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}

/// <summary>One browser and one host at a time: two cores are not enough for more.</summary>
[CollectionDefinition(nameof(Chromium))]
public sealed class OneChromium : ICollectionFixture<Chromium>;
