using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace Collection.GridPage.Tests;

/// <summary>A page with a grid of as many rows as a test wants, in a Chromium of its own.</summary>
public sealed class GridPageHost : IAsyncLifetime
{
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
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = typeof(GridPageHost).Assembly.GetName().Name, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddRazorComponents().AddInteractiveServerComponents();
        _host = builder.Build();
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

    /// <summary>Opens the page, with what Chromium complains of.</summary>
    public async Task<GridPage> OpenAsync(int rows, string query = "", BrowserNewContextOptions? options = null)
    {
        var context = await _browser!.NewContextAsync(options ?? new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1000, Height = 600 }, Locale = "en-US" });
        context.SetDefaultTimeout(10_000);
        ComputedRows.Opened = new TaskCompletionSource<ComputedRows>();
        var tab = await context.NewPageAsync();
        var page = new GridPage(tab);
        var address = _host!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        await tab.GotoAsync(string.Create(CultureInfo.InvariantCulture, $"{address}/?rows={rows}{query}"));
        page.Rows = await ComputedRows.Opened.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await tab.Locator("[role=row][aria-rowindex='2']").WaitForAsync();
        // The script has come, and has given the rows their height.
        await tab.Locator(".body[style]").WaitForAsync();
        return page;
    }
}

/// <summary>The page as a person sees it.</summary>
public sealed class GridPage
{
    private readonly List<string> _complaints = [];

    internal GridPage(IPage tab)
    {
        Tab = tab;
        tab.PageError += (_, error) => _complaints.Add(error);
        tab.Console += (_, message) =>
        {
            if (message.Type == "error")
                _complaints.Add(message.Text);
        };
    }

    public IPage Tab { get; }

    public ComputedRows Rows { get; set; } = null!;

    public IReadOnlyList<string> Complaints => _complaints;

    public ILocator Grid => Tab.GetByRole(AriaRole.Grid);

    public ILocator Row(int position) => Tab.Locator(string.Create(CultureInfo.InvariantCulture, $"[role=row][aria-rowindex='{position + 2}']"));

    public ILocator Cell(int position, int column) => Row(position).GetByRole(AriaRole.Gridcell).Nth(column);

    /// <summary>How far below the heading a row stands, in px.</summary>
    public async Task<float> TopAsync(int position) => await Row(position).EvaluateAsync<float>("row => row.getBoundingClientRect().top - row.closest('[role=grid]').querySelector('.head').getBoundingClientRect().bottom");

    /// <summary>How far above the lower edge of the grid a row ends, in px.</summary>
    public async Task<float> BottomAsync(int position) => await Row(position).EvaluateAsync<float>("row => { const grid = row.closest('[role=grid]'); return grid.getBoundingClientRect().top + grid.clientTop + grid.clientHeight - row.getBoundingClientRect().bottom; }");

    /// <summary>The first row on screen as a whole.</summary>
    public async Task<int> FirstAsync() => await Grid.EvaluateAsync<int>(
        "grid => { const edge = grid.querySelector('.head').getBoundingClientRect().bottom - 0.5; return Number([...grid.querySelectorAll('.rows > [role=row]')].find(row => row.getBoundingClientRect().top >= edge)?.getAttribute('aria-rowindex')) - 2; }");

    public async Task ScrollToAsync(double physical) => await Grid.EvaluateAsync("(grid, top) => { grid.scrollTop = top; }", physical);

    /// <summary>Waits until nothing has moved for some frames.</summary>
    public async Task SettledAsync() => await Grid.EvaluateAsync(
        """
        grid => new Promise(resolve => {
          let still = 0, last = NaN;
          const look = () => {
            still = grid.scrollTop === last ? still + 1 : 0;
            last = grid.scrollTop;
            still > 15 ? resolve() : requestAnimationFrame(look);
          };
          look();
        })
        """);

    /// <summary>Does something with the rows, in the page's own turn.</summary>
    public Task InvokeAsync(Action<ComputedRows> action) => Rows.InvokeAsync(() => action(Rows));

    public async Task PressAsync(params string[] keys)
    {
        foreach (var key in keys)
            await Tab.Keyboard.PressAsync(key);
    }
}
