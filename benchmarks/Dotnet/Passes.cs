using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;

namespace Collection.Benchmarks.Dotnet;

/// <summary>One class of benchmarks with the methods <c>Ours</c> and <c>Peer</c>, each a pass over the whole table.</summary>
/// <param name="Type">The class; BenchmarkDotNet wants it public.</param>
/// <param name="Peer">The name of the peer.</param>
/// <param name="PrepareAsync">Makes ready what both work on, and checks that they say the same.</param>
/// <param name="Figures">Further figures of ours, taken while preparing.</param>
internal sealed record Passes(Type Type, string Peer, Func<Task> PrepareAsync, Func<IReadOnlyList<(string, double)>>? Figures = null)
{
    /// <summary>Measures both, in this process.</summary>
    public async Task<Result> MeasureAsync(string name, int runs)
    {
        await PrepareAsync();
        // One pass a sample is enough, and keeps the whole short; but one over a short table is too short for the compiler to notice what is hot.
        var warmups = Math.Max(6, 2_000_000 / SellersData.Rows.Length);
        var job = Job.Default.WithToolchain(InProcessNoEmitToolchain.Instance).WithStrategy(RunStrategy.Monitoring).WithWarmupCount(warmups).WithIterationCount(2 * runs);
        var log = new AccumulationLogger();
        var config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddLogger(log)
            .WithArtifactsPath(SellersData.Database.Folder)
            .WithOptions(ConfigOptions.DisableLogFile);
        var summary = BenchmarkRunner.Run(Type, config);
        if (summary.HasCriticalValidationErrors || summary.Reports.Any(r => !r.Success))
            throw new InvalidOperationException($"'{name}' failed. BenchmarkDotNet said:\n{log.GetLog()}");
        var (ours, peer) = (Report(summary, "Ours"), Report(summary, "Peer"));
        return new Result(
            name, SellersData.Rows.Length, Timing(ours), Peer, Timing(peer),
            [("ours_bytes_per_row", BytesPerRow(ours)), ("peer_bytes_per_row", BytesPerRow(peer)), .. Figures?.Invoke() ?? []]);
    }

    private static BenchmarkReport Report(Summary summary, string method) =>
        summary.Reports.Single(r => r.BenchmarkCase.Descriptor.WorkloadMethod.Name == method);

    private static Timing Timing(BenchmarkReport report) =>
        new(report.GetResultRuns().Select(run => run.GetAverageTime().ToMilliseconds()));

    private static double BytesPerRow(BenchmarkReport report) =>
        (report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0) / (double)SellersData.Rows.Length;
}
