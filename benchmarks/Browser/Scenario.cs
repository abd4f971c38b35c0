namespace Collection.Benchmarks.Browser;

/// <summary>One run of a scenario, the same for all that take part.</summary>
/// <param name="Operation">The operation, by the name that all have for it.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Sees">What has to be seen; it differs where orders do.</param>
internal sealed record Step(string Operation, object[] Arguments, Func<NameOrder, double[]> Sees)
{
    public Step(string operation, object[] arguments, double[] sees) : this(operation, arguments, _ => sees) { }

    /// <summary>Operations that go before and are not measured.</summary>
    public IReadOnlyList<string> Before { get; init; } = [];

    /// <summary>Whether what goes before or the step itself fills or deletes a database.</summary>
    public bool IsHeavy { get; init; }
}

/// <summary>Something that people do, and how each run of it is prepared.</summary>
/// <param name="Name">Its name, as <c>--only</c> takes it.</param>
/// <param name="Ours">Which of ours is measured.</param>
/// <param name="Peers">Who else can do it.</param>
/// <param name="FreshPage">Whether each run begins in a page just opened, or goes on in one where the database is open.</param>
/// <param name="Prepare">Makes run number <c>run</c>.</param>
internal sealed record Scenario(string Name, Contender Ours, IReadOnlyList<Contender> Peers, bool FreshPage, Func<SellersTable, int, Step> Prepare);

/// <summary>All scenarios that take times.</summary>
internal static class Scenarios
{
    public const int FirstWindow = 50;
    private const int Window = 100;
    private const int Screen = 30;
    private const int Jumps = 30;
    private const int Edits = 20;
    private const int Changes = 1000;

    /// <summary>Many matches, some, one or none; Latin and not.</summary>
    public static readonly string[] Texts = ["a", "店", "книги", "shop", "café", "sons 50", "상점 12", "zzqx"];

    private static readonly IReadOnlyList<Contender> Engines = [Contender.Dexie, Contender.Sqlite];

    /// <summary>From no database to all rows, the server's answers included. It fills the databases of the others of an app.</summary>
    public static Scenario FirstSync { get; } = new("first-sync", Contender.App, Engines, FreshPage: true, (table, _) =>
        new Step("firstSync", [], [table.Count]) { Before = ["empty"], IsHeavy = true });

    /// <summary>From pages in memory to all rows stored. It fills the databases of the others of a store.</summary>
    public static Scenario StoreBulk { get; } = new("store-bulk", Contender.Store, Engines, FreshPage: false, (table, _) =>
        new Step("fill", [], [table.Count]) { Before = ["load", "empty"], IsHeavy = true });

    /// <summary>Fills the database of the least that a start can be.</summary>
    public static Scenario RawFill { get; } = new("fill", Contender.Raw, [], FreshPage: true, (table, _) =>
        new Step("fill", [], [table.Count]) { IsHeavy = true });

    /// <summary>Every row as CSV, from an open database to a download that the browser has.</summary>
    public static Scenario Export { get; } = new("export", Contender.App, [Contender.Dexie], FreshPage: false, (table, _) =>
        new Step("exportCsv", [], [table.Count]));

    /// <summary>What an app does, from end to end.</summary>
    public static IReadOnlyList<Scenario> OfApp { get; } =
    [
        FirstSync,
        new("warm-open", Contender.App, Engines, FreshPage: true, WarmOpen),
        new("window-jump", Contender.App, Engines, FreshPage: false, (table, run) =>
        {
            var offsets = Offsets(table, run);
            return new Step("windowJump", [offsets, Window], order => SellersTable.Ends(table.ByName(order), offsets, Window));
        }),
        new("search", Contender.App, Engines, FreshPage: false, Search),
        Export,
        new("delta-1000", Contender.App, Engines, FreshPage: false, (table, run) =>
            new Step("delta", [Mark(table, 1_000_000 + run), FirstWindow], [Changes, table.Count])),
    ];

    /// <summary>What a store does, without C# and without a server.</summary>
    public static IReadOnlyList<Scenario> OfStore { get; } =
    [
        StoreBulk,
        new("store-warm-open", Contender.Store, [.. Engines, Contender.Raw], FreshPage: true, WarmOpen),
        new("store-window", Contender.Store, Engines, FreshPage: false, (table, run) =>
        {
            var offsets = Offsets(table, run);
            return new Step("windows", [offsets, table.KeysAt(offsets), Window], SellersTable.Ends(table.Keys, offsets, Window));
        }),
        Screens("store-screen-name-cold", cold: true, "normalized_name"),
        Screens("store-screen-name-cached", cold: false, "normalized_name"),
        Screens("store-screen-seen-cold", cold: true, "times_seen"),
        Screens("store-screen-seen-cached", cold: false, "times_seen"),
        new("store-search", Contender.Store, Engines, FreshPage: false, Search),
        new("store-filter-sort", Contender.Store, Engines, FreshPage: false, (table, _) =>
        {
            var platforms = table.SomePlatforms();
            return new Step("filterSort", [platforms, Window], table.MostSeen(platforms, Window));
        }),
        new("store-delta", Contender.Store, Engines, FreshPage: false, (table, run) =>
            new Step("applyChanges", [Mark(table, 2_000_000 + run), FirstWindow], [Changes, table.Count]) { Before = ["loadChanges"] }),
        // The last one: what it edits, no server knows of.
        new("store-edit", Contender.Store, Engines, FreshPage: false, (table, run) =>
        {
            var offsets = Offsets(table, run).Distinct().Take(Edits).ToArray();
            var keys = table.KeysAt(offsets);
            int[] marks = [.. keys.Select((_, i) => 3_000_000 + (run * Edits) + i)];
            return new Step("edit", [offsets, keys, marks, FirstWindow], [.. keys.Zip(marks).SelectMany(edit => new[] { edit.First, edit.Second })]);
        }),
    ];

    /// <summary>A number of places that no scenario has more of.</summary>
    private static int[] Offsets(SellersTable table, int run)
    {
        var random = new Random(run);
        return [.. Enumerable.Range(0, Jumps).Select(_ => random.Next(table.Count))];
    }

    private static Step WarmOpen(SellersTable table, int run) => new("warmOpen", [FirstWindow], [.. table.Keys.Take(FirstWindow)]);

    private static Step Search(SellersTable table, int run) => new("search", [Texts, FirstWindow], table.Search(Texts, FirstWindow));

    private static Scenario Screens(string name, bool cold, string field) =>
        new(name, Contender.Store, Engines, FreshPage: false, (table, run) =>
        {
            var offsets = Offsets(table, run);
            var descending = field == "times_seen";
            return new Step("screens", [field, descending, offsets, Screen, cold],
                order => SellersTable.Ends(descending ? table.ByTimesSeen() : table.ByName(order), offsets, Screen));
        });

    private static int Mark(SellersTable table, int mark)
    {
        table.Mark(mark, Changes);
        return mark;
    }
}
