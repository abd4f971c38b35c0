using System.Text;

namespace Collection.Simulation;

/// <summary>Runs many seeds, each on one thread from beginning to end.</summary>
internal sealed class Runner(long from, long count, int threads)
{
    private const int MostFailures = 3;
    private const int LinesShown = 150;

    private readonly Lock _lock = new();
    private readonly List<RunResult> _failures = [];
    private long _taken;
    private long _done;

    /// <summary>How often everything happened.</summary>
    public Counters Counters { get; } = new();

    /// <summary>Runs that were done, without repetitions.</summary>
    public long Done => _done;

    /// <summary>The first runs that failed, by seed.</summary>
    public IReadOnlyList<RunResult> Failures => _failures;

    /// <summary>Seeds whose repetition had another trace.</summary>
    public List<long> Unsteady { get; } = [];

    /// <summary>Runs until all seeds are done, or until enough have failed.</summary>
    public async Task RunAsync()
    {
        // Threads of our own: what reaches the pool has left the simulation, and is to be found out.
        var ends = new List<Task>();
        for (var i = 0; i < threads; i++)
        {
            var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            ends.Add(end.Task);
            new Thread(() =>
            {
                try
                {
                    RunSeeds();
                    end.SetResult();
                }
                catch (Exception e)
                {
                    end.SetException(e);
                }
            }) { IsBackground = true, Name = $"simulation {i}" }.Start();
        }

        await Task.WhenAll(ends);
        _failures.Sort((left, right) => left.Swarm.Seed.CompareTo(right.Swarm.Seed));
    }

    /// <summary>Says of a failed run what broke, in the smallest form that still breaks, and what led to it.</summary>
    public static string Explain(RunResult failed, bool isWhole = false)
    {
        var small = Shrinker.Shrink(failed);
        var told = SimulatedRun.Run(small.Swarm, new Counters(), keepsLines: true);
        var text = new StringBuilder();
        text.AppendLine($"Seed {failed.Swarm.Seed} breaks: {failed.Failure!.Message}");
        text.AppendLine($"Replay it with: eng/test.sh --seed {failed.Swarm.Seed}");
        text.AppendLine($"The run: {failed.Swarm}");
        text.AppendLine($"The smallest that breaks too: {small.Swarm}");
        text.AppendLine($"There: {small.Failure!.Message}");
        var first = isWhole ? 0 : Math.Max(0, told.Lines.Count - LinesShown);
        if (first > 0)
            text.AppendLine($"({first} lines before these)");
        foreach (var line in told.Lines.Skip(first))
            text.AppendLine(line);
        return text.ToString();
    }

    private void RunSeeds()
    {
        var counters = new Counters();
        while (Next() is { } seed)
        {
            var result = SimulatedRun.Run(Swarm.Of(seed), counters);
            // One in a hundred is run again: a run that cannot be repeated cannot be looked into.
            var isUnsteady = seed % 100 == 0 && SimulatedRun.Run(Swarm.Of(seed), new Counters()).TraceHash != result.TraceHash;
            Interlocked.Increment(ref _done);
            lock (_lock)
            {
                if (result.HasFailed)
                    _failures.Add(result);
                if (isUnsteady)
                    Unsteady.Add(seed);
            }
        }

        lock (_lock)
            Counters.Add(counters);
    }

    private long? Next()
    {
        lock (_lock)
            return _taken < count && _failures.Count < MostFailures ? from + _taken++ : null;
    }
}
