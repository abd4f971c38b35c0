using System.Data;
using Collection.Sync.Abstractions;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>What only a database with concurrent transactions can do to a feed.</summary>
public sealed class PostgresFeedTests
{
    private const string Values = "(id, name, done, count, made_at) VALUES (5, 'older', FALSE, 1, now())";

    /// <summary>
    /// The older transaction changes a row after a newer one has, and commits last. By its own number the row's version
    /// would fall, and a reader that has met the newer one would keep it for good.
    /// </summary>
    [Theory]
    [InlineData("", "UPDATE items SET count = 8 WHERE id = 5")]
    [InlineData("", "DELETE FROM items WHERE id = 5")]
    [InlineData("DELETE FROM items WHERE id = 5", "INSERT INTO items " + Values)]
    [InlineData("DELETE FROM items WHERE id = 5", "UPDATE items SET id = 5 WHERE id = 6")]
    [InlineData("UPDATE items SET id = 50 WHERE id = 5", "INSERT INTO items " + Values)]
    [InlineData("DELETE FROM items WHERE id = 5; INSERT INTO items " + Values, "UPDATE items SET id = 500 WHERE id = 5")]
    public async Task Older_transaction_that_writes_last_wins(string newer, string older)
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Postgres, rows: 10);
        await using var first = (NpgsqlConnection)await server.OpenAsync();
        await using var transaction = await first.BeginTransactionAsync();
        await first.ExecuteAsync("SELECT pg_current_xact_id()", transaction);
        await using var second = await server.OpenAsync();
        await second.ExecuteAsync("UPDATE items SET count = 7");

        // It meets what a newer one has done: as rows of the first sync, which no horizon holds back.
        var replica = new Replica(server);
        await replica.PullAsync();
        if (newer.Length > 0)
            await second.ExecuteAsync(newer);
        await first.ExecuteAsync(older, transaction);
        await transaction.CommitAsync();
        await server.SettleAsync();

        await replica.PullAllAsync();
        await replica.ShouldEqualTableAsync();
        var late = new Replica(server);
        await late.PullAllAsync();
        await late.ShouldEqualTableAsync();
    }

    [Theory]
    [InlineData(IsolationLevel.RepeatableRead)]
    [InlineData(IsolationLevel.Serializable)]
    public async Task Key_that_comes_back_in_a_snapshot_that_has_not_seen_it_go_is_not_lost(IsolationLevel isolation)
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Postgres, rows: 10);
        var replica = new Replica(server);
        await replica.PullAllAsync();
        await using var connection = (NpgsqlConnection)await server.OpenAsync();
        await using (var transaction = await connection.BeginTransactionAsync(isolation))
        {
            await connection.ExecuteAsync("SELECT pg_current_xact_id()", transaction);
            await using (var second = await server.OpenAsync())
                await second.ExecuteAsync("DELETE FROM items WHERE id = 5");

            var error = await Should.ThrowAsync<PostgresException>(() => connection.ExecuteAsync("INSERT INTO items " + Values, transaction));
            error.SqlState.ShouldBe(PostgresErrorCodes.SerializationFailure);
        }

        await server.SettleAsync();
        await replica.PullAllAsync();
        await replica.ShouldEqualTableAsync();
    }

    [Theory]
    [InlineData(IsolationLevel.ReadCommitted)]
    [InlineData(IsolationLevel.RepeatableRead)]
    public async Task Rows_are_inserted_and_come_back_at_every_isolation_level(IsolationLevel isolation)
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Postgres, rows: 10);
        var replica = new Replica(server);
        await replica.PullAllAsync();
        await server.ExecuteAsync("DELETE FROM items WHERE id = 5");
        await using (var connection = (NpgsqlConnection)await server.OpenAsync())
        await using (var transaction = await connection.BeginTransactionAsync(isolation))
        {
            await connection.ExecuteAsync("INSERT INTO items " + Values, transaction);
            await connection.ExecuteAsync("INSERT INTO items (id, name, done, count, made_at) VALUES (77, 'new', FALSE, 1, now())", transaction);
            await transaction.CommitAsync();
        }

        await server.SettleAsync();
        await replica.PullAllAsync();
        await replica.ShouldEqualTableAsync();
        await using var check = await server.OpenAsync();
        (await check.ScalarAsync<long>("SELECT count(*) FROM sync_tombstones")).ShouldBe(0);
    }

    [Fact]
    public async Task Open_transaction_holds_readers_back_and_the_lag_says_so()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Postgres, rows: 10);
        var replica = new Replica(server);
        await replica.PullAllAsync();
        await using var connection = (NpgsqlConnection)await server.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("INSERT INTO items " + Values.Replace("(5,", "(100,", StringComparison.Ordinal), transaction);
        await using (var other = await server.OpenAsync())
            await other.ExecuteAsync("UPDATE items SET count = 77 WHERE id = 1");

        (await replica.PullAllAsync()).ShouldAllBe(page => page.Header.UpsertCount == 0);
        var lag = await server.Feed.ReadLagAsync(CancellationToken.None);
        lag.Transactions.ShouldBeGreaterThan(0);
        lag.Age.ShouldBeGreaterThan(TimeSpan.Zero);

        await transaction.CommitAsync();
        await server.SettleAsync();
        await replica.PullAllAsync();
        await replica.ShouldEqualTableAsync();
    }

    [Fact]
    public async Task Truncated_table_makes_clients_refill()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Postgres, rows: 10);
        var replica = new Replica(server);
        await replica.PullAllAsync();

        await server.ExecuteAsync("TRUNCATE items");

        using var response = await replica.SendAsync(replica.Cursor);
        response.StatusCode.ShouldBe(System.Net.HttpStatusCode.Gone);
        var refilled = new Replica(server);
        await refilled.PullAllAsync();
        refilled.Rows.ShouldBeEmpty();
    }

    /// <summary>A dump keeps the rows' transactions, which in another cluster lie in the future, where no reader would get.</summary>
    [Fact]
    public async Task Rows_of_another_cluster_are_adopted_under_a_new_epoch()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Postgres, rows: 10);
        var replica = new Replica(server);
        await replica.PullAllAsync();
        await server.ExecuteAsync(
            """
            ALTER TABLE items DISABLE TRIGGER USER;
            UPDATE items SET sync_xid = '900000000000000' WHERE id > 3;
            ALTER TABLE items ENABLE TRIGGER USER;
            UPDATE sync_collections SET origin = 'elsewhere/00000001'
            """);

        await using var restored = await SyncServer.StartAsync(server.Data);

        using var response = await replica.SendAsync(replica.Cursor);
        response.StatusCode.ShouldBe(System.Net.HttpStatusCode.Gone);
        var refilled = new Replica(restored);
        await refilled.PullAllAsync();
        await restored.ExecuteAsync("UPDATE items SET count = count + 1");
        (await refilled.PullAllAsync()).Sum(page => page.Header.UpsertCount).ShouldBe(10);
        await refilled.ShouldEqualTableAsync();
    }

    [Fact]
    public async Task Columns_of_kindred_types_are_read()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Postgres);
        await server.ExecuteAsync(
            """
            CREATE TYPE mood AS ENUM ('glad', 'sad');
            CREATE TABLE kinds (id integer PRIMARY KEY, small smallint, price numeric(10, 2), ratio real, tag uuid, mood mood, code char(4), at bigint);
            INSERT INTO kinds VALUES (1, -7, 12.25, 0.5, '00000000-0000-0000-0000-00000000000a', 'sad', 'ab', 1700000000000001)
            """);
        var schema = new CollectionSchema("kinds", [
            new("id", FieldKind.Int64) { IsKey = true }, new("small", FieldKind.Int32), new("price", FieldKind.Double), new("ratio", FieldKind.Double),
            new("tag", FieldKind.Text), new("mood", FieldKind.Text), new("code", FieldKind.Text), new("at", FieldKind.Timestamp)]);
        var table = new SyncedTable(schema, "kinds");
        await server.Feed.InstallAsync(table, CancellationToken.None);

        var writer = new PageWriter(schema);
        await server.Feed.ReadAsync(new FeedSource(table), null, 10_000, writer, CancellationToken.None);
        var page = Page.Read(writer.Finish(new PageHeader { Next = new SyncCursor("c"), Epoch = 1, IsSnapshot = true, More = false, TotalRows = 1 }), schema);

        var reader = new MessagePackReader(page.Rows[0].Span);
        reader.ReadArrayHeader(8);
        (reader.ReadInt64(), reader.ReadInt32(), reader.ReadDouble(), reader.ReadDouble()).ShouldBe((1, -7, 12.25, 0.5));
        (reader.ReadText(), reader.ReadText(), reader.ReadText(), reader.ReadInt64()).ShouldBe(("00000000-0000-0000-0000-00000000000a", "sad", "ab  ", 1700000000000001));
    }

    [Fact]
    public async Task Change_of_spelling_is_a_change_where_the_collation_ignores_case()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Postgres, rows: 3);
        await server.ExecuteAsync(
            """
            CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            ALTER TABLE items ALTER COLUMN name TYPE text COLLATE loose
            """);
        var replica = new Replica(server);
        await replica.PullAllAsync();

        await server.ExecuteAsync("UPDATE items SET name = upper(name) WHERE id = 2");

        (await replica.PullAllAsync()).Sum(page => page.Header.UpsertCount).ShouldBe(1);
        await replica.ShouldEqualTableAsync();
    }

    [Theory]
    [InlineData("text", FieldKind.Int32)]
    [InlineData("bigint", FieldKind.Int32)]
    [InlineData("timestamp", FieldKind.Timestamp)]
    [InlineData("integer", FieldKind.Boolean)]
    public async Task Column_of_a_type_that_cannot_be_read_is_refused_at_the_start(string type, FieldKind kind)
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Postgres);
        await server.ExecuteAsync($"CREATE TABLE wrong (id bigint PRIMARY KEY, value {type})");
        var schema = new CollectionSchema("wrong", [new("id", FieldKind.Int64) { IsKey = true }, new("value", kind) { IsNullable = true }]);

        var error = await Should.ThrowAsync<InvalidOperationException>(async () =>
            await server.Feed.InstallAsync(new SyncedTable(schema, "wrong"), CancellationToken.None));

        error.Message.ShouldContain("Column 'value' of table 'wrong'");
    }

    [Fact]
    public async Task Role_that_may_not_change_tables_starts_once_the_owner_has_run_the_script()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Postgres);
        await server.ExecuteAsync("CREATE TABLE owned (id bigint PRIMARY KEY); INSERT INTO owned VALUES (1), (2)");
        var role = $"app_{Guid.NewGuid():N}";
        await server.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD 'app'; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}");
        var table = new SyncedTable(new CollectionSchema("owned", [new("id", FieldKind.Int64) { IsKey = true }]), "owned");
        var connectionString = new NpgsqlConnectionStringBuilder(server.Data.ConnectionString) { Username = role, Password = "app", Passfile = null }.ToString();
        using var restricted = new PostgresDatabase(NpgsqlDataSource.Create(connectionString), null);
        var feed = new PostgresChangeFeed(restricted, server.Services.GetRequiredService<SyncTelemetry>(), Microsoft.Extensions.Logging.Abstractions.NullLogger<PostgresChangeFeed>.Instance);

        var error = await Should.ThrowAsync<InvalidOperationException>(async () => await feed.InstallAsync(table, CancellationToken.None));
        error.Message.ShouldContain("Have the owner of the table run the SQL");
        await server.ExecuteAsync(feed.InstallScript(table));
        await feed.InstallAsync(table, CancellationToken.None);

        var writer = new PageWriter(table.Schema);
        await feed.ReadAsync(new FeedSource(table), null, 10_000, writer, CancellationToken.None);
        writer.UpsertCount.ShouldBe(2);
    }

    [Fact]
    public async Task Hosts_that_start_at_once_install_one_feed()
    {
        await using var data = await TestDatabase.CreateAsync(DatabaseKind.Postgres);
        await using (var source = NpgsqlDataSource.Create(data.ConnectionString))
        await using (var connection = await source.OpenConnectionAsync())
            await connection.ExecuteAsync(data.CreateItems + ";" + data.InsertItems(1, 100));

        var hosts = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => SyncServer.StartAsync(data)));

        foreach (var host in hosts)
        {
            var replica = new Replica(host);
            await replica.PullAllAsync();
            await replica.ShouldEqualTableAsync();
            await host.DisposeAsync();
        }
    }
}
