using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>Collection runs on the sample's page, polled through the query cache.</summary>
public sealed partial class RunTests(Chromium chromium) : ChromiumTest(chromium)
{
    [Fact]
    public async Task A_run_is_followed_to_its_end_while_what_it_finds_comes_into_the_grid()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "2000", "--Runs:FindsPerSecond=100"]);
        var (app, polls) = await OpenAsync(host);

        await StartAsync(app, size: 400);

        var run = app.Page.GetByRole(AriaRole.Article, new() { Name = "Run 1" });
        await Assertions.Expect(run.GetByText("Worker 2")).ToBeVisibleAsync();
        await run.GetByText("Activity", new() { Exact = true }).ClickAsync();
        await Assertions.Expect(run.Locator(".log li").First).ToContainTextAsync("Worker", new() { Timeout = 15_000 });
        // Live, with the run under way.
        await Assertions.Expect(app.Grid).Not.ToHaveAttributeAsync("aria-rowcount", "2001", new() { Timeout = 15_000 });
        var history = app.Page.Locator(".history li");
        await Assertions.Expect(history).ToContainTextAsync("400 found", new() { Timeout = 30_000 });
        await Assertions.Expect(history).ToContainTextAsync("Completed");
        await Assertions.Expect(run).ToHaveCountAsync(0);
        await app.WaitForCountAsync(2000 + New(await history.InnerTextAsync()));

        // The list is looked at again, after a time in which the run would have been many times.
        var before = polls.Count(IsOfRun);
        before.ShouldBeGreaterThan(2);
        await app.Page.WaitForRequestAsync(request => IsList(request.Url), new() { Timeout = 30_000 });
        polls.Count(IsOfRun).ShouldBe(before);
        app.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Polling_backs_off_while_the_server_fails_says_so_and_goes_on_when_it_answers()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "500", "--Runs:FindsPerSecond=20"]);
        var (app, _) = await OpenAsync(host);
        await StartAsync(app, size: 2000);
        var run = app.Page.GetByRole(AriaRole.Article, new() { Name = "Run 1" });
        await Assertions.Expect(run.GetByText("Worker 2")).ToBeVisibleAsync();
        ConcurrentQueue<long> failures = [];
        await app.Page.RouteAsync(OfRun(), route =>
        {
            failures.Enqueue(Stopwatch.GetTimestamp());
            return route.FulfillAsync(new() { Status = 503 });
        });

        await Assertions.Expect(run.GetByText("The server does not answer. Trying again…")).ToBeVisibleAsync();
        await Assertions.Expect(run.GetByRole(AriaRole.Alert)).ToContainTextAsync("The server answered 503", new() { Timeout = 30_000 });
        var pauses = failures.Zip(failures.Skip(1), Stopwatch.GetElapsedTime).Select(pause => pause.TotalSeconds).ToArray();
        pauses.Length.ShouldBe(3);
        pauses[0].ShouldBeInRange(0.9, 1.9);
        pauses[1].ShouldBeInRange(1.9, 3.9);
        pauses[2].ShouldBeInRange(3.9, 8);
        // What was known stays on the page.
        await Assertions.Expect(run.GetByText("Worker 2")).ToBeVisibleAsync();
        await app.Page.UnrouteAllAsync();
        await run.GetByRole(AriaRole.Button, new() { Name = "Try now" }).ClickAsync();

        await Assertions.Expect(run.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        await run.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Assertions.Expect(app.Page.Locator(".history li")).ToContainTextAsync("Cancelled");
    }

    [Fact]
    public async Task Polling_rests_while_the_tab_is_hidden_and_catches_up_when_it_is_shown()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "500", "--Runs:FindsPerSecond=50"]);
        var (app, polls) = await OpenAsync(host);
        await StartAsync(app, size: 200);
        await Assertions.Expect(app.Page.GetByRole(AriaRole.Article, new() { Name = "Run 1" }).GetByText("Worker 2")).ToBeVisibleAsync();

        await ShowAsync(app, false);
        var before = polls.Count;
        // The server is asked beside the page, until the run has ended.
        for (var ended = false; !ended;)
        {
            var answer = await app.Page.APIRequest.GetAsync($"{host.Address}api/runs/1");
            ended = (await answer.TextAsync()).Contains("\"Completed\"", StringComparison.Ordinal);
        }

        // One may have been on its way.
        polls.Count.ShouldBeLessThanOrEqualTo(before + 1);
        await ShowAsync(app, true);

        await Assertions.Expect(app.Page.Locator(".history li")).ToContainTextAsync("Completed");
    }

    [Fact]
    public async Task History_is_there_where_nobody_answers_and_is_gone_after_signing_out()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "500", "--Runs:FindsPerSecond=0"]);
        var (app, _) = await OpenAsync(host);
        await StartAsync(app, size: 100);
        var history = app.Page.Locator(".history li");
        await Assertions.Expect(history).ToContainTextAsync("Completed");

        await app.Page.RouteAsync("**/api/runs", route => route.AbortAsync());
        await app.Page.ReloadAsync();
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Runs" }).ClickAsync();
        await Assertions.Expect(history).ToContainTextAsync("Completed");
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();

        await app.Page.GetByLabel("User").WaitForAsync();
        (await app.Page.EvaluateAsync<string[]>("async () => (await indexedDB.databases()).map(database => database.name)")).ShouldNotContain(name => name.Contains("ada", StringComparison.Ordinal));
        await app.SignInAsync("grace");
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Runs" }).ClickAsync();
        await Assertions.Expect(app.Page.GetByText("Reading…")).ToBeVisibleAsync();
        await Assertions.Expect(history).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task The_panel_for_developers_shows_the_queries_of_runs()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "500", "--Runs:FindsPerSecond=10"]);
        var (app, _) = await OpenAsync(host);
        await StartAsync(app, size: 2000);

        await app.Page.Keyboard.PressAsync("Control+Alt+d");

        var panel = app.Page.Locator("[data-devtools]");
        await Assertions.Expect(panel).ToContainTextAsync("runs");
        await Assertions.Expect(panel).ToContainTextAsync("list");
        app.Complaints.ShouldBeEmpty();
    }

    private async Task<(SellersApp App, ConcurrentQueue<string> Polls)> OpenAsync(HostProcess host)
    {
        var app = await SellersApp.OpenAsync(await NewProfileAsync(host));
        ConcurrentQueue<string> polls = [];
        app.Page.Request += (_, request) =>
        {
            if (request.Url.Contains("/api/runs", StringComparison.Ordinal))
                polls.Enqueue(request.Url);
        };
        await app.WaitUntilLiveAsync();
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Runs" }).ClickAsync();
        await Assertions.Expect(app.Page.GetByText("No run has ended yet.")).ToBeVisibleAsync();
        return (app, polls);
    }

    private static async Task StartAsync(SellersApp app, int size)
    {
        await app.Page.GetByLabel("Sellers to find").FillAsync($"{size}");
        await app.Page.GetByLabel("Workers", new() { Exact = true }).FillAsync("2");
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Start a run" }).ClickAsync();
    }

    // Headless tabs are never hidden: the page is told so.
    private static async Task ShowAsync(SellersApp app, bool isVisible) => await app.Page.EvaluateAsync(
        """
        isVisible => {
          Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => isVisible ? 'visible' : 'hidden' });
          Object.defineProperty(document, 'hidden', { configurable: true, get: () => !isVisible });
          document.dispatchEvent(new Event('visibilitychange'));
        }
        """, isVisible);

    private static bool IsOfRun(string url) => OfRun().IsMatch(url);

    private static bool IsList(string url) => url.EndsWith("/api/runs", StringComparison.Ordinal);

    private static int New(string text) => int.Parse(NewOnes().Match(text).Groups[1].Value, null);

    [GeneratedRegex(@"/api/runs/\d+$")]
    private static partial Regex OfRun();

    [GeneratedRegex(@"(\d+) of them new")]
    private static partial Regex NewOnes();
}
