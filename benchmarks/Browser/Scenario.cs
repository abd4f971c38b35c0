namespace Collection.Benchmarks.Browser;

/// <summary>One run of a scenario, the same for ours and for the peer.</summary>
/// <param name="Operation">The operation, by the name that both sides have for it.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="OursSees">What ours has to see.</param>
/// <param name="PeerSees">What the peer has to see; it differs where orders do.</param>
internal sealed record Step(string Operation, object[] Arguments, double[] OursSees, double[] PeerSees)
{
    public Step(string operation, object[] arguments, double[] sees) : this(operation, arguments, sees, sees) { }

    /// <summary>An operation that goes before and is not measured, if any.</summary>
    public string? Before { get; init; }
}

/// <summary>Something that people do, and how each run of it is prepared.</summary>
/// <param name="Name">Its name, as <c>--only</c> takes it.</param>
/// <param name="FreshPage">Whether each run begins in a page just opened, or goes on in one where the database is open.</param>
/// <param name="Prepare">Makes run number <c>run</c>.</param>
internal sealed record Scenario(string Name, bool FreshPage, Func<SellersTable, int, Step> Prepare)
{
    private const int FirstWindow = 50;
    private const int JumpWindow = 100;
    private const int Jumps = 30;
    private const int Changes = 1000;

    /// <summary>Many matches, some, one or none; Latin and not.</summary>
    private static readonly string[] Texts = ["a", "店", "книги", "shop", "café", "sons 50", "상점 12", "zzqx"];

    public static Scenario FirstSync { get; } = new("first-sync", FreshPage: true, (table, _) => new Step("firstSync", [], [table.Count]) { Before = "empty" });

    /// <summary>In the order in which they run; each finds the databases that the first one filled.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        FirstSync,
        new("warm-open", FreshPage: true, (table, _) => new Step("warmOpen", [FirstWindow], table.First(FirstWindow))),
        new("window-jump", FreshPage: false, (table, run) =>
        {
            var random = new Random(run);
            var offsets = Enumerable.Range(0, Jumps).Select(_ => random.Next(table.Count)).ToArray();
            return new Step("windowJump", [offsets, JumpWindow], table.WindowsByCodePoint(offsets, JumpWindow), table.WindowsByCodeUnit(offsets, JumpWindow));
        }),
        new("search", FreshPage: false, (table, _) => new Step("search", [Texts, FirstWindow], table.Search(Texts, FirstWindow))),
        new("delta-1000", FreshPage: false, (table, run) =>
        {
            var mark = 1_000_000 + run;
            table.Mark(mark, Changes);
            return new Step("delta", [mark, FirstWindow], [Changes, table.Count]);
        }),
    ];
}
