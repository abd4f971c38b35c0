using System.Diagnostics;
using System.Globalization;

namespace Collection.Benchmarks.Browser;

/// <summary>Measures every scenario, ours and the peer in turns, in one browser.</summary>
internal sealed class Bench(BenchServer server, BrowserSession browser, SellersTable table)
{
    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        using var database = new DatabaseCopy(arguments.Database);
        using var table = new SellersTable(database);
        await using var server = await BenchServer.StartAsync(database, cancellationToken);
        await using var browser = await BrowserSession.StartAsync(Path.Combine(database.Folder, "profile"));
        var results = await new Bench(server, browser, table).MeasureAsync(arguments);

        Console.WriteLine();
        Console.Write(ResultFiles.Table(results));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{arguments.Runs} runs in {watch.Elapsed.TotalMinutes:F1} minutes."));
        if (arguments.Json is { } json)
        {
            var heading = Machine.Heading($"In the browser, {table.Count} rows", browser.Version, $".NET {Environment.Version}", results[0].Peer);
            await ResultFiles.WriteAsync(json, heading, results, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<Result>> MeasureAsync(Arguments arguments)
    {
        // Fills both databases, and warms server and browser up: nobody's first sync is the first request to its server.
        Console.WriteLine("Warming up ...");
        await MeasureAsync(Scenario.FirstSync, 1);
        List<Result> results = [];
        foreach (var scenario in Scenario.All.Where(s => arguments.Includes(s.Name)))
            results.Add(await MeasureAsync(scenario, arguments.Runs));
        return results;
    }

    private async Task<Result> MeasureAsync(Scenario scenario, int runs)
    {
        await using var ours = new Side(browser, server.Ours, scenario.FreshPage);
        await using var peer = new Side(browser, server.Dexie, scenario.FreshPage);
        for (var run = 1; run <= runs; run++)
        {
            var step = scenario.Prepare(table, run);
            var (oursTook, peerTook) = (await ours.RunAsync(step, step.OursSees), await peer.RunAsync(step, step.PeerSees));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{scenario.Name} {run}/{runs}: {oursTook.Median:F1} ms, {peer.Name} {peerTook.Median:F1} ms"));
        }

        return new Result(
            scenario.Name, table.Count, ours.Timing, peer.Name, peer.Timing,
            [("ours_longest_task_ms", ours.LongestTask), ("peer_longest_task_ms", peer.LongestTask)]);
    }
}
