namespace Collection.Benchmarks.Browser;

/// <summary>What is not about times of one operation: memory, and a list that scrolls while rows arrive.</summary>
internal sealed class Observations(Func<Contender, Side> open, SellersTable table, string profile)
{
    public const string Memory = "memory";
    public const string SyncScroll = "sync-scroll";

    /// <summary>Rows read at once by one who scrolls through everything.</summary>
    private const int ScrollWindow = 1000;
    private const int ScrollRuns = 3;

    /// <summary>As often as looking costs little beside what is looked at.</summary>
    private static readonly TimeSpan MemorySamples = TimeSpan.FromMilliseconds(50);

    /// <summary>Memory after a first sync, and after a start, scrolling through everything, a search and a sort.</summary>
    public async Task<IReadOnlyList<Figures>> MeasureMemoryAsync(IReadOnlyList<Contender> contenders)
    {
        int[] everywhere = [.. Enumerable.Range(0, (table.Count + ScrollWindow - 1) / ScrollWindow).Select(i => i * ScrollWindow)];
        var open = new Step("warmOpen", [Scenarios.FirstWindow], [.. table.Keys.Take(Scenarios.FirstWindow)]);
        var browse = new Step("windows", [everywhere, table.KeysAt(everywhere), ScrollWindow], SellersTable.Ends(table.Keys, everywhere, ScrollWindow));
        var browseNames = new Step("windowJump", [everywhere, ScrollWindow], order => SellersTable.Ends(table.ByName(order), everywhere, ScrollWindow));
        var search = new Step("search", [Scenarios.Texts, Scenarios.FirstWindow], table.Search(Scenarios.Texts, Scenarios.FirstWindow));
        Step Sort(bool cold) => new("screens", ["normalized_name", false, everywhere, 1, cold], order => SellersTable.Ends(table.ByName(order), everywhere, 1));

        List<Figures> figures = [];
        foreach (var contender in contenders)
        {
            if (contender == Contender.App)
            {
                // A delta with nothing stored is a first sync, and the store stays open after it.
                figures.Add(await MeasureMemoryAsync(contender, "after first sync", new Step("delta", [-1, Scenarios.FirstWindow], [0, table.Count]) { Before = ["empty"] }));
                figures.Add(await MeasureMemoryAsync(contender, "after scrolling, search, sort", open, browseNames, search));
                continue;
            }

            figures.Add(await MeasureMemoryAsync(contender, "after scrolling, search, sort", open, browse, search, Sort(cold: false)));
            if (contender == Contender.Store)
                figures.Add(await MeasureMemoryAsync(contender, "the same, no rows cached", Sort(cold: true), browse, search));
        }

        return figures;
    }

    /// <summary>A first sync while a list is scrolled and read anew in every frame.</summary>
    public async Task<Figures> MeasureSyncScrollAsync(Contender contender)
    {
        await using var side = open(contender);
        List<Outcome> outcomes = [];
        for (var run = 1; run <= ScrollRuns && side.Busy < Bench.Budget; run++)
        {
            outcomes.Add(await side.RunAsync(new Step("syncScroll", [30], [table.Count]) { Before = ["empty"], IsHeavy = true }));
            await side.DisposeAsync();
        }

        return new Figures(SyncScroll, table.Count, side.Name,
        [
            ("sync_ms", side.Timing.Median),
            ("longest_task_ms", side.LongestTask),
            ("longest_gap_ms", outcomes.Max(o => o.Figures!["longest_gap_ms"])),
            ("frames", outcomes.Average(o => o.Figures!["frames"])),
            ("reads", outcomes.Min(o => o.Figures!["reads"])),
        ]);
    }

    /// <summary>
    /// The memory of the page's process before an export, and the most that is seen while one is under way; and the most while
    /// the next one is, when what the first has left in caches is there already.
    /// </summary>
    public async Task<Figures> MeasureExportAsync(Contender contender)
    {
        await using var side = open(contender);
        await side.RunAsync(new Step("search", [Scenarios.Texts, 1], table.Search(Scenarios.Texts, 1)));
        return new Figures(Scenarios.Export.Name, table.Count, side.Name,
        [
            ("process_before_mib", Process()),
            ("process_peak_mib", await PeakAsync()),
            ("process_between_mib", Process()),
            ("process_second_peak_mib", await PeakAsync()),
        ]);

        double Process() => RendererMemory.Measure(profile) ?? 0;

        async Task<double> PeakAsync()
        {
            var peak = Process();
            var export = side.RunAsync(Scenarios.Export.Prepare(table, 1));
            while (!export.IsCompleted)
            {
                peak = Math.Max(peak, Process());
                await Task.WhenAny(export, Task.Delay(MemorySamples));
            }

            await export;
            return peak;
        }
    }

    private async Task<Figures> MeasureMemoryAsync(Contender contender, string when, params Step[] steps)
    {
        await using var side = open(contender);
        foreach (var step in steps)
            await side.RunAsync(step);
        var figures = (await side.AskAsync("memory")).Figures!.Select(f => (f.Key, f.Value)).ToList();
        if (RendererMemory.Measure(profile) is { } process)
            figures.Insert(0, ("process_mib", process));
        return new Figures(Memory, table.Count, $"{side.Name}, {when}", figures);
    }
}
