using System.Collections.Concurrent;
using Xunit.Abstractions;

namespace Collection.Simulation;

/// <summary>The simulation can fail: it finds bugs that were put there.</summary>
[Collection("simulation")]
public sealed class SeededBugTests(ITestOutputHelper output)
{
    private const long MostSchedules = 1_000;

    [Fact]
    public async Task Each_seeded_bug_is_caught_within_1000_schedules()
    {
        SeededBugs.All.Count.ShouldBeGreaterThanOrEqualTo(20);
        SeededBugs.All.Select(BrokenBuild.Misfit).OfType<string>().ShouldBeEmpty();
        var left = new ConcurrentQueue<SeededBug>(SeededBugs.All);
        var caught = new ConcurrentDictionary<SeededBug, string?>();
        await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Factory.StartNew(
            () =>
            {
                while (left.TryDequeue(out var bug))
                    caught[bug] = BrokenBuild.Hunt(bug, MostSchedules);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        foreach (var bug in SeededBugs.All)
        {
            var found = caught[bug]?.Split('|');
            output.WriteLine($"{bug.Name,-72} {(found is null ? "not caught" : $"seed {found[0],4}  {found[1]}")}");
        }

        caught.Where(result => result.Value is null).Select(result => result.Key.Name).ShouldBeEmpty("bugs were not caught.");
    }

    [Fact]
    public void The_code_as_it_is_passes_in_the_same_build() =>
        BrokenBuild.Hunt(new SeededBug("none", "src/Sync.Engine/Backoff.cs", "namespace", "namespace"), 50).ShouldBeNull();
}
