using System.Globalization;

namespace Collection.Benchmarks.Browser;

/// <summary>A grid under test.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Home">Whose address, and so whose database, it has.</param>
/// <param name="Page">Its page there.</param>
internal sealed record GridContender(string Name, Contender Home, string Page)
{
    public static IReadOnlyList<GridContender> All { get; } =
    [
        new("CollectionGrid", Contender.App, "/compare/?grid=grid"),
        new("Virtualize, row source", Contender.App, "/compare/?grid=virtualize"),
        new("Virtualize", Contender.App, "/compare/?grid=virtualize-store"),
        new("RadzenDataGrid", Contender.App, "/compare/?grid=radzen-store"),
        new("AG Grid over Dexie", Contender.Dexie, "/ag.html"),
    ];
}

/// <summary>Recorded scrolling, sorting, filtering and arrivals in real grids: what a person sees of them, frame by frame.</summary>
internal sealed class Replay(BrowserSession browser, BenchServer server, SellersTable table)
{
    public const string Scroll = "scroll";

    /// <summary>Rows a second that arrive, and for how many seconds.</summary>
    private const int Arrivals = 100;
    private const int ArrivalSeconds = 10;
    private const int ArrivalBatches = 10;

    /// <summary>How often each way to sort and to filter is chosen.</summary>
    private const int Rounds = 8;

    private readonly List<Figures> _figures = [];

    /// <summary>Recorded scrolling, one file each.</summary>
    public static string TraceFolder { get; } = Path.Combine(AppContext.BaseDirectory, "traces");

    /// <exception cref="InvalidOperationException">A grid did not come to show the right rows; the message says which are missing.</exception>
    public async Task<IReadOnlyList<Figures>> MeasureAsync(IReadOnlyList<GridContender> grids)
    {
        var traces = Directory.Exists(TraceFolder) ? Directory.GetFiles(TraceFolder, "*.csv").Select(file => Path.GetFileName(file)!).Order().ToArray() : [];
        if (traces.Length == 0)
            throw new InvalidOperationException($"There are no traces to replay in {TraceFolder}. Publish the benchmark anew with eng/bench.sh.");
        foreach (var grid in grids)
        {
            await TryAsync(grid, page => ReplayAsync(grid, page, traces));
            await TryAsync(grid, page => ChooseAsync(grid, page));
        }

        // Last, because the table is another one from then on.
        foreach (var grid in grids.Where(grid => grid.Home == Contender.App))
            await TryAsync(grid, page => StayAsync(grid, page));
        return _figures;
    }

    private async Task ReplayAsync(GridContender grid, BrowserPage page, IReadOnlyList<string> traces)
    {
        List<Outcome> outcomes = [];
        foreach (var trace in traces)
        {
            var outcome = await page.RunAsync("trace", trace);
            outcomes.Add(outcome);
            Add($"{grid.Name}: {Path.GetFileNameWithoutExtension(trace)}", outcome, Seen(outcome.Figures!, "shown"));
        }

        var fetched = outcomes.Sum(outcome => outcome.Figures!["fetched"]);
        var all = outcomes[0].Figures!.Keys.Where(name => name is "wrong_rows" or "long_tasks" or "blank_rows")
            .ToDictionary(name => name, name => outcomes.Sum(outcome => outcome.Figures![name]));
        all["fetched_per_shown"] = fetched / outcomes.Sum(outcome => outcome.Figures!["shown"]);
        foreach (var name in new[] { "longest_task_ms", "longest_gap_ms" })
            all[name] = outcomes.Max(outcome => outcome.Figures![name]);
        Add($"{grid.Name}: all traces", new Outcome("", [.. outcomes.SelectMany(outcome => outcome.Milliseconds)], [], 0, null), all);
    }

    private async Task ChooseAsync(GridContender grid, BrowserPage page)
    {
        var platforms = table.SomePlatforms();
        string[][] sorts = [["normalized_name", ""], ["-times_seen", ""], ["", ""]];
        string[][] filters = [.. platforms.Select(platform => new[] { "", platform }), ["", ""]];
        foreach (var (what, choices) in new[] { ("sort", sorts), ("filter", filters) })
        {
            var order = grid.Home.Order.ToString();
            var rounds = Enumerable.Repeat(choices, Rounds).SelectMany(round => round).Select(choice => (string[])[.. choice, order]).ToArray();
            var outcome = await page.RunAsync("choose", [rounds]);
            Add($"{grid.Name}: {what}", outcome, outcome.Figures!, "repaint");
        }
    }

    private async Task StayAsync(GridContender grid, BrowserPage page)
    {
        await page.RunAsync("goToMiddle");
        var staying = page.RunAsync("stay", ArrivalSeconds);
        for (var batch = 0; batch < ArrivalSeconds * ArrivalBatches && !staying.IsCompleted; batch++)
        {
            table.Add(Arrivals / ArrivalBatches);
            await Task.Delay(TimeSpan.FromSeconds(1.0 / ArrivalBatches));
        }

        var outcome = await staying;
        Add($"{grid.Name}: {Arrivals} rows/s arrive", outcome, outcome.Figures!);
    }

    /// <summary>One grid that cannot do something does not keep the others from being measured; ours may not fail.</summary>
    private async Task TryAsync(GridContender grid, Func<BrowserPage, Task> measure)
    {
        try
        {
            await using var page = await browser.OpenAsync(server.AddressOf(grid.Home, "replay.html"));
            await page.RunAsync("open", grid.Page);
            await measure(page);
        }
        catch (InvalidOperationException e) when (grid != GridContender.All[0])
        {
            Console.WriteLine($"{grid.Name}: {e.Message}");
            _figures.Add(new Figures(Scroll, table.Count, $"{grid.Name}: failed", [("failures", 1)]));
        }
    }

    private static Dictionary<string, double> Seen(Dictionary<string, double> figures, string shown)
    {
        var seen = new Dictionary<string, double>(figures) { ["fetched_per_shown"] = figures["fetched"] / figures[shown] };
        return seen;
    }

    private void Add(string of, Outcome outcome, Dictionary<string, double> figures, string timed = "settle")
    {
        List<(string, double)> values = [.. figures.Select(figure => (figure.Key, figure.Value))];
        if (outcome.Milliseconds.Length > 0)
        {
            var timing = new Timing(outcome.Milliseconds);
            values.InsertRange(0, [($"{timed}_p50_ms", timing.Median), ($"{timed}_p95_ms", timing.P95)]);
        }

        _figures.Add(new Figures(Scroll, table.Count, of, values));
        Console.WriteLine($"{of}: {string.Join(", ", values.Select(value => string.Create(CultureInfo.InvariantCulture, $"{value.Item1} {value.Item2:0.##}")))}");
    }
}
