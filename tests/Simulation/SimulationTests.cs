using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace Collection.Simulation;

/// <summary>The engine and the store against a server model, with everything that can go wrong in between: docs/simulation.md.</summary>
[Collection("simulation")]
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const long UsualCount = 10_000;

    [Fact]
    public async Task Ten_thousand_schedules_keep_every_promise_and_meet_every_fault()
    {
        var (from, count) = (Variable("SIMULATION_FROM") ?? 1, Variable("SIMULATION_SEEDS") ?? UsualCount);
        var runner = new Runner(from, count, Environment.ProcessorCount);
        var watch = Stopwatch.StartNew();
        await runner.RunAsync();

        output.WriteLine($"{runner.Done:N0} schedules in {watch.Elapsed.TotalSeconds:0.0} s on {Environment.ProcessorCount} threads, seeds from {from}");
        output.WriteLine(runner.Counters.ToString());
        foreach (var failure in runner.Failures)
            output.WriteLine(Runner.Explain(failure));
        runner.Failures.Select(failure => $"seed {failure.Swarm.Seed}: {failure.Failure!.Message}").ShouldBeEmpty("promises were broken; the traces are in the output.");
        runner.Unsteady.ShouldBeEmpty("a seed's second run had another trace: something is not simulated.");
        if (count >= UsualCount)
            Enum.GetValues<Seen>().Where(what => runner.Counters[what] == 0).ShouldBeEmpty("what never happened proves nothing.");
    }

    /// <summary>Set SIMULATION_SEED to see one run whole.</summary>
    [Fact]
    public void A_seed_can_be_replayed()
    {
        var asked = Variable("SIMULATION_SEED");
        var swarm = Swarm.Of(asked ?? 1);
        var result = SimulatedRun.Run(swarm, new Counters(), keepsLines: true);
        if (asked is not null)
        {
            output.WriteLine(swarm.ToString());
            foreach (var line in result.Lines)
                output.WriteLine(line);
            if (result.HasFailed)
                output.WriteLine(Runner.Explain(result, isWhole: true));
            result.Failure.ShouldBeNull();
        }

        result.TraceHash.ShouldBe(SimulatedRun.Run(swarm, new Counters()).TraceHash, "the same seed leads to the same trace, kept or not.");
    }

    private static long? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? long.Parse(value, CultureInfo.InvariantCulture) : null;
}
