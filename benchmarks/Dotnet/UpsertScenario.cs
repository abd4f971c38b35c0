using System.Diagnostics;

namespace Collection.Benchmarks.Dotnet;

/// <summary>
/// What collection runs find, written to a table that holds the rows of the scenario. Each side writes the same batches
/// to a database of its own with the same triggers, in turns, and what a sample adds is taken away before the next one.
/// </summary>
internal static class UpsertScenario
{
    private const int WarmUps = 2;

    public static async Task<Result> MeasureSqliteAsync(string name, int runs)
    {
        await using var ours = new OurWriter(await UpsertTarget.OpenSqliteAsync("upsert-ours"));
        var target = await UpsertTarget.OpenSqliteAsync("upsert-peer");
        await using var peer = new RowWriter(target, await target.Connections.OpenConnectionAsync());
        return await MeasureAsync(name, runs, "a prepared upsert a row, SQLite", ("ours", ours), ("peer", peer));
    }

    public static async Task<Result> MeasurePostgresAsync(string name, int runs)
    {
        await using var ours = new OurWriter(await UpsertTarget.OpenPostgresAsync());
        var target = await UpsertTarget.OpenPostgresAsync();
        await using var peer = new RowWriter(target, await target.Connections.OpenConnectionAsync());
        target = await UpsertTarget.OpenPostgresAsync();
        await using var pipelined = new PipelinedWriter(target, await target.Connections.OpenConnectionAsync());
        return await MeasureAsync(name, runs, "a prepared upsert a row, Npgsql", ("ours", ours), ("peer", peer), ("pipelined", pipelined));
    }

    private static async Task<Result> MeasureAsync(string name, int runs, string peerName, params (string Name, IUpsertWriter Writer)[] sides)
    {
        var times = sides.Select(_ => new List<double>()).ToArray();
        var found = new FoundSellers();
        for (var sample = 0; sample < WarmUps + (2 * runs); sample++)
        {
            var batches = found.Take(runId: sample + 1);
            for (var i = 0; i < sides.Length; i++)
            {
                var time = await MeasureAsync(sides[i].Writer, batches);
                if (sample >= WarmUps)
                    times[i].Add(time);
            }
        }

        foreach (var (_, writer) in sides[1..])
            await CompareAsync(name, sides[0].Writer.Target, writer.Target);
        var timings = times.Select(samples => new Timing(samples)).ToArray();
        return new Result(
            name, SellersData.Rows.Length, timings[0], peerName, timings[1],
            [.. sides.Select((side, i) => ($"{side.Name}_rows_per_s", FoundSellers.Rows / timings[i].Median * 1000))]);
    }

    private static async Task<double> MeasureAsync(IUpsertWriter writer, FoundSeller[][] batches)
    {
        await writer.Target.RestoreAsync();
        var (rows, seen) = await writer.Target.CountAsync();
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < batches.Length; i++)
            await writer.WriteAsync(batches[i], i);
        var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        var expected = (SellersData.Rows.Length + FoundSellers.NewRows, seen + FoundSellers.Rows);
        return rows == SellersData.Rows.Length && await writer.Target.CountAsync() == expected
            ? elapsed
            : throw new InvalidOperationException($"{writer.GetType().Name} has not added {FoundSellers.NewRows} rows and seen {FoundSellers.Rows} sellers, so the times mean nothing.");
    }

    private static async Task CompareAsync(string name, UpsertTarget ours, UpsertTarget peer)
    {
        await foreach (var (one, other) in ours.ReadAsync().Zip(peer.ReadAsync()))
        {
            if (one != other)
                throw new InvalidOperationException($"{name}: the two sides have written different rows, so the times mean nothing.");
        }
    }
}
