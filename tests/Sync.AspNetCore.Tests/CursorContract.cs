using System.Net;
using System.Text.Json;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore.Tests;

public abstract class CursorContract(DatabaseKind kind)
{
    [Fact]
    public async Task Cursor_with_any_character_changed_is_refused()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 100);
        var replica = new Replica(server);
        await replica.PullAsync(2048);
        var cursor = replica.Cursor!;
        cursor.Length.ShouldBeLessThan(320);

        for (var i = 0; i < cursor.Length; i++)
        {
            foreach (var other in (char[])[cursor[i] == 'A' ? 'B' : 'A', cursor[i] == '9' ? '8' : '9', '!', 'é'])
                await ShouldBeGoneAsync(replica.SendAsync($"{cursor[..i]}{other}{cursor[(i + 1)..]}"), "malformed");
        }
    }

    /// <summary>The last character of base64 may carry bits that decoding ignores: every one of its neighbours is tried.</summary>
    [Fact]
    public async Task Cursor_in_another_spelling_is_refused()
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        await using var server = await SyncServer.StartAsync(kind, rows: 100);
        var replica = new Replica(server);
        for (var page = 0; page < 4; page++)
        {
            await replica.PullAsync(2048);
            foreach (var last in alphabet.Where(c => c != replica.Cursor![^1]))
                await ShouldBeGoneAsync(replica.SendAsync(replica.Cursor![..^1] + last), "malformed");
        }
    }

    [Theory]
    [InlineData("x")]
    [InlineData("====")]
    [InlineData("%00")]
    [InlineData("null")]
    public async Task Text_that_is_no_cursor_is_refused(string text)
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 1);

        await ShouldBeGoneAsync(new Replica(server).SendAsync(text), "malformed");
        await ShouldBeGoneAsync(new Replica(server).SendAsync(new string('A', 5000)), "malformed");
    }

    [Fact]
    public async Task Cursor_of_another_user_is_refused()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 1);
        var ada = new Replica(server);
        await ada.PullAsync();

        await ShouldBeGoneAsync(new Replica(server, "grace").SendAsync(ada.Cursor), "malformed");
    }

    [Fact]
    public async Task Cursor_outlives_a_restart_of_the_server()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 100);
        var replica = new Replica(server);
        await replica.PullAllAsync();

        await using var restarted = await SyncServer.StartAsync(server.Data);
        using var response = await new Replica(restarted).SendAsync(replica.Cursor);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Cursor_of_another_schema_is_refused()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 1);
        var replica = new Replica(server);
        await replica.PullAsync();

        await server.ExecuteAsync("ALTER TABLE items ADD COLUMN color TEXT");
        var schema = SyncServer.Schema(more: new FieldSchema("color", FieldKind.Text) { IsNullable = true });
        await using var upgraded = await SyncServer.StartAsync(server.Data, schema: schema);

        await ShouldBeGoneAsync(new Replica(upgraded).SendAsync(replica.Cursor), "schema");
    }

    [Fact]
    public async Task Cursor_of_an_earlier_epoch_is_refused_and_a_refill_gets_the_new_one()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 50);
        var replica = new Replica(server);
        var before = (await replica.PullAsync(2048)).Header.Epoch;

        var epoch = await server.Feed.StartEpochAsync(CancellationToken.None);

        epoch.ShouldBeGreaterThan(before);
        await ShouldBeGoneAsync(replica.SendAsync(replica.Cursor), "epoch");
        (await new Replica(server).PullAllAsync(2048)).ShouldAllBe(page => page.Header.Epoch == epoch);
    }

    [Fact]
    public async Task Cursor_from_before_forgotten_deletions_is_refused_and_a_later_one_goes_on()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 10);
        var old = new Replica(server);
        await old.PullAllAsync();
        await server.ExecuteAsync("DELETE FROM items WHERE id <= 3");
        var current = old.Clone();
        await current.PullAllAsync();

        (await server.Feed.PurgeTombstonesAsync(DateTimeOffset.UtcNow.AddHours(1), CancellationToken.None)).ShouldBe(3);

        await ShouldBeGoneAsync(old.SendAsync(old.Cursor), "purged");
        await current.PullAllAsync();
        await current.ShouldEqualTableAsync();
        (await server.Feed.PurgeTombstonesAsync(DateTimeOffset.UtcNow.AddHours(1), CancellationToken.None)).ShouldBe(0);
        await current.PullAllAsync();
    }

    [Fact]
    public async Task Cursor_outlives_forgotten_deletions_of_another_collection()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 10);
        var replica = new Replica(server);
        await replica.PullAllAsync();
        await server.ExecuteAsync("CREATE TABLE others (id bigint PRIMARY KEY)");
        await server.Feed.InstallAsync(new SyncedTable(new CollectionSchema("others", [new("id", FieldKind.Int64) { IsKey = true }]), "others"), CancellationToken.None);
        await server.ExecuteAsync("INSERT INTO others (id) VALUES (1)");
        await server.ExecuteAsync("DELETE FROM others");

        (await server.Feed.PurgeTombstonesAsync(DateTimeOffset.UtcNow.AddHours(1), CancellationToken.None)).ShouldBe(1);

        await replica.PullAllAsync();
        await replica.ShouldEqualTableAsync();
    }

    private protected static async Task ShouldBeGoneAsync(Task<HttpResponseMessage> request, string reason)
    {
        using var response = await request;
        response.StatusCode.ShouldBe(HttpStatusCode.Gone);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        using var problem = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        problem.RootElement.GetProperty("reason").GetString().ShouldBe(reason);
        problem.RootElement.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
    }
}

public sealed class SqliteCursorTests() : CursorContract(DatabaseKind.Sqlite)
{
    [Fact]
    public async Task Cursor_from_before_a_restored_backup_is_refused()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Sqlite, rows: 50);
        await server.ExecuteAsync($"VACUUM INTO '{Path.Combine(server.Data.Folder.FullName, "backup.db")}'");
        await server.InsertAsync(100, 5);
        var replica = new Replica(server);
        await replica.PullAllAsync();

        // The sequence as the backup has it: behind the cursor.
        await server.ExecuteAsync(
            $"""
            ATTACH '{Path.Combine(server.Data.Folder.FullName, "backup.db")}' AS backup;
            UPDATE sync_meta SET sequence = (SELECT sequence FROM backup.sync_meta);
            DETACH backup
            """);

        await ShouldBeGoneAsync(replica.SendAsync(replica.Cursor), "epoch");
    }
}

public sealed class PostgresCursorTests() : CursorContract(DatabaseKind.Postgres);
