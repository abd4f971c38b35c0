namespace Collection.Sync.AspNetCore.Tests;

public sealed class ConcurrentWritersTests
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
        await using var server = await SyncServer.StartAsync(rows: 200);
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
        await replica.PullAllAsync();
        await replica.ShouldEqualTableAsync();
        latecomer.ShouldNotBeNull();
        await latecomer.PullAllAsync();
        await latecomer.ShouldEqualTableAsync();
    }

    private static async Task WriteAsync(SyncServer server, int writer, int commits, Task enough)
    {
        var random = new Random(writer);
        await using var connection = await server.OpenAsync();
        for (var i = 0; i < commits || !enough.IsCompleted; i++)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            for (var statement = random.Next(1, 5); statement > 0; statement--)
                await connection.ExecuteAsync(Statement(random, writer, i), transaction);
            await transaction.CommitAsync();
        }
    }

    private static string Statement(Random random, int writer, int i)
    {
        var key = random.Next(1, 400);
        return random.Next(4) switch
        {
            0 => $"DELETE FROM items WHERE id = {key}",
            1 => $"UPDATE items SET count = {random.Next(3)}, note = 'by {writer}' WHERE id BETWEEN {key} AND {key + 3}",
            _ => $"""
                INSERT INTO items (id, name, done, count, made_at) VALUES ({key}, 'row {writer}.{i}', 0, 0, {i})
                ON CONFLICT (id) DO UPDATE SET name = excluded.name
                """,
        };
    }
}
