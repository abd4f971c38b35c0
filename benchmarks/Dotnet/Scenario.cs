using System.Reflection;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using BenchmarkDotNet.Validators;

namespace Collection.Benchmarks.Dotnet;

/// <summary>One class of benchmarks with the methods <c>Ours</c> and <c>Peer</c>, each working on the whole table once.</summary>
/// <param name="Name">Its name, as <c>--only</c> takes it.</param>
/// <param name="Type">The class; BenchmarkDotNet wants it public.</param>
/// <param name="Peer">The name of the peer.</param>
/// <param name="PrepareAsync">Makes ready what both work on, and checks that they say the same.</param>
/// <param name="Figures">Further figures of ours, taken while preparing.</param>
internal sealed record Scenario(string Name, Type Type, string Peer, Func<Task> PrepareAsync, Func<IReadOnlyList<(string, double)>>? Figures = null)
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("csv-export", typeof(CsvExport), $"CsvHelper {Version(typeof(CsvHelper.CsvWriter))}", CsvExport.PrepareAsync),
        new("row-decode", typeof(RowDecode), $"System.Text.Json {Version(typeof(System.Text.Json.JsonSerializer))}", RowDecode.PrepareAsync),
        new("feed-read", typeof(FeedRead), "bare SELECT, SQLite", FeedRead.PrepareAsync, () => FeedReading.Figures),
        new("feed-read-postgres", typeof(FeedReadPostgres), "bare SELECT, Npgsql", FeedReadPostgres.PrepareAsync, () => FeedReading.Figures),
    ];

    /// <summary>Measures both. In this process, on the rows that it has loaded.</summary>
    public async Task<Result> MeasureAsync(int runs)
    {
        Console.WriteLine($"{Name} ...");
        await PrepareAsync();
        // One pass over the table takes tens of milliseconds and more: one a sample is enough, and keeps the whole short.
        var job = Job.Default.WithToolchain(InProcessNoEmitToolchain.Instance).WithStrategy(RunStrategy.Monitoring).WithWarmupCount(6).WithIterationCount(2 * runs);
        var log = new AccumulationLogger();
        var config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddLogger(log)
            .WithArtifactsPath(SellersData.Database.Folder)
            .WithOptions(ConfigOptions.DisableLogFile);
        var summary = BenchmarkRunner.Run(Type, config);
        if (summary.HasCriticalValidationErrors || summary.Reports.Any(r => !r.Success))
            throw new InvalidOperationException($"'{Name}' failed. BenchmarkDotNet said:\n{log.GetLog()}");
        var (ours, peer) = (Report(summary, "Ours"), Report(summary, "Peer"));
        return new Result(
            Name, SellersData.Rows.Length, Timing(ours), Peer, Timing(peer),
            [("ours_bytes_per_row", BytesPerRow(ours)), ("peer_bytes_per_row", BytesPerRow(peer)), .. Figures?.Invoke() ?? []]);
    }

    private static BenchmarkReport Report(Summary summary, string method) =>
        summary.Reports.Single(r => r.BenchmarkCase.Descriptor.WorkloadMethod.Name == method);

    private static Timing Timing(BenchmarkReport report) =>
        new(report.GetResultRuns().Select(run => run.GetAverageTime().ToMilliseconds()));

    private static double BytesPerRow(BenchmarkReport report) =>
        (report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0) / (double)SellersData.Rows.Length;

    private static string Version(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
