using System.Reflection;

namespace Collection.Benchmarks.Dotnet;

/// <summary>One comparison of ours with what a team would use instead.</summary>
/// <param name="Name">Its name, as <c>--only</c> takes it.</param>
/// <param name="MeasureAsync">Checks that both do the same, and measures them on the rows that this process has loaded. Takes the name and the number of runs.</param>
internal sealed record Scenario(string Name, Func<string, int, Task<Result>> MeasureAsync)
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("csv-export", new Passes(typeof(CsvExport), $"CsvHelper {Version(typeof(CsvHelper.CsvWriter))}", CsvExport.PrepareAsync).MeasureAsync),
        new("json-export", new Passes(typeof(JsonExport), $"Utf8JsonWriter {Version(typeof(System.Text.Json.Utf8JsonWriter))}", JsonExport.PrepareAsync).MeasureAsync),
        new("row-decode", new Passes(typeof(RowDecode), $"System.Text.Json {Version(typeof(System.Text.Json.JsonSerializer))}", RowDecode.PrepareAsync).MeasureAsync),
        new("sync-apply", new Passes(typeof(SyncApply), $"Dictionary, System.Text.Json {Version(typeof(System.Text.Json.JsonSerializer))}", SyncApply.PrepareAsync, () => SyncApply.Figures).MeasureAsync),
        new("feed-read", new Passes(typeof(FeedRead), "bare SELECT, SQLite", FeedRead.PrepareAsync, () => FeedReading.Figures).MeasureAsync),
        new("feed-read-postgres", new Passes(typeof(FeedReadPostgres), "bare SELECT, Npgsql", FeedReadPostgres.PrepareAsync, () => FeedReading.Figures).MeasureAsync),
        new("upsert-sqlite", UpsertScenario.MeasureSqliteAsync),
        new("upsert-postgres", UpsertScenario.MeasurePostgresAsync),
        new("event-streams", StreamsScenario.MeasureAsync),
        new("query-cache", QueryCache.MeasureAsync),
    ];

    private static string Version(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
