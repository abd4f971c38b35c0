namespace Collection.Sync.AspNetCore.Tests;

public abstract class ConcurrentWritersContract(DatabaseKind kind)
{
    /// <summary>
    /// Four writers insert, change and delete in transactions of one to four statements while a reader pulls without a
    /// pause, and another joins half-way. Whatever was committed arrives, and nothing else.
    /// </summary>
    [Fact]
    public async Task Reader_beside_writers_misses_nothing()
    {
        const int writers = 4;
        const int commits = 500;
        await using var server = await SyncServer.StartAsync(kind, rows: 200);
        var replica = new Replica(server);
        // Writers go on until the reader has had its turns, however busy the machine is.
        var enough = new TaskCompletionSource();
        var writing = Task.WhenAll(Enumerable.Range(1, writers).Select(writer => Task.Run(() => WriteAsync(server, writer, commits, enough.Task))));
        Replica? latecomer = null;
        var pulls = 0;
        while (!writing.IsCompleted)
        {
            await replica.PullAsync(8192);
            if (++pulls == 20)
                latecomer = new Replica(server);
            if (pulls == 40)
                enough.SetResult();
            if (latecomer is not null)
                await latecomer.PullAsync(4096);
        }

        await writing;
        await server.SettleAsync();
        await replica.PullAllAsync();
        await replica.ShouldEqualTableAsync();
        latecomer.ShouldNotBeNull();
        await latecomer.PullAllAsync();
        await latecomer.ShouldEqualTableAsync();
    }

    // Several rows a transaction, in any order: on PostgreSQL writers run into each other's locks, and start again.
    private static async Task WriteAsync(SyncServer server, int writer, int commits, Task enough)
    {
        var random = new Random(writer);
        for (var i = 0; i < commits || !enough.IsCompleted; i++)
        {
            var statements = Enumerable.Range(0, random.Next(1, 5)).Select(_ => Statement(server.Data, random, writer, i)).ToArray();
            await server.Database.WriteAsync(async (transaction, _) =>
            {
                foreach (var statement in statements)
                    await transaction.Connection!.ExecuteAsync(statement, transaction);
                return 0;
            }, CancellationToken.None);
        }
    }

    private static string Statement(TestDatabase data, Random random, int writer, int i)
    {
        var key = random.Next(1, 400);
        return random.Next(4) switch
        {
            0 => $"DELETE FROM items WHERE id = {key}",
            1 => $"UPDATE items SET count = {random.Next(3)}, note = 'by {writer}' WHERE id BETWEEN {key} AND {key + 3}",
            _ => $"""
                INSERT INTO items (id, name, done, count, made_at) VALUES ({key}, 'row {writer}.{i}', FALSE, 0, {data.Instant(i)})
                ON CONFLICT (id) DO UPDATE SET name = excluded.name
                """,
        };
    }
}

public sealed class SqliteConcurrentWritersTests() : ConcurrentWritersContract(DatabaseKind.Sqlite);

public sealed class PostgresConcurrentWritersTests() : ConcurrentWritersContract(DatabaseKind.Postgres);
