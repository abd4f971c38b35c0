using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace Collection.ServerCircuit.Tests;

/// <summary>The store with the page's C# on a server: calls and bytes cross a circuit of Blazor Server.</summary>
public sealed class ServerCircuitTests : IAsyncLifetime
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

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    [Fact]
    public async Task Pages_views_and_edits_cross_a_circuit_that_allows_messages_of_a_window()
    {
        await using var host = await StartAsync(maxMessageBytes: 1024 * 1024);
        var tab = await OpenAsync(host);

        await Assertions.Expect(tab.Locator("#said")).ToHaveTextAsync("10000 stored, 2000 read, 1 pending, row 7: edited", new() { Timeout = 60_000 });
    }

    private static async Task<WebApplication> StartAsync(long maxMessageBytes)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = typeof(ServerCircuitTests).Assembly.GetName().Name, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddRazorComponents().AddInteractiveServerComponents().AddHubOptions(options => options.MaximumReceiveMessageSize = maxMessageBytes);
        var host = builder.Build();
        host.UseAntiforgery();
        host.MapStaticAssets();
        host.MapRazorComponents<App>().AddInteractiveServerRenderMode();
        await host.StartAsync();
        return host;
    }

    private async Task<IPage> OpenAsync(WebApplication host)
    {
        var tab = await _browser!.NewPageAsync();
        await tab.GotoAsync(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return tab;
    }
}
