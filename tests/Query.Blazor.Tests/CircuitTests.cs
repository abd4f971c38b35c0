using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace Collection.Query.Blazor.Tests;

/// <summary>A component on a server, with the signals of a real browser.</summary>
public sealed class CircuitTests : IAsyncLifetime
{
    private readonly RunServer _server = new() { Number = 1 };
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private WebApplication? _host;

    public async Task InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            // No sandbox: tests run as root in containers. The rest keeps Chromium from calling home.
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = typeof(CircuitTests).Assembly.GetName().Name, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddRazorComponents().AddInteractiveServerComponents();
        builder.Services.AddSingleton(_server).AddQueryCaching();
        _host = builder.Build();
        // What the page may run is of its own origin: the package's script is.
        _host.Use((context, next) =>
        {
            context.Response.Headers.ContentSecurityPolicy = "script-src 'self'";
            return next(context);
        });
        _host.UseAntiforgery();
        _host.MapStaticAssets();
        _host.MapRazorComponents<App>().AddInteractiveServerRenderMode();
        await _host.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_host is not null)
            await _host.DisposeAsync();
    }

    [Fact]
    public async Task Polling_follows_the_server_rests_in_a_hidden_page_waits_for_the_network_and_ends_with_the_run()
    {
        var tab = await _browser!.NewPageAsync();
        await tab.GotoAsync(_host!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        await ShouldShowAsync(tab, "1, Idle");
        _server.Number = 2;
        await ShouldShowAsync(tab, "2, Idle");

        await SignalAsync(tab, "document", "visibilityState", "'hidden'", "visibilitychange");
        await AskAgainAsync(tab, 3, "3, Idle, hidden");
        var calls = _server.Calls;
        for (var number = 10; number < 20; number++)
            await AskAgainAsync(tab, number, $"{number}, Idle, hidden");
        (_server.Calls - calls).ShouldBe(10, "nothing was fetched but what was asked for by hand");
        await SignalAsync(tab, "window", "onLine", "false", "offline");
        await SignalAsync(tab, "document", "visibilityState", "'visible'", "visibilitychange");
        await ShouldShowAsync(tab, "19, Paused");
        _server.Number = 4;
        await SignalAsync(tab, "window", "onLine", "true", "online");
        await ShouldShowAsync(tab, "4, Idle");

        _server.Number = -1;
        await ShouldShowAsync(tab, "-1, Idle");
        calls = _server.Calls;
        for (var number = -2; number > -12; number--)
            await AskAgainAsync(tab, number, $"{number}, Idle");
        (_server.Calls - calls).ShouldBe(10, "the run is over");
    }

    [Fact]
    public async Task What_was_fetched_is_kept_in_the_browser_and_shown_by_the_next_page_until_it_is_forgotten()
    {
        var address = _host!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var tab = await _browser!.NewPageAsync();
        await tab.GotoAsync(address);
        await Assertions.Expect(tab.Locator("#kept")).ToHaveTextAsync("1, Success");
        await tab.WaitForAsync(
            """
            async () => {
              const request = indexedDB.open('kept-queries');
              await new Promise(resolve => request.onsuccess = resolve);
              const count = request.result.transaction('queries').objectStore('queries').count();
              await new Promise(resolve => count.onsuccess = resolve);
              request.result.close();
              return count.result === 1;
            }
            """);
        _server.Error = new HttpRequestException("The server is away.");

        await tab.ReloadAsync();
        await Assertions.Expect(tab.Locator("#kept")).ToHaveTextAsync("1, Success");
        await tab.Locator("#forget").ClickAsync();
        await Assertions.Expect(tab.Locator("#failure")).ToHaveTextAsync("forgotten");
        await tab.ReloadAsync();

        await Assertions.Expect(tab.Locator("#kept")).ToHaveTextAsync("0, Pending");
    }

    private async Task AskAgainAsync(IPage tab, int number, string shown)
    {
        _server.Number = number;
        await tab.Locator("#again").ClickAsync();
        await ShouldShowAsync(tab, shown);
    }

    private static Task ShouldShowAsync(IPage tab, string text) => Assertions.Expect(tab.Locator("#run")).ToHaveTextAsync(text, new() { Timeout = 30_000 });

    /// <summary>What the browser does, brought about by the test: headless tabs are never hidden, and a circuit without a network could not be asked.</summary>
    private static async Task SignalAsync(IPage tab, string target, string property, string value, string name) => await tab.EvaluateAsync(
        $$"""
        () => {
          Object.defineProperty('{{property}}' === 'onLine' ? navigator : document, '{{property}}', { configurable: true, get: () => {{value}} });
          {{target}}.dispatchEvent(new Event('{{name}}'));
        }
        """);
}
