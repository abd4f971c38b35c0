using System.Collections.Concurrent;
using Collection.Contracts;
using Collection.Sync.Abstractions;
using Npgsql;
using Xunit.Abstractions;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>
/// Why the feed is built as it is: writers hold their transactions for a while, so that rows become visible in another
/// order than their numbers were drawn in. A reader that goes by number alone loses rows for good.
/// </summary>
public sealed class RaceTests(ITestOutputHelper output)
{
    private const int Writers = 16;
    private const int Commits = 16_000;
    private const int Pollers = 4;

    [Fact]
    public async Task Pollers_beside_jittered_writers_miss_nothing_and_a_naive_cursor_does()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Postgres);
        using var written = new CancellationTokenSource();
        var committed = new ConcurrentBag<long>();
        var naive = Task.Run(() => PollNaivelyAsync(server, written.Token));
        var replicas = Enumerable.Range(0, Pollers).Select(i => new Replica(server, $"user {i}")).ToArray();
        var polling = replicas.Select(replica => Task.Run(() => PollAsync(replica, written.Token))).ToArray();

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(server, writer, committed))));
        await server.SettleAsync();
        await written.CancelAsync();

        var naiveKeys = await naive;
        var expected = committed.ToHashSet();
        expected.Count.ShouldBe(Commits);
        var pages = 0;
        foreach (var (replica, poll) in replicas.Zip(polling))
        {
            pages += await poll;
            await replica.PullAllAsync();
            replica.Rows.Keys.ToHashSet().SetEquals(expected).ShouldBeTrue();
        }

        var missed = expected.Except(naiveKeys).Count();
        output.WriteLine($"{Commits} commits by {Writers} writers: {Pollers} pollers missed 0 in {pages} pages; 'seq > last' missed {missed}.");
        missed.ShouldBeGreaterThan(0, "the naive cursor lost nothing, so this run has not shown the race");
    }

    private static async Task WriteAsync(SyncServer server, int writer, ConcurrentBag<long> committed)
    {
        var random = new Random(writer);
        await using var connection = (NpgsqlConnection)await server.OpenAsync();
        for (var i = 0; i < Commits / Writers; i++)
        {
            long key = (writer * Commits) + i;
            await using var transaction = await connection.BeginTransactionAsync();
            await connection.ExecuteAsync($"INSERT INTO items (id, name, done, count, made_at) VALUES ({key}, 'row', FALSE, 0, now())", transaction);
            // The database waits, as for a slow statement: the jitter is what the test is about.
            await connection.ExecuteAsync($"SELECT pg_sleep({random.Next(16) / 1000.0})", transaction);
            await transaction.CommitAsync();
            committed.Add(key);
        }
    }

    private static async Task<int> PollAsync(Replica replica, CancellationToken written)
    {
        var pages = 0;
        for (; !written.IsCancellationRequested; pages++)
            await replica.PullAsync();
        return pages;
    }

    // What many would write: the rows after the highest number that was seen.
    private static async Task<HashSet<long>> PollNaivelyAsync(SyncServer server, CancellationToken written)
    {
        var seen = new HashSet<long>();
        await using var connection = (NpgsqlConnection)await server.OpenAsync();
        long last = 0;
        for (var isLast = false; ; isLast = written.IsCancellationRequested)
        {
            await using (var command = new NpgsqlCommand("SELECT id, sync_seq FROM items WHERE sync_seq > @last ORDER BY sync_seq", connection))
            {
                command.Parameters.AddWithValue("last", last);
                await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
                while (await reader.ReadAsync(CancellationToken.None))
                {
                    seen.Add(reader.GetInt64(0));
                    last = reader.GetInt64(1);
                }
            }

            if (isLast)
                return seen;
        }
    }
}
