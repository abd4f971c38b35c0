using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Xunit.Abstractions;
using static Collection.Sync.AspNetCore.Tests.Pusher;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>Each mutation takes effect once, in its order, whatever becomes of requests and answers.</summary>
public abstract class PushOnceContract(DatabaseKind kind, ITestOutputHelper output)
{
    [Fact]
    public async Task Batch_sent_again_is_answered_as_before_and_changes_nothing()
    {
        await using var server = await StartServerAsync(kind);
        var pusher = new Pusher(server);
        string[] batch = [Mutation(1, 1, """{"count":1}"""), Mutation(2, 77, """{"count":1}"""), Mutation(3, 2, """{"count":1000000}"""), Mutation(4, 1, """{"count":2}""", ""","if":{"count":1}""")];
        var first = await pusher.SendAsync("c", batch);
        var replica = new Replica(server);
        await server.SettleAsync();
        await replica.PullAllAsync();

        for (var i = 0; i < 3; i++)
            (await pusher.SendAsync("c", batch)).Text.ShouldBe(first.Text);

        first.Results.ShouldBe(["1 applied", "2 rejected missing", "3 rejected constraint", "4 applied"]);
        await server.SettleAsync();
        (await replica.PullAsync()).Header.UpsertCount.ShouldBe(0);
        (await LoggedEdit.ReadAsync(server)).Select(e => e.Mutation).ShouldBe([1, 4]);
    }

    [Fact]
    public async Task Batch_sent_many_times_at_once_takes_effect_once()
    {
        await using var server = await StartServerAsync(kind);
        var pusher = new Pusher(server);
        for (var round = 1; round <= 20; round++)
        {
            string[] batch = [Mutation((2 * round) - 1, 1, $$"""{"count":{{round}}}"""), Mutation(2 * round, 77, "{}")];

            var replies = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => pusher.SendAsync("c", batch)));

