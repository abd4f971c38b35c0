using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore.Tests;

public abstract class InstallContract(DatabaseKind kind)
{
    private static readonly SyncedTable s_items = new(SyncServer.Items, "items");

    [Fact]
    public async Task Second_install_changes_nothing()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 20);
        var replica = new Replica(server);
        await replica.PullAllAsync();

        await server.Feed.InstallAsync(s_items, CancellationToken.None);

        (await replica.PullAllAsync()).Single().Header.UpsertCount.ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Table_whose_changes_went_unnoticed_starts_a_new_epoch(bool dropsTable)
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 20);
        var replica = new Replica(server);
        await replica.PullAllAsync();
        var change = dropsTable
            ? $"CREATE TABLE copy AS SELECT * FROM items; DROP TABLE items; {server.Data.CreateItems}; INSERT INTO items SELECT id, name, note, done, count, size, weight, made_at FROM copy WHERE id <> 5"
            : $"DROP TRIGGER sync_items_deleted{(kind == DatabaseKind.Postgres ? " ON items" : "")}; DELETE FROM items WHERE id = 5";

        await server.ExecuteAsync(change);
        await server.Feed.InstallAsync(s_items, CancellationToken.None);

        using var response = await replica.SendAsync(replica.Cursor);
        response.StatusCode.ShouldBe(System.Net.HttpStatusCode.Gone);
        var refilled = new Replica(server);
        await refilled.PullAllAsync();
        await refilled.ShouldEqualTableAsync();
        await server.ExecuteAsync("DELETE FROM items WHERE id = 6");
        await refilled.PullAllAsync();
        await refilled.ShouldEqualTableAsync();
    }

    [Fact]
    public async Task Log_of_an_earlier_version_gets_the_cause_of_edits_and_cursors_stay_good()
    {
        await using var server = await Pusher.StartServerAsync(kind);
        var replica = new Replica(server);
        await replica.PullAllAsync();
        await new Pusher(server).SendAsync("c", Pusher.Mutation(1, 3, """{"count":1}"""));
        await server.ExecuteAsync("ALTER TABLE sync_edits DROP COLUMN correlation_id");

        await server.Feed.InstallAsync(s_items, CancellationToken.None);

        var reply = await new Pusher(server).SendAsync("c", Pusher.Mutation(2, 3, """{"count":2}""", ",\"correlationId\":\"export-1\""));
        reply.Status.ShouldBe(System.Net.HttpStatusCode.OK, reply.Text);
        (await LoggedEdit.ReadAsync(server)).Select(edit => edit.CorrelationId).ShouldBe([null, "export-1"]);
        await server.SettleAsync();
        await replica.PullAllAsync();
        await replica.ShouldEqualTableAsync();
    }

    [Fact]
    public async Task Server_whose_table_does_not_exist_does_not_start()
    {
        await using var server = await SyncServer.StartAsync(kind);
        var error = await Should.ThrowAsync<InvalidOperationException>(async () =>
            await server.Feed.InstallAsync(new SyncedTable(SyncServer.Items, "others"), CancellationToken.None));
        error.Message.ShouldContain("'others', which does not exist");
    }

    [Fact]
    public async Task Table_without_a_field_of_the_schema_is_refused()
    {
        await using var server = await SyncServer.StartAsync(kind);
        var schema = SyncServer.Schema(more: new FieldSchema("color", FieldKind.Text));
        var error = await Should.ThrowAsync<InvalidOperationException>(async () =>
            await server.Feed.InstallAsync(new SyncedTable(schema, "items"), CancellationToken.None));
        error.Message.ShouldContain("no column color");
    }

    [Theory]
    [InlineData("items\"; DROP TABLE items; --")]
    [InlineData("Items")]
    [InlineData("")]
    [InlineData("items\n")]
    [InlineData("sqlite_schema")]
    [InlineData("sync_meta")]
    public void Name_that_is_not_one_for_a_table_is_refused(string name) =>
        Should.Throw<ArgumentException>(() => new SyncedTable(SyncServer.Items, name));

    [Fact]
    public void Field_named_like_a_column_of_sync_is_refused() =>
        Should.Throw<ArgumentException>(() => new SyncedTable(SyncServer.Schema(more: new FieldSchema("sync_seq", FieldKind.Int64)), "items"));
}

public sealed class SqliteInstallTests() : InstallContract(DatabaseKind.Sqlite)
{
    [Fact]
    public async Task Table_whose_key_is_not_unique_is_refused_until_it_is()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Sqlite);
        await server.ExecuteAsync("CREATE TABLE loose (id INTEGER NOT NULL)");
        var schema = new CollectionSchema("loose", [new("id", FieldKind.Int64) { IsKey = true }]);

        await Should.ThrowAsync<InvalidOperationException>(async () =>
            await server.Feed.InstallAsync(new SyncedTable(schema, "loose"), CancellationToken.None));
        await server.ExecuteAsync("CREATE UNIQUE INDEX loose_by_id ON loose (id)");
        await server.Feed.InstallAsync(new SyncedTable(schema, "loose"), CancellationToken.None);
    }
}

public sealed class PostgresInstallTests() : InstallContract(DatabaseKind.Postgres);
