using System.Globalization;
using System.Net;
using Collection.Sync.Abstractions;
using Xunit.Abstractions;

namespace Collection.Sync.AspNetCore.Tests.Live;

public abstract class StreamResumeContract(DatabaseKind kind, ITestOutputHelper output)
{
    private static readonly TimeSpan s_often = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// A client whose line breaks after any number of bytes, in the middle of an event as well, comes back with the id
    /// of the last event that it has taken whole. Beside it another one stays, so that its replays meet a running tail.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_that_is_cut_fifty_times_misses_nothing_and_hears_nothing_twice(bool isAlone)
    {
        const int cuts = 50;
        const int rowsBetweenCuts = 20;
        var seed = Environment.TickCount;
        output.WriteLine($"Seed {seed}");
        var random = new Random(seed);
        // Nobody falls behind: on PostgreSQL transactions of other tests hold the horizon back, and then all that has waited
        // comes at once, while the client is still being told what it has missed before.
        await using var server = await SyncServer.StartAsync(kind, options: o =>
            (o.Live.PingInterval, o.Live.EventPageBytes, o.Live.MaxReplayPages, o.Live.MaxQueuedEvents, o.Live.MaxStreamsPerUser) = (s_often, 1500, 10_000, 10_000, 100));
        await using var other = isAlone ? null : await EventClient.OpenAsync(server, user: "other");
        string id;
        await using (var first = await EventClient.OpenAsync(server))
        {
            await server.InsertAsync(1, 1);
            id = (await first.NextAsync("page")).Id!;
        }

        var heard = new Dictionary<RowVersion, long>();
        for (var cut = 0; cut < cuts; cut++)
        {
            var from = 2 + (cut * rowsBetweenCuts);
            var writing = WriteAsync(server, from, rowsBetweenCuts, seed + cut);
            // Pings come in any case, so that every length is reached.
            await using (var client = await EventClient.OpenAsync(server, id, cutAfter: random.Next(1, 6000)))
            {
                while (await client.TryNextAsync() is { } next)
                    id = Hear(next, heard) ?? id;
            }

            await writing;
        }

        await using var last = await EventClient.OpenAsync(server, id);
        var expected = await ReadVersionsAsync(server);
        expected.Count.ShouldBeGreaterThan(900);
        while (!expected.Keys.All(heard.ContainsKey))
            Hear((await last.TryNextAsync()).ShouldNotBeNull(), heard);
        foreach (var (version, key) in expected)
            heard[version].ShouldBe(key);
    }

    [Fact]
    public async Task Stream_goes_on_after_the_last_event_by_header_and_by_parameter()
    {
        await using var server = await SyncServer.StartAsync(kind);
        string id;
        await using (var client = await EventClient.OpenAsync(server))
        {
            await server.InsertAsync(1, 1);
            id = (await client.NextAsync("page")).Id!;
        }

        await server.InsertAsync(2, 2);
        await using var byHeader = await EventClient.OpenAsync(server, id, "?lastEventId=");
        await using var byParameter = await EventClient.OpenAsync(server, query: $"?lastEventId={id}");
        await using var byBoth = await EventClient.OpenAsync(server, id, "?lastEventId=1.2.3");

        foreach (var client in (EventClient[])[byHeader, byParameter, byBoth])
            (await EventStreamContract.TakeAsync(client, 2)).Select(change => change.Key).ShouldBe([2, 3]);
    }

