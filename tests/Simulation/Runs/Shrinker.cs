namespace Collection.Simulation;

/// <summary>Finds a smaller run that breaks the same promise: what it does without was not the cause.</summary>
internal static class Shrinker
{
    private const int MostRuns = 400;

    public static RunResult Shrink(RunResult failed)
    {
        var runs = 0;
        var best = failed;
        var isSmaller = true;
        while (isSmaller && runs < MostRuns)
        {
            isSmaller = false;
            foreach (var candidate in Candidates(best.Swarm))
            {
                if (runs++ >= MostRuns)
                    break;
                var result = SimulatedRun.Run(candidate, new Counters());
                if (result.Failure?.Invariant != failed.Failure!.Invariant)
                    continue;
                best = result;
                isSmaller = true;
                break;
            }
        }

        return best;
    }

    // The largest steps first: fewer events, then whole kinds of faults, then fewer of those who take part.
    private static IEnumerable<Swarm> Candidates(Swarm swarm)
    {
        foreach (var steps in new[] { swarm.Steps / 2, swarm.Steps * 3 / 4, swarm.Steps - 1 }.Distinct().Where(steps => steps > 0 && steps < swarm.Steps))
            yield return swarm with { Steps = steps };
        if (swarm.Browsers > 1)
            yield return swarm with { Browsers = swarm.Browsers - 1 };
        if (swarm.Tabs > 1)
            yield return swarm with { Tabs = swarm.Tabs - 1 };
        foreach (var feature in swarm.Enabled)
            yield return swarm.Without(feature);
        if (swarm.Keys > 1)
            yield return swarm with { Keys = swarm.Keys - 1 };
    }
}
