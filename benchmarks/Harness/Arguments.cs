using System.Globalization;

namespace Collection.Benchmarks;

/// <summary>The arguments of a benchmark program: pairs of a name and a value.</summary>
/// <param name="Database">A SQLite file of the sample host's, with the rows in it. It is not changed.</param>
/// <param name="Json">Where to write the results, if anywhere.</param>
/// <param name="Runs">How often each scenario runs.</param>
/// <param name="Only">The scenarios to run; empty for all.</param>
/// <param name="Peers">The peers to measure; null where nobody has said which.</param>
internal sealed record Arguments(string Database, string? Json, int Runs, IReadOnlyList<string> Only, IReadOnlyList<string>? Peers)
{
    /// <summary>Fewer runs make no median.</summary>
    private const int LeastRuns = 5;

    /// <exception cref="ArgumentException">An argument is not understood; the message says which and why.</exception>
    public static Arguments Parse(IReadOnlyList<string> arguments, IReadOnlyList<string> scenarios, params IReadOnlyList<string> peers)
    {
        var parsed = new Arguments("", null, LeastRuns, [], null);
        for (var i = 0; i < arguments.Count; i += 2)
        {
            if (i + 1 == arguments.Count)
                throw new ArgumentException($"{arguments[i]} wants a value.");
            var value = arguments[i + 1];
            parsed = arguments[i] switch
            {
                "--database" => parsed with { Database = value },
                "--json" => parsed with { Json = value },
                "--runs" => parsed with { Runs = ParseRuns(value) },
                "--only" => parsed with { Only = ParseNames("scenario", value, scenarios) },
                "--peers" when peers.Count > 0 => parsed with { Peers = ParseNames("peer", value, peers) },
                _ => throw new ArgumentException($"unknown option '{arguments[i]}'; there are --database, --json, --runs, --only and, in the browser, --peers."),
            };
        }

        return File.Exists(parsed.Database)
            ? parsed
            : throw new ArgumentException($"--database names no file: '{parsed.Database}'. Start the benchmarks with eng/bench.sh, which makes one.");
    }

    public bool Includes(string scenario) => Only.Count == 0 || Only.Contains(scenario);

    private static int ParseRuns(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var runs) && runs is >= LeastRuns and <= 1000
            ? runs
            : throw new ArgumentException($"--runs takes a number from {LeastRuns} to 1000, not '{value}'.");

    private static string[] ParseNames(string what, string value, IReadOnlyList<string> known)
    {
        var names = value.Split(',');
        return names.FirstOrDefault(name => !known.Contains(name)) is { } unknown
            ? throw new ArgumentException($"there is no {what} '{unknown}'; there are {string.Join(", ", known)}.")
            : names;
    }
}
