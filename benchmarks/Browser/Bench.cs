using System.Diagnostics;
using System.Globalization;

namespace Collection.Benchmarks.Browser;

/// <summary>Measures every scenario, ours and the peers in turns, in one browser.</summary>
internal sealed class Bench(BenchServer server, BrowserSession browser, SellersTable table, Arguments arguments, string profile)
{
    /// <summary>Who has taken this long in a scenario has no further run in it: its times are long enough to be told from noise.</summary>
    public static readonly TimeSpan Budget = TimeSpan.FromMinutes(1);

    private readonly List<Result> _results = [];
    private readonly List<Figures> _figures = [];
    private readonly List<string> _notes = [];

    public static IReadOnlyList<string> Names { get; } =
        [.. Scenarios.OfApp.Concat(Scenarios.OfStore).Select(s => s.Name), Observations.Memory, Observations.SyncScroll, Replay.Scroll];

    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        using var database = new DatabaseCopy(arguments.Database);
        using var table = new SellersTable(database);
        await using var server = await BenchServer.StartAsync(database, table, cancellationToken);
        var profile = Path.Combine(database.Folder, "profile");
        await using var browser = await BrowserSession.StartAsync(profile);
        var bench = new Bench(server, browser, table, arguments, profile);
        await bench.MeasureAsync();

        Console.WriteLine();
        Console.Write(ResultFiles.Tables(bench._results, bench._figures));
        bench._notes.ForEach(Console.WriteLine);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{arguments.Runs} runs in {watch.Elapsed.TotalMinutes:F1} minutes."));
        if (arguments.Json is { } json)
        {
            var heading = Machine.Heading($"In the browser, {table.Count} rows", [browser.Version, $".NET {Environment.Version}", .. bench._results.Select(r => r.Peer).Distinct()]);
            await ResultFiles.WriteAsync(json, string.Join("\n\n", [heading, .. bench._notes]), bench._results, bench._figures, cancellationToken);
        }
    }

    private IReadOnlyList<Contender> Peers { get; } =
        [.. Contender.Peers.Where(peer => arguments.Peers?.Contains(peer.Name) ?? (peer != Contender.Dexie || table.Count <= Contender.MaxDexieRows))];

    private async Task MeasureAsync()
    {
        foreach (var peer in Contender.Peers.Except(Peers))
            _notes.Add($"Not measured: {peer.Name}, which {(arguments.Peers is null ? $"takes minutes for a first sync of more than {Contender.MaxDexieRows} rows" : "was not asked for")}; `--peers` says who takes part.");
        await MeasureAsync(Scenarios.OfApp);
        var observations = new Observations(contender => Open(contender, freshPage: false), table, profile);
        if (arguments.Includes(Scenarios.Export.Name))
        {
            foreach (var contender in (Contender[])[Scenarios.Export.Ours, .. Scenarios.Export.Peers.Intersect(Peers)])
                _figures.Add(await observations.MeasureExportAsync(contender));
        }

        await MeasureAsync(Scenarios.OfStore);
        Contender[] all = [Contender.App, Contender.Store, .. Peers.Where(peer => peer != Contender.Raw)];
        if (arguments.Includes(Observations.SyncScroll))
        {
            foreach (var contender in all.Where(c => c == Contender.App || c == Contender.Dexie))
                _figures.Add(await observations.MeasureSyncScrollAsync(contender));
        }

        if (arguments.Includes(Observations.Memory))
        {
            if (!Scenarios.OfStore.Any(s => arguments.Includes(s.Name)))
                await RunAsync(Scenarios.StoreBulk, [.. all.Where(c => c != Contender.App)], 1);
            _figures.AddRange(await observations.MeasureMemoryAsync(all));
        }

        // The last one: it adds rows.
        if (arguments.Includes(Replay.Scroll))
            _figures.AddRange(await MeasureScrollAsync());
    }

    private async Task<IReadOnlyList<Figures>> MeasureScrollAsync()
    {
        var replay = new Replay(browser, server, table);
        if (!Peers.Contains(Contender.Dexie))
            return await replay.MeasureAsync([.. GridContender.All.Where(grid => grid.Home != Contender.Dexie)]);
        await RunAsync(Scenarios.FirstSync, [Contender.Dexie], 1);
        return await replay.MeasureAsync(GridContender.All);
    }

    /// <summary>Scenarios of one family, on databases that its first one fills.</summary>
    private async Task MeasureAsync(IReadOnlyList<Scenario> family)
    {
        var included = family.Where(s => arguments.Includes(s.Name)).ToArray();
        if (included.Length == 0)
            return;
        if (included[0] != Scenarios.StoreBulk)
        {
            // Also warms server and browser up: nobody's first sync is the first request to its server.
            Console.WriteLine("Warming up ...");
            await RunAsync(family[0], [family[0].Ours, .. family[0].Peers.Intersect(Peers)], 1);
        }

        if (included.SelectMany(s => s.Peers).Intersect(Peers).Contains(Contender.Raw))
            await RunAsync(Scenarios.RawFill, [Contender.Raw], 1);
        foreach (var scenario in included)
        {
            var sides = await RunAsync(scenario, [scenario.Ours, .. scenario.Peers.Intersect(Peers)], arguments.Runs);
            _results.AddRange(sides.Skip(1).Select(peer => new Result(
                scenario.Name, table.Count, sides[0].Timing, peer.Name, peer.Timing,
                [("ours_longest_task_ms", sides[0].LongestTask), ("peer_longest_task_ms", peer.LongestTask)])));
            _notes.AddRange(sides.Where(side => side.Runs < arguments.Runs).Select(side =>
                $"Of `{scenario.Name}`, {side.Name} has {side.Runs} of {arguments.Runs} runs: they took {side.Busy.TotalSeconds:F0} s."));
        }
    }

    private async Task<IReadOnlyList<Side>> RunAsync(Scenario scenario, IReadOnlyList<Contender> contenders, int runs)
    {
        var sides = contenders.Select(contender => Open(contender, scenario.FreshPage)).ToArray();
        try
        {
            for (var run = 1; run <= runs; run++)
            {
                var step = scenario.Prepare(table, run);
                List<string> took = [];
                foreach (var side in sides.Where(side => side.Busy < Budget))
                {
                    var outcome = await side.RunAsync(step);
                    if (outcome.Milliseconds.Length > 0)
                        took.Add(string.Create(CultureInfo.InvariantCulture, $"{side.Name} {new Timing(outcome.Milliseconds).Median:F1} ms"));
                }

                Console.WriteLine($"{scenario.Name} {run}/{runs}: {string.Join(", ", took)}");
            }
        }
        finally
        {
            foreach (var side in sides)
                await side.DisposeAsync();
        }

        return sides;
    }

    private Side Open(Contender contender, bool freshPage) => new(browser, server.AddressOf(contender), contender.Order, freshPage);
}
