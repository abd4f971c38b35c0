using Collection.Contracts;
using Microsoft.Playwright;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>
/// A headless Chromium, in which every site below store.test has an empty page and the store's two scripts. Its tabs share
/// a profile, as a person's do.
/// </summary>
public sealed class Chromium : IAsyncLifetime
{
    /// <summary>A site that has an empty page and the store's scripts.</summary>
    internal const string Site = "https://www.store.test/";

    internal const string Sites = "https://*.store.test/**";

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private IBrowserContext? _profile;

    internal static string Executable => Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium";

    /// <summary>No sandbox: tests run as root in containers. The rest keeps Chromium from calling home.</summary>
    internal static string[] Arguments { get; } = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

    public async Task InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Executable,
            Args = Arguments,
        });
        _profile = await _browser.NewContextAsync();
        await _profile.RouteAsync(Sites, AnswerAsync);
    }

    /// <summary>Opens a tab.</summary>
    internal async Task<Tab> OpenTabAsync(string site = "www")
    {
        var page = await (_profile ?? throw new InvalidOperationException("Chromium has not been started.")).NewPageAsync();
        await page.GotoAsync($"https://{site}.store.test/");
        return await Tab.StartAsync(page);
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    internal static Task AnswerAsync(IRoute route)
    {
        var path = new Uri(route.Request.Url).AbsolutePath;
        var answer = path.StartsWith("/_content/Collection.Sync.IndexedDb/", StringComparison.Ordinal)
            ? new RouteFulfillOptions { ContentType = "text/javascript", Path = RepositoryFiles.PathOf("src", "Sync.IndexedDb", "wwwroot", Path.GetFileName(path)) }
            : new RouteFulfillOptions
            {
                ContentType = "text/html",
                Body = "<!doctype html><title>Store</title>",
                Headers = new Dictionary<string, string> { ["Content-Security-Policy"] = "default-src 'none'; script-src 'self'; worker-src 'self'" },
            };
        return route.FulfillAsync(answer);
    }
}

[CollectionDefinition(nameof(Chromium))]
public sealed class OneChromium : ICollectionFixture<Chromium>;
