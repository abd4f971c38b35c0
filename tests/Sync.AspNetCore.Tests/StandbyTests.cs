using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Collection.Contracts;
using Npgsql;
using Xunit.Abstractions;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>Pages from a primary and from a standby that lags behind, in turn, with one cursor.</summary>
public sealed class StandbyTests(ITestOutputHelper output)
{
    private const int Seed = 20261;
    private const int Writers = 4;
    private const int CommitsPerWriter = 400;
    private const int Readers = 4;
    private const int PageBytes = 6 * 1024;

    [Fact]
    public async Task Pages_from_a_primary_and_a_lagging_standby_in_turn_miss_nothing()
    {
        output.WriteLine($"seed {Seed}");
        await using var server = await PostgresServer.StartAsync();
        await using var standbyServer = await server.StartStandbyAsync();
        await using var primary = await SyncServer.StartAsync(DatabaseKind.Postgres, rows: 600, server: server);
        var replicaString = new NpgsqlConnectionStringBuilder(standbyServer.ConnectionString)
        {
            Database = new NpgsqlConnectionStringBuilder(primary.Data.ConnectionString).Database,
        }.ToString();
        await using var standby = NpgsqlDataSource.Create(replicaString);
        await using var both = await SyncServer.StartAsync(primary.Data.ReadFrom(replicaString));
        using var reads = new ReplicaReads();
        using var written = new CancellationTokenSource();
        var reading = Enumerable.Range(0, Readers).Select(i => Task.Run(() => ReadAsync(primary, both, new Random(Seed + i), written.Token))).ToArray();
        var lagging = Task.Run(() => LagAsync(standby, new Random(Seed), written.Token));

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(i => Task.Run(() => WriteAsync(primary, new Random(Seed + 100 + i)))));
        await written.CancelAsync();
        await lagging;
        await primary.SettleAsync();

        var replicas = (await Task.WhenAll(reading)).SelectMany(r => r).ToArray();
        foreach (var replica in replicas)
        {
            await replica.PullAllAsync();
            await replica.ShouldEqualTableAsync();
        }

        output.WriteLine($"{replicas.Length} clients missed 0 of {Writers * CommitsPerWriter} commits; reads of the standby: {string.Join(", ", reads.Outcomes.Select(o => $"{o.Value} {o.Key}"))}");
        reads.Outcomes.GetValueOrDefault("served").ShouldBeGreaterThan(50);
        reads.Outcomes.GetValueOrDefault("behind").ShouldBeGreaterThan(5);
    }

    [Fact]
    public async Task Standby_that_is_away_is_passed_over()
    {
        await using var primary = await SyncServer.StartAsync(DatabaseKind.Postgres, rows: 50);
        var away = new NpgsqlConnectionStringBuilder(primary.Data.ConnectionString) { Port = 1, Timeout = 2 }.ToString();
        await using var server = await SyncServer.StartAsync(primary.Data.ReadFrom(away));
        var replica = new Replica(server);

        await replica.PullAllAsync();

        await replica.ShouldEqualTableAsync();
    }

    /// <summary>Clients that begin again and again, each page from one of the two; every one of them goes on to the end.</summary>
    private static async Task<List<Replica>> ReadAsync(SyncServer primary, SyncServer both, Random random, CancellationToken written)
    {
        var replicas = new List<Replica>();
        while (!written.IsCancellationRequested)
        {
            var replica = new Replica(primary);
            replicas.Add(replica);
            for (var page = random.Next(5, 60); page > 0 && !written.IsCancellationRequested; page--)
                await replica.PullAsync(PageBytes, over: random.Next(3) == 0 ? primary.Http : both.Http);
        }

        return replicas;
    }

    /// <summary>Stops the standby's replay and lets it go on, for as long as some pages take.</summary>
    private static async Task LagAsync(NpgsqlDataSource standby, Random random, CancellationToken written)
    {
        await using var connection = await standby.OpenConnectionAsync(CancellationToken.None);
        while (!written.IsCancellationRequested)
        {
            await connection.ExecuteAsync("SELECT pg_wal_replay_pause()");
            await connection.ExecuteAsync($"SELECT pg_sleep({random.Next(60) / 1000.0})");
            await connection.ExecuteAsync("SELECT pg_wal_replay_resume()");
            await connection.ExecuteAsync($"SELECT pg_sleep({random.Next(60) / 1000.0})");
        }
    }

    private static async Task WriteAsync(SyncServer server, Random random)
    {
        for (var i = 0; i < CommitsPerWriter; i++)
        {
            var key = random.Next(1, 900);
            var wait = random.Next(12) / 1000.0;
            var sql = random.Next(4) switch
            {
                0 => $"DELETE FROM items WHERE id = {key}",
                1 => $"UPDATE items SET count = {random.Next(1000)} WHERE id = {key}",
                _ => $"INSERT INTO items (id, name, done, count, made_at) VALUES ({key}, 'row {i}', FALSE, 0, now()) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
            };
            await server.Database.WriteAsync(async (transaction, _) => await transaction.Connection!.ExecuteAsync($"{sql}; SELECT pg_sleep({wait})", transaction), CancellationToken.None);
        }
    }

    /// <summary>Counts what became of reads of the standby.</summary>
    private sealed class ReplicaReads : IDisposable
    {
        private readonly MeterListener _listener = new();

        public ReplicaReads()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "collection.sync.replica.reads")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, count, tags, _) => Outcomes.AddOrUpdate((string)tags[0].Value!, count, (_, sum) => sum + count));
            _listener.Start();
        }

        public ConcurrentDictionary<string, long> Outcomes { get; } = new();

        public void Dispose() => _listener.Dispose();
    }
}
