using System.Data.Common;
using System.Diagnostics;
using Npgsql;
using Xunit.Abstractions;

namespace Collection.Sync.AspNetCore.Tests;

public abstract class UpsertWorkersContract(DatabaseKind kind, ITestOutputHelper output)
{
    private const int Workers = 8;
    private const int RowsPerWorker = 50_000;
    private const int BatchLength = 500;
    private const int CutEvery = 20;
    private const int MaxAttempts = 20;

    /// <summary>
    /// Workers find the same shops at the same time, a few of them in every batch, in any order. Replies get lost after
    /// the commit, and the worker sends the batch again. Each shop was seen exactly as often as it was found.
    /// </summary>
    [Fact]
    public async Task Sums_of_many_workers_are_exact_though_replies_get_lost()
    {
        var seed = Random.Shared.Next();
        var found = Enumerable.Range(0, Workers).Select(worker => Find(worker, new Random(seed + worker))).ToArray();
        await using var server = await Shop.StartServerAsync(kind);
        await using var line = kind == DatabaseKind.Sqlite ? new SqliteLine(server) : (ILossyLine)new PostgresLine(server);

        var started = Stopwatch.GetTimestamp();
        var results = await Task.WhenAll(found.Select((rows, worker) => Task.Run(() => WorkAsync(line, worker, rows))));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        output.WriteLine($"{kind}: {Workers} workers, {Workers * RowsPerWorker:N0} rows in batches of {BatchLength}: {seconds:F1} s, {Workers * RowsPerWorker / seconds:N0} rows/s, {line.Lost} replies lost.");

        var expected = found.SelectMany(rows => rows).GroupBy(shop => shop.Name).ToDictionary(group => group.Key, group => group.Sum(shop => shop.Seen));
        var sums = (await Shop.ReadAllAsync(server)).ToDictionary(shop => shop.Key.Name, shop => shop.Value.Seen);
        sums.Values.Sum(sum => (long)sum).ShouldBe(expected.Values.Sum(sum => (long)sum), $"seed {seed}");
        sums.Where(sum => expected.GetValueOrDefault(sum.Key) != sum.Value).ShouldBeEmpty($"seed {seed}");
        expected.Where(sum => sums.GetValueOrDefault(sum.Key) != sum.Value).ShouldBeEmpty($"seed {seed}");

        var all = results.SelectMany(worker => worker).ToArray();
        all.Sum(result => result.Inserted).ShouldBe(expected.Count, "a repeated batch tells what it did the first time.");
        all.Count(result => result.IsRepeated).ShouldBe(line.Lost);
        line.Lost.ShouldBeGreaterThan(Workers * RowsPerWorker / BatchLength / CutEvery / 2);
        (await line.CountDeadlocksAsync()).ShouldBe(0);
    }

    // 30 % are found by all workers, a third of these in nearly every batch.
    private static Shop[] Find(int worker, Random random) =>
        [.. Enumerable.Range(0, RowsPerWorker).Select(i => new Shop(
            random.Next(100) switch
            {
                < 70 => $"of {worker}, {i}",
                < 90 => $"shared {random.Next(5000)}",
                _ => $"hot {random.Next(40)}",
            },
            "ebay") { Seen = random.Next(1, 4) })];

    private static async Task<List<UpsertResult>> WorkAsync(ILossyLine line, int worker, Shop[] found)
    {
        var results = new List<UpsertResult>();
        foreach (var rows in found.Chunk(BatchLength))
        {
            var batch = new UpsertBatch(worker, results.Count);
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    results.Add(await line.WriteAsync(batch, rows));
                    break;
                }
                catch (Exception e) when (attempt < MaxAttempts && e is NpgsqlException { InnerException: IOException } or TimeoutException)
                {
                }
            }
        }

        return results;
    }

    private interface ILossyLine : IAsyncDisposable
    {
        int Lost { get; }

        ValueTask<UpsertResult> WriteAsync(UpsertBatch batch, Shop[] rows);

        ValueTask<long> CountDeadlocksAsync();
    }

    // There is no line to cut: the worker dies after the commit instead, as far as it can tell.
    private sealed class SqliteLine(SyncServer server) : ILossyLine
    {
        private readonly DeduplicatingUpsert _upsert = Shop.Upsert(server, server.Database);
        private int _commits;
        private int _lost;

        public int Lost => _lost;

        public async ValueTask<UpsertResult> WriteAsync(UpsertBatch batch, Shop[] rows)
        {
            var result = await _upsert.WriteAsync(Shop.Table, batch, rows, CancellationToken.None);
            if (Interlocked.Increment(ref _commits) % CutEvery != 0)
                return result;
            Interlocked.Increment(ref _lost);
            throw new TimeoutException();
        }

        public ValueTask<long> CountDeadlocksAsync() => ValueTask.FromResult(0L);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class PostgresLine : ILossyLine
    {
        private readonly string _direct;
        private readonly CommitCutter _cutter;
        private readonly PostgresDatabase _database;
        private readonly DeduplicatingUpsert _upsert;

        public PostgresLine(SyncServer server)
        {
            _direct = server.Data.ConnectionString;
            _cutter = new CommitCutter(_direct, CutEvery);
            _database = new PostgresDatabase(NpgsqlDataSource.Create(_cutter.ConnectionString), null);
            _upsert = Shop.Upsert(server, _database);
        }

        public int Lost => _cutter.Cuts;

        public ValueTask<UpsertResult> WriteAsync(UpsertBatch batch, Shop[] rows) => _upsert.WriteAsync(Shop.Table, batch, rows, CancellationToken.None);

        // A connection tells of its deadlocks at the latest when it ends.
        public async ValueTask<long> CountDeadlocksAsync()
        {
            _database.Dispose();
            await using var connection = new NpgsqlConnection(_direct);
            await connection.OpenAsync();
            var ends = Stopwatch.GetTimestamp() + (30 * Stopwatch.Frequency);
            while (await connection.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'workers'") > 0)
                Stopwatch.GetTimestamp().ShouldBeLessThan(ends, "connections of the workers stay open.");
            return await connection.ScalarAsync<long>("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
        }

        public async ValueTask DisposeAsync()
        {
            _database.Dispose();
            await _cutter.DisposeAsync();
        }
    }
}

public sealed class SqliteUpsertWorkersTests(ITestOutputHelper output) : UpsertWorkersContract(DatabaseKind.Sqlite, output);

public sealed class PostgresUpsertWorkersTests(ITestOutputHelper output) : UpsertWorkersContract(DatabaseKind.Postgres, output);
