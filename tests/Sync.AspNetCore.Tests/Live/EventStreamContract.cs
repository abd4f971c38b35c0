using System.Net;
using System.Text.Json;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore.Tests.Live;

public abstract class EventStreamContract(DatabaseKind kind)
{
    private static readonly TimeSpan s_often = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Row_that_is_committed_arrives_with_the_values_of_the_table()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 10);
        await using var client = await EventClient.OpenAsync(server);
        client.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        client.Response.Headers.GetValues("X-Accel-Buffering").ShouldBe(["no"]);

        await server.InsertAsync(42, 1);
        var page = (await client.NextAsync("page")).Page;

        (page.Header.UpsertCount, page.Header.DeleteCount, page.Key(0).Value).ShouldBe((1, 0, 42));
        page.Header.Next.Value.ShouldBe("hint");
        new Row(page.Rows[0]).Name.ShouldBe("Ärger ﬁn Łódź 商店 42");
    }

    [Fact]
    public async Task Cursor_of_an_event_is_refused_by_a_pull()
    {
        await using var server = await SyncServer.StartAsync(kind);
        await using var client = await EventClient.OpenAsync(server);
        await server.InsertAsync(1, 1);
        var cursor = (await client.NextAsync("page")).Page.Header.Next.Value;

        using var response = await new Replica(server).SendAsync(cursor);

        response.StatusCode.ShouldBe(HttpStatusCode.Gone);
    }

    [Fact]
    public async Task Changes_arrive_in_the_order_of_commits()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 5);
        await using var client = await EventClient.OpenAsync(server);

        await server.ExecuteAsync("UPDATE items SET count = 1 WHERE id = 3");
        await server.Database.WriteAsync(async (transaction, _) => await transaction.Connection!.ExecuteAsync("DELETE FROM items WHERE id = 2", transaction), CancellationToken.None);
        await server.ExecuteAsync("UPDATE items SET count = 2 WHERE id = 1");

        (await TakeAsync(client, 3)).Select(change => (change.Key, change.IsDeleted)).ShouldBe([(3, false), (2, true), (1, false)]);
    }

    [Fact]
    public async Task Everybody_hears_the_same()
    {
        await using var server = await SyncServer.StartAsync(kind);
        var clients = new List<EventClient>();
        for (var i = 0; i < 10; i++)
            clients.Add(await EventClient.OpenAsync(server, user: $"user {i}"));

        await server.InsertAsync(1, 1);
        var events = await Task.WhenAll(clients.Select(client => client.NextAsync("page")));

        events.Distinct().Count().ShouldBe(1);
        foreach (var client in clients)
            await client.DisposeAsync();
    }

    [Fact]
    public async Task Change_larger_than_an_event_sends_the_client_to_pull()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 3, options: o => o.Live.MaxQueuedBytes = 50_000);
        await using var client = await EventClient.OpenAsync(server);

        await server.ExecuteAsync($"UPDATE items SET name = {server.Data.Repeat('x', "60000")} WHERE id = 1");
        (await client.NextAsync("behind")).Data.ShouldBe("""{"reason":"gap"}""");
        await server.ExecuteAsync("UPDATE items SET count = 7 WHERE id = 2");

        (await TakeAsync(client, 1)).ShouldHaveSingleItem().Key.ShouldBe(2);
    }

    [Fact]
    public async Task Slow_reader_is_told_that_it_is_behind_and_goes_on()
    {
        await using var server = await SyncServer.StartAsync(kind, options: o => (o.Live.MaxQueuedEvents, o.Live.EventPageBytes, o.Live.PingInterval) = (4, 256 * 1024, s_often));
        using var http = EventClient.SmallBuffers();
        await using var client = await EventClient.OpenAsync(server, http: http);
        await using var quick = await EventClient.OpenAsync(server);

        await WriteEightMegabytesAsync(server);
        await ReadToEndAsync(quick, server);
        ReceivedEvent next;
        do
            next = (await client.TryNextAsync()).ShouldNotBeNull();
        while (next.Type != "behind");

        next.Data.ShouldBe("""{"reason":"slow"}""");
        await server.InsertAsync(10_000, 1);
        var seen = new List<long>();
        while (!seen.Contains(10_000))
        {
            next = (await client.TryNextAsync()).ShouldNotBeNull();
            if (next.Type == "page")
                seen.AddRange(next.Changes.Select(change => change.Key));
        }

        await using var resumed = await EventClient.OpenAsync(server, next.Id);
        await server.InsertAsync(10_001, 1);
        (await TakeAsync(resumed, 1)).Select(change => change.Key).ShouldContain(10_001);
    }

    [Fact]
    public async Task Scoped_stream_hears_of_one_value_and_only_who_may()
    {
        await using var server = await SyncServer.StartAsync(
            kind, rows: 10, options: o => o.Live.PingInterval = s_often,
            configure: e => e.ScopeEvents("size", (context, value) => ValueTask.FromResult(value != 9)));
        await using var client = await EventClient.OpenAsync(server, query: "?size=7");

        await server.ExecuteAsync("UPDATE items SET size = 8 WHERE id = 1");
        await server.ExecuteAsync("UPDATE items SET size = 7 WHERE id = 2");
        await server.ExecuteAsync("DELETE FROM items WHERE id = 3");
        await server.ExecuteAsync("UPDATE items SET size = 7 WHERE id = 4");

        (await TakeAsync(client, 2)).Select(change => change.Key).ShouldBe([2, 4]);
        await ShouldBeRefusedAsync(EventClient.SendAsync(server, query: "?size=9"), HttpStatusCode.NotFound);
        foreach (var query in (string[])["?size=x", "?size=", "?size=1&size=2", "?size=99999999999999999999", "?count=1", "?sizes=1", "?cursor=x"])
            await ShouldBeRefusedAsync(EventClient.SendAsync(server, query: query), HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Scoped_stream_gets_on_while_nothing_concerns_it()
    {
        await using var server = await SyncServer.StartAsync(
            kind, rows: 10, options: o => o.Live.PingInterval = s_often, configure: e => e.ScopeEvents("size", (_, _) => ValueTask.FromResult(true)));
        await using var client = await EventClient.OpenAsync(server, query: "?size=7");
        var first = (await client.NextAsync("ping")).Id;

        await server.InsertAsync(100, 1);
        string? id;
        do
            id = (await client.NextAsync("ping")).Id;
        while (id == first);

        await using var resumed = await EventClient.OpenAsync(server, id, "?size=7");
        await server.ExecuteAsync("UPDATE items SET size = 7 WHERE id = 4");
        (await TakeAsync(resumed, 1)).ShouldHaveSingleItem().Key.ShouldBe(4);
    }

    [Fact]
    public async Task Filtered_stream_hears_of_its_rows_and_of_those_that_leave()
    {
        await using var server = await SyncServer.StartAsync(
            kind, rows: 10, configure: e => e.Where(context => new RowFilter("count >= @least", ("least", context.Request.Headers["X-User"] == "ada" ? 100 : 0))));
        await using var ada = await EventClient.OpenAsync(server);
        await using var bob = await EventClient.OpenAsync(server, user: "bob");

        await server.ExecuteAsync("UPDATE items SET count = 100 WHERE id = 1");
        await server.ExecuteAsync("UPDATE items SET count = 50 WHERE id = 1");

        // What comes in one page is only the newest of a row.
        (await LastAsync(ada, 1)).ShouldBeTrue();
        (await LastAsync(bob, 1)).ShouldBeFalse();

        async Task<bool> LastAsync(EventClient client, long key)
        {
            var version = await NewestVersionAsync(server);
            while (true)
            {
                foreach (var change in (await client.NextAsync("page")).Changes.Where(change => change.Version == version))
                {
                    change.Key.ShouldBe(key);
                    return change.IsDeleted;
                }
            }
        }
    }

    [Fact]
    public async Task New_epoch_sends_clients_to_pull_and_the_stream_goes_on()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 3);
        await using var client = await EventClient.OpenAsync(server);

        var epoch = await server.Feed.StartEpochAsync(CancellationToken.None);
        var behind = await client.NextAsync("behind");
        await server.InsertAsync(10, 1);

        behind.Data.ShouldBe("""{"reason":"epoch"}""");
        behind.Id.ShouldNotBeNull().ShouldStartWith($"{epoch}.");
        (await TakeAsync(client, 1)).ShouldHaveSingleItem().Key.ShouldBe(10);
    }

    [Theory]
    [InlineData("application/json", HttpStatusCode.NotAcceptable)]
    [InlineData("text/event-stream;q=0, */*", HttpStatusCode.NotAcceptable)]
    [InlineData("text/*;q=0.1", HttpStatusCode.OK)]
    [InlineData("application/json, */*;q=0.1", HttpStatusCode.OK)]
    [InlineData("", HttpStatusCode.OK)]
    public async Task Stream_is_sent_to_whoever_accepts_one(string accept, HttpStatusCode expected)
    {
        await using var server = await SyncServer.StartAsync(kind);

        using var response = await EventClient.SendAsync(server, accept: accept);

        response.StatusCode.ShouldBe(expected);
        response.Content.Headers.ContentEncoding.ShouldBeEmpty();
    }

    internal static async Task ShouldBeRefusedAsync(Task<HttpResponseMessage> request, HttpStatusCode status)
    {
        using var response = await request;
        response.StatusCode.ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (response.Headers.RetryAfter is not null).ShouldBe(status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        problem.RootElement.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        problem.RootElement.GetProperty("reason").GetString().ShouldNotBeNullOrEmpty();
    }

    /// <summary>
    /// More than system and server hold for a client that does not read: 4 MiB and a little. In rows of their own, since
    /// of one row only the newest version is sent.
    /// </summary>
    internal static async Task WriteEightMegabytesAsync(SyncServer server)
    {
        for (var i = 0; i < 4; i++)
        {
            await server.Database.WriteAsync(async (transaction, _) =>
            {
                await transaction.Connection!.ExecuteAsync(server.Data.InsertItems(i * 200, 200), transaction);
                return await transaction.Connection!.ExecuteAsync($"UPDATE items SET name = {server.Data.Repeat('a' + i, "4000")} WHERE id >= {i * 200}", transaction);
            }, CancellationToken.None);
        }
    }

    /// <summary>Until all that is committed has been given to everybody.</summary>
    internal static async Task ReadToEndAsync(EventClient client, SyncServer server)
    {
        var newest = await NewestVersionAsync(server);
        while (LiveEvent.ReadId((await client.TryNextAsync()).ShouldNotBeNull().Id!)!.Version < newest)
        {
        }
    }

    internal static async Task<List<(long Key, RowVersion Version, bool IsDeleted)>> TakeAsync(EventClient client, int count)
    {
        var changes = new List<(long Key, RowVersion Version, bool IsDeleted)>();
        while (changes.Count < count)
            changes.AddRange((await client.NextAsync("page")).Changes);
        return changes;
    }

    private static async Task<RowVersion> NewestVersionAsync(SyncServer server)
    {
        await using var connection = await server.OpenAsync();
        return new RowVersion(
            long.Parse(await connection.ScalarAsync<string>("SELECT CAST(max(CAST(CAST(sync_xid AS text) AS bigint)) AS text) FROM items"), System.Globalization.CultureInfo.InvariantCulture),
            await connection.ScalarAsync<long>("SELECT max(sync_seq) FROM items"));
    }

    private readonly struct Row(ReadOnlyMemory<byte> bytes)
    {
        public string Name
        {
            get
            {
                var reader = new MessagePackReader(bytes.Span);
                reader.ReadArrayHeader(SyncServer.Items.Fields.Length);
                reader.ReadInt64();
                return reader.ReadText();
            }
        }
    }
}

public sealed class SqliteEventStreamTests() : EventStreamContract(DatabaseKind.Sqlite);

public sealed class PostgresEventStreamTests() : EventStreamContract(DatabaseKind.Postgres);
