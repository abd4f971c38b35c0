using System.Globalization;

namespace Collection.Simulation;

/// <summary>The way into a build of the simulation whose engine has a bug: called by name.</summary>
internal static class BugHunt
{
    /// <summary>Runs seeds until a promise is broken.</summary>
    /// <returns>The seed and the promise, with a bar in between; null where nothing broke.</returns>
    public static string? FirstViolation(long count)
    {
        for (var seed = 1L; seed <= count; seed++)
        {
            if (SimulatedRun.Run(Swarm.Of(seed), new Counters()).Failure is { } failure)
                return string.Create(CultureInfo.InvariantCulture, $"{seed}|{failure.Invariant}");
        }

        return null;
    }
}
