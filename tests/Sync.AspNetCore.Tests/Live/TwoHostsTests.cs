using Npgsql;

namespace Collection.Sync.AspNetCore.Tests.Live;

/// <summary>Two hosts on one PostgreSQL: what is written by whomever is heard everywhere.</summary>
public sealed class TwoHostsTests
{
    private const string Listeners = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN collection_sync'";

    [Fact]
    public async Task Row_written_through_another_host_or_by_plain_SQL_arrives()
    {
        await using var one = await SyncServer.StartAsync(DatabaseKind.Postgres);
        await using var other = await SyncServer.StartAsync(one.Data);
        await using var client = await EventClient.OpenAsync(one);
        await using var elsewhere = await EventClient.OpenAsync(other);

        await InsertAsync(other, 1);
        (await EventStreamContract.TakeAsync(client, 1)).ShouldHaveSingleItem().Key.ShouldBe(1);
        await other.InsertAsync(2, 1);
        (await EventStreamContract.TakeAsync(client, 1)).ShouldHaveSingleItem().Key.ShouldBe(2);

        (await EventStreamContract.TakeAsync(elsewhere, 2)).Select(change => change.Key).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Client_goes_on_at_another_host()
    {
        await using var one = await SyncServer.StartAsync(DatabaseKind.Postgres);
        await using var other = await SyncServer.StartAsync(one.Data);
        await using var stays = await EventClient.OpenAsync(other);
        string id;
        await using (var client = await EventClient.OpenAsync(one))
        {
            await InsertAsync(one, 1);
            id = (await client.NextAsync("page")).Id!;
        }

        await InsertAsync(other, 2);
        await using var moved = await EventClient.OpenAsync(other, id);
        await InsertAsync(one, 3);

        (await EventStreamContract.TakeAsync(moved, 2)).Select(change => change.Key).ShouldBe([2, 3]);
    }

    [Fact]
    public async Task Host_without_streams_announces_what_it_commits()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Postgres);
        await using var connection = new NpgsqlConnection(server.Data.ConnectionString);
        await connection.OpenAsync();
        await connection.ExecuteAsync("LISTEN collection_sync");

        await InsertAsync(server, 1);

        (await connection.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeTrue();
    }

    [Fact]
    public async Task Lost_connection_for_listening_is_made_anew()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Postgres);
        await using var client = await EventClient.OpenAsync(server);
        var before = await ListenerAsync(server, pid => pid is not null);

        await server.ExecuteAsync($"SELECT pg_terminate_backend({before})");
        await InsertAsync(server, 1);

        (await EventStreamContract.TakeAsync(client, 1)).ShouldHaveSingleItem().Key.ShouldBe(1);
        await ListenerAsync(server, pid => pid is not null && pid != before);
    }

    [Fact]
    public async Task Nothing_is_watched_while_nobody_hears()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Postgres);
        await using (var client = await EventClient.OpenAsync(server))
            await ListenerAsync(server, pid => pid is not null);

        await ListenerAsync(server, pid => pid is null);
    }

    private static async Task<int?> ListenerAsync(SyncServer server, Func<int?, bool> isWanted)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var connection = await server.OpenAsync();
        while (true)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = Listeners;
            var pid = (int?)await command.ExecuteScalarAsync(patience.Token);
            if (isWanted(pid))
                return pid;
        }
    }

    private static async Task InsertAsync(SyncServer server, int id) => await server.Database.WriteAsync(
        async (transaction, _) => await transaction.Connection!.ExecuteAsync(server.Data.InsertItems(id, 1), transaction), CancellationToken.None);
}