    [Fact]
    public async Task Client_of_another_epoch_is_sent_to_pull()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 5);
        var id = await PresentAsync(server);
        await server.Feed.StartEpochAsync(CancellationToken.None);

        await using var client = await EventClient.OpenAsync(server, id);

        (await client.NextAsync("behind")).Data.ShouldBe("""{"reason":"epoch"}""");
        await server.InsertAsync(10, 1);
        (await EventStreamContract.TakeAsync(client, 1)).ShouldHaveSingleItem().Key.ShouldBe(10);
    }

    [Fact]
    public async Task Client_that_comes_back_after_deletions_are_forgotten_is_sent_to_pull()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 5);
        var id = await PresentAsync(server);
        await server.ExecuteAsync("DELETE FROM items WHERE id = 1");
        await server.Feed.PurgeTombstonesAsync(DateTimeOffset.UtcNow.AddHours(1), CancellationToken.None);

        await using var client = await EventClient.OpenAsync(server, id);

        (await client.NextAsync("behind")).Data.ShouldBe("""{"reason":"gap"}""");
    }

    [Fact]
    public async Task Client_that_has_missed_too_much_is_sent_to_pull_and_goes_on_from_the_present()
    {
        await using var server = await SyncServer.StartAsync(kind, options: o => (o.Live.EventPageBytes, o.Live.MaxReplayPages) = (2000, 3));
        var id = await PresentAsync(server);
        await server.InsertAsync(1, 200);

        await using var client = await EventClient.OpenAsync(server, id);
        var pages = 0;
        ReceivedEvent next;
        while ((next = (await client.TryNextAsync()).ShouldNotBeNull()).Type == "page")
            pages++;

        pages.ShouldBe(3);
        (next.Type, next.Data).ShouldBe(("behind", """{"reason":"gap"}"""));
        await server.InsertAsync(1000, 1);
        (await EventStreamContract.TakeAsync(client, 1)).ShouldHaveSingleItem().Key.ShouldBe(1000);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("1.2")]
    [InlineData("1.2.3.4")]
    [InlineData("1.2.-3")]
    [InlineData("1.2.03")]
    [InlineData("1.2.9007199254740992")]
    public async Task Id_that_no_server_has_written_is_refused(string id)
    {
        await using var server = await SyncServer.StartAsync(kind);

        await EventStreamContract.ShouldBeRefusedAsync(EventClient.SendAsync(server, id), HttpStatusCode.BadRequest);
        await EventStreamContract.ShouldBeRefusedAsync(EventClient.SendAsync(server, query: $"?lastEventId={id}"), HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Id_from_the_future_of_the_server_is_sent_to_pull()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 5);
        var epoch = (await PresentAsync(server)).Split('.')[0];

        await using var client = await EventClient.OpenAsync(server, $"{epoch}.9007199254740991.9007199254740991");

        (await client.NextAsync("behind")).Data.ShouldBe("""{"reason":"epoch"}""");
    }

    private static async Task<string> PresentAsync(SyncServer server) => LiveEvent.WriteId(await server.Feed.ReadEndAsync(CancellationToken.None));

    /// <returns>The position that the client has come to, where the event says so.</returns>
    private static string? Hear(ReceivedEvent next, Dictionary<RowVersion, long> heard)
    {
        next.Type.ShouldNotBe("behind", next.Data);
        if (next.Type == "page")
        {
            foreach (var change in next.Changes)
                heard.TryAdd(change.Version, change.Key).ShouldBeTrue($"Row {change.Key} at {change.Version} came twice.");
        }

        return next.Id;
    }

    // On PostgreSQL two at once, which end in another order than they begin.
    private static Task WriteAsync(SyncServer server, int from, int count, int seed) => Task.WhenAll(
        Task.Run(async () =>
        {
            for (var i = 0; i < count; i++)
                await WriteAsync(server, server.Data.InsertItems(from + i, 1));
        }),
        Task.Run(async () =>
        {
            var random = new Random(seed);
            for (var i = 0; i < count / 2; i++)
                await WriteAsync(server, random.Next(10) == 0
                    ? $"DELETE FROM items WHERE id = {random.Next(1, from)}"
                    : $"UPDATE items SET count = count + 1 WHERE id = {random.Next(1, from)}");
        }));

    private static async Task WriteAsync(SyncServer server, string sql) => await server.Database.WriteAsync(
        async (transaction, _) => await transaction.Connection!.ExecuteAsync(sql, transaction), CancellationToken.None);

    private static async Task<Dictionary<RowVersion, long>> ReadVersionsAsync(SyncServer server)
    {
        await using var connection = await server.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText =
            """
            SELECT CAST(sync_xid AS text), sync_seq, id FROM items WHERE id > 1
            UNION ALL SELECT CAST(sync_xid AS text), sync_seq, key FROM sync_tombstones
            """;
        await using var reader = await command.ExecuteReaderAsync();
        var versions = new Dictionary<RowVersion, long>();
        while (await reader.ReadAsync())
            versions.Add(new RowVersion(long.Parse(reader.GetString(0), CultureInfo.InvariantCulture), reader.GetInt64(1)), reader.GetInt64(2));
        return versions;
    }
}

public sealed class SqliteStreamResumeTests(ITestOutputHelper output) : StreamResumeContract(DatabaseKind.Sqlite, output)
{
    private readonly ITestOutputHelper _output = output;

    [Fact]
    public async Task Id_of_any_kind_is_answered_by_a_refusal_or_a_stream()
    {
        var seed = Environment.TickCount;
        _output.WriteLine($"Seed {seed}");
        var random = new Random(seed);
        await using var server = await SyncServer.StartAsync(DatabaseKind.Sqlite, rows: 5, options: o => o.Live.MaxStreamsPerUser = 10_000);
        var good = LiveEvent.WriteId(await server.Feed.ReadEndAsync(CancellationToken.None));
        var refused = 0;
        for (var i = 0; i < 5000; i++)
        {
            var id = Mutate(good, random);
            using var response = await EventClient.SendAsync(server, query: $"?lastEventId={Uri.EscapeDataString(id)}");
            response.StatusCode.ShouldBe(id.Length == 0 || LiveEvent.ReadId(id) is not null ? HttpStatusCode.OK : HttpStatusCode.BadRequest, id);
            refused += response.StatusCode == HttpStatusCode.BadRequest ? 1 : 0;
        }

        refused.ShouldBeInRange(2000, 4999);
    }

    private static string Mutate(string id, Random random)
    {
        var text = id.ToList();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var at = random.Next(text.Count + 1);
            switch (random.Next(3))
            {
                case 0: text.Insert(at, Any()); break;
                case 1 when at < text.Count: text.RemoveAt(at); break;
                case 2 when at < text.Count: text[at] = Any(); break;
            }
        }

        return new string([.. text]);

        char Any() => random.Next(3) switch { 0 => (char)random.Next(1, 0xd800), 1 => (char)random.Next('!', '~'), _ => (char)random.Next('0', '9' + 1) };
    }
}

public sealed class PostgresStreamResumeTests(ITestOutputHelper output) : StreamResumeContract(DatabaseKind.Postgres, output);
