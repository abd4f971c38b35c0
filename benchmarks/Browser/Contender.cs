namespace Collection.Benchmarks.Browser;

/// <summary>The order in which a contender has rows that are sorted by name.</summary>
internal enum NameOrder
{
    /// <summary>By code points; the same names by falling keys.</summary>
    CodePointsKeysFalling,

    /// <summary>By code points, as UTF-8 is ordered; the same names by rising keys.</summary>
    CodePointsKeysRising,

    /// <summary>By UTF-16 code units, as JavaScript does; the same names by rising keys.</summary>
    CodeUnitsKeysRising,
}

/// <summary>Who takes part, each at an address of its own: a browser keeps the databases of each apart.</summary>
/// <param name="Name">The name, as <c>--peers</c> takes that of a peer.</param>
/// <param name="Page">The page that runs its operations.</param>
/// <param name="Order">How it orders names.</param>
internal sealed record Contender(string Name, string Page, NameOrder Order)
{
    /// <summary>Above this many rows Dexie's first sync takes minutes, so it is measured only where it is asked for.</summary>
    public const int MaxDexieRows = 200_000;

    /// <summary>Ours, as an app has it: engine, transport and store in C#.</summary>
    public static Contender App { get; } = new("app", "index.html", NameOrder.CodePointsKeysFalling);

    /// <summary>Our store by itself, called by a script.</summary>
    public static Contender Store { get; } = new("store", "side.html?store", NameOrder.CodePointsKeysFalling);

    public static Contender Dexie { get; } = new("dexie", "side.html?dexie", NameOrder.CodeUnitsKeysRising);

    public static Contender Sqlite { get; } = new("sqlite", "side.html?sqlite", NameOrder.CodePointsKeysRising);

    public static Contender Raw { get; } = new("raw", "side.html?raw", NameOrder.CodeUnitsKeysRising);

    public static IReadOnlyList<Contender> All { get; } = [App, Store, Dexie, Sqlite, Raw];

    public static IReadOnlyList<Contender> Peers { get; } = [Dexie, Sqlite, Raw];
}
