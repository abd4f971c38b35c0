using Collection.Contracts;
using Npgsql;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>What the other tests rely on when they stop a server, crash it, or read from its standby.</summary>
public sealed class PostgresServerTests
{
    [Fact]
    public async Task A_commit_survives_a_crash_and_the_standby_follows_across_it()
    {
        // With these a commit returns once the standby shows it.
        await using var server = await PostgresServer.StartAsync("synchronous_standby_names=*", "synchronous_commit=remote_apply");
        await using var standby = await server.StartStandbyAsync();
        var before = server.ConnectionString;
        await ExecuteAsync(before, "CREATE TABLE committed (id integer)");
        await ExecuteAsync(before, "INSERT INTO committed VALUES (1)");

        await server.StopAsync(immediate: true);
        await Should.ThrowAsync<NpgsqlException>(() => ExecuteAsync(before, "SELECT 1"));
        await server.StopAsync(immediate: false);
        await server.StartAgainAsync();
        await ExecuteAsync(server.ConnectionString, "INSERT INTO committed VALUES (2)");

        server.ConnectionString.ShouldBe(before);
        (await ExecuteAsync(server.ConnectionString, "SELECT count(*) FROM committed")).ShouldBe(2L);
        (await ExecuteAsync(standby.ConnectionString, "SELECT count(*) FROM committed")).ShouldBe(2L);
        (await ExecuteAsync(standby.ConnectionString, "SELECT pg_is_in_recovery()")).ShouldBe(true);
    }

    [Fact]
    public async Task Databases_of_the_shared_server_are_apart()
    {
        var server = await PostgresServer.SharedAsync();
        var (one, other) = (await server.CreateDatabaseAsync(), await server.CreateDatabaseAsync());

        await ExecuteAsync(one, "CREATE TABLE here (id integer)");

        (await PostgresServer.SharedAsync()).ShouldBeSameAs(server);
        (await ExecuteAsync(one, "SELECT to_regclass('here')::text")).ShouldBe("here");
        (await ExecuteAsync(other, "SELECT to_regclass('here')::text")).ShouldBe(DBNull.Value);
    }

    [Fact]
    public async Task A_setting_that_does_not_exist_is_named_in_the_error()
    {
        var error = await Should.ThrowAsync<InvalidOperationException>(() => PostgresServer.StartAsync("no_such_setting=1"));

        error.Message.ShouldContain("no_such_setting");
    }

    private static async Task<object?> ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