            replies.ShouldAllBe(reply => reply.Status == HttpStatusCode.OK);
            replies.Select(reply => reply.Text).Distinct().Count().ShouldBe(1);
        }

        (await LoggedEdit.ReadAsync(server)).Select(e => e.Mutation).ShouldBe(Enumerable.Range(1, 20).Select(i => (2L * i) - 1));
    }

    [Fact]
    public async Task Edit_by_somebody_else_is_not_undone_by_a_batch_sent_again()
    {
        await using var server = await StartServerAsync(kind);
        await new Pusher(server).SendAsync("c", Mutation(1, 1, """{"count":1}"""));
        await new Pusher(server, "bob").SendAsync("d", Mutation(1, 1, """{"count":2}"""));

        await new Pusher(server).SendAsync("c", Mutation(1, 1, """{"count":1}"""));

        (await server.ReadTableAsync())[1][4].ShouldBe(2L);
    }

    [Fact]
    public async Task Batch_that_is_partly_known_is_applied_from_where_it_is_new()
    {
        await using var server = await StartServerAsync(kind);
        var pusher = new Pusher(server);
        string[] all = [.. Enumerable.Range(1, 4).Select(i => Mutation(i, i == 2 ? 77 : i, $$"""{"count":{{i}}}"""))];
        await pusher.SendAsync("c", all[..2]);

        var reply = await pusher.SendAsync("c", all);

        reply.Results.ShouldBe(["1 applied", "2 rejected missing", "3 applied", "4 applied"]);
        reply.LastId.ShouldBe(4);
        (await LoggedEdit.ReadAsync(server)).Select(e => e.Mutation).ShouldBe([1, 3, 4]);
    }

    [Fact]
    public async Task Batch_that_comes_too_early_is_refused_and_told_where_to_go_on()
    {
        await using var server = await StartServerAsync(kind);
        var pusher = new Pusher(server);

        var unknown = await pusher.SendAsync("c", Mutation(2, 1, """{"count":2}"""));
        (unknown.Status, unknown.Reason, unknown.LastId).ShouldBe((HttpStatusCode.Conflict, "order", 0));
        await pusher.SendAsync("c", Mutation(1, 77, """{"count":1}"""));
        var early = await pusher.SendAsync("c", Mutation(3, 1, """{"count":3}"""));
        (early.Status, early.Reason, early.LastId).ShouldBe((HttpStatusCode.Conflict, "order", 1));

        // The refused batch has not taken the client's word for having the answer to the first.
        (await pusher.SendAsync("c", Mutation(1, 77, """{"count":1}"""), Mutation(2, 1, """{"count":2}"""))).Results.ShouldBe(["1 rejected missing", "2 applied"]);
        (await LoggedEdit.ReadAsync(server)).Select(e => e.Mutation).ShouldBe([2]);
    }

    [Fact]
    public async Task Rejection_is_kept_until_the_client_sends_on()
    {
        await using var server = await StartServerAsync(kind);
        var pusher = new Pusher(server);
        string[] batch = [Mutation(1, 77, """{"count":1}"""), Mutation(2, 78, """{"count":1}""")];
        await pusher.SendAsync("c", batch);
        await server.InsertAsync(77, 2);

        (await pusher.SendAsync("c", batch)).Results.ShouldBe(["1 rejected missing", "2 rejected missing"]);
        (await CountRejectionsAsync(server)).ShouldBe(2);
        (await pusher.SendAsync("c", batch[1], Mutation(3, 77, """{"count":3}"""))).Results.ShouldBe(["2 rejected missing", "3 applied"]);
        (await CountRejectionsAsync(server)).ShouldBe(1);
        await pusher.SendAsync("c", Mutation(4, 78, "{}"));
        (await CountRejectionsAsync(server)).ShouldBe(0);
    }

    [Fact]
    public async Task Batches_that_meet_in_the_same_rows_in_opposite_order_all_go_through()
    {
        await using var server = await StartServerAsync(kind, rows: 60);
        var keys = Enumerable.Range(1, 60).ToArray();

        var replies = await Task.WhenAll(Enumerable.Range(0, 6).Select(client => Task.Run(async () =>
        {
            var results = new List<PushReply>();
            for (var round = 0; round < 5; round++)
            {
                var order = client % 2 == 0 ? keys : [.. keys.Reverse()];
                results.Add(await new Pusher(server).SendAsync($"c{client}", [.. order.Select((key, i) => Mutation((round * 60) + i + 1, key, $$"""{"count":{{(client * 10) + round}}}"""))]));
            }

            return results;
        })));

        replies.SelectMany(r => r).ShouldAllBe(reply => reply.Status == HttpStatusCode.OK);
        (await server.ReadTableAsync()).Values.Select(row => row[4]).Distinct().Count().ShouldBe(1);
    }

    /// <summary>
    /// Eight clients push 10,000 batches at the same few rows, repeating, doubling and overtaking at random. The log,
    /// replayed from the rows that there were, gives the table; and each mutation is in it once, or was refused, or
    /// changed nothing.
    /// </summary>
    [Fact]
    public async Task Clients_with_bad_lines_leave_what_the_log_says()
    {
        const int clients = 8;
        const int pushes = 10_000;
        const int seed = 4711;
        await using var server = await StartServerAsync(kind, rows: 12);
        var before = await server.ReadTableAsync();
        var watch = Stopwatch.StartNew();

        var applied = await Task.WhenAll(Enumerable.Range(1, clients).Select(client => Task.Run(() => RunAsync(server, client, seed, pushes / clients))));

        output.WriteLine($"seed {seed}, {pushes} pushes in {watch.Elapsed.TotalSeconds:0.0} s");
        var log = await LoggedEdit.ReadAsync(server);
        log.Select(e => (e.Client, e.Mutation)).Distinct().Count().ShouldBe(log.Count);
        foreach (var edit in log)
            Replay(before[edit.RowKey], edit);
        var after = await server.ReadTableAsync();
        after.Keys.Order().ShouldBe(before.Keys.Order());
        foreach (var (key, values) in before)
            after[key].ShouldBe(values);

        // Numbers of mutations that wrote something no other has written cannot have been no-ops: all of them are in the log.
        foreach (var client in Enumerable.Range(1, clients))
            log.Where(e => e.Client == $"c{client}").Select(e => e.Mutation).ShouldBe(applied[client - 1]);
    }

    // Every value is one that nobody else writes, so that every applied mutation changes something.
    private static async Task<List<long>> RunAsync(SyncServer server, int client, int seed, int pushes)
    {
        var random = new Random(seed + client);
        var pusher = new Pusher(server, $"user-{client}");
        var applied = new List<long>();
        var (next, sent) = (1L, 0);
        while (sent < pushes)
        {
            var batch = Enumerable.Range(0, random.Next(1, 4)).Select(i => Edit(random, client, next + i)).ToArray();
            if (random.Next(10) == 0)
            {
                // The one behind overtakes.
                var early = await pusher.SendAsync($"c{client}", Edit(random, client, next + batch.Length));
                (early.Status, early.Reason, early.LastId).ShouldBe((HttpStatusCode.Conflict, "order", next - 1));
                sent++;
            }

            // Sent once, or with its answer lost once or twice, or doubled on the way.
            var (times, atOnce) = random.Next(8) switch { 0 => (2, false), 1 => (3, false), 2 => (2, true), _ => (1, false) };
            sent += times;
            var replies = new List<PushReply>();
            if (atOnce)
                replies.AddRange(await Task.WhenAll(Enumerable.Range(0, times).Select(_ => pusher.SendAsync($"c{client}", batch))));
            while (replies.Count < times)
                replies.Add(await pusher.SendAsync($"c{client}", batch));

            replies.ShouldAllBe(reply => reply.Status == HttpStatusCode.OK && reply.Results.SequenceEqual(replies[0].Results));
            applied.AddRange(replies[0].Results.Where(result => result.EndsWith(" applied", StringComparison.Ordinal)).Select(result => long.Parse(result.Split(' ')[0], null)));
            next += batch.Length;
        }

        return applied;
    }

    private static string Edit(Random random, int client, long id) => random.Next(6) switch
    {
        0 => Mutation(id, 999, """{"count":1}"""),
        1 => Mutation(id, random.Next(1, 13), """{"count":1000001}"""),
        2 => Mutation(id, random.Next(1, 13), $$"""{"size":{{(client * 1_000_000) + id}}}""", ""","if":{"done":true}"""),
        3 => Mutation(id, random.Next(1, 13), $$"""{"name":"{{client}}-{{id}}","done":{{(random.Next(2) == 0 ? "true" : "false")}}}"""),
        _ => Mutation(id, random.Next(1, 13), $$"""{"note":"{{client}}-{{id}}"}"""),
    };

    private static void Replay(object?[] row, LoggedEdit edit)
    {
        using var changes = JsonDocument.Parse(edit.Changes);
        foreach (var change in changes.RootElement.EnumerateObject())
        {
            var field = SyncServer.Items.IndexOf(change.Name);
            row[field].ShouldBe(Value(change.Value.GetProperty("from")), $"{edit}: the log has a gap");
            row[field] = Value(change.Value.GetProperty("to"));
        }
    }

    private static object? Value(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Number => json.GetInt64(),
        JsonValueKind.String => json.GetString(),
        _ => json.GetBoolean(),
    };

    private static async Task<long> CountRejectionsAsync(SyncServer server)
    {
        await using var connection = await server.OpenAsync();
        return await connection.ScalarAsync<long>("SELECT count(*) FROM sync_rejections");
    }
}

public sealed class SqlitePushOnceTests(ITestOutputHelper output) : PushOnceContract(DatabaseKind.Sqlite, output);

public sealed class PostgresPushOnceTests(ITestOutputHelper output) : PushOnceContract(DatabaseKind.Postgres, output)
{
    [Fact]
    public async Task Push_whose_connection_breaks_is_to_be_sent_again()
    {
        await using var server = await StartServerAsync(DatabaseKind.Postgres);
        await using var other = await server.OpenAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await other.ExecuteAsync("UPDATE items SET done = NOT done WHERE id = 2", transaction);
        string[] batch = [Mutation(1, 77, "{}"), Mutation(2, 1, """{"count":1}"""), Mutation(3, 2, """{"count":2}""")];
        var push = new Pusher(server).SendAsync("c", batch);
        await using (var killer = await server.OpenAsync())
        {
            // Once it waits for the row.
            while (await killer.ScalarAsync<long>("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 0)
                await Task.Yield();
        }

        var broken = await push;
        await transaction.RollbackAsync();

        (broken.Status, broken.Reason).ShouldBe((HttpStatusCode.ServiceUnavailable, "database"));
        (await new Pusher(server).SendAsync("c", batch)).Results.ShouldBe(["1 rejected missing", "2 applied", "3 applied"]);
        (await LoggedEdit.ReadAsync(server)).Select(e => e.Mutation).ShouldBe([2, 3]);
    }
}
