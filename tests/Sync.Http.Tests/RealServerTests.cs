using Collection.Sync.Abstractions;
using static Collection.Sync.Http.Tests.Items;

namespace Collection.Sync.Http.Tests;

/// <summary>Both halves of the protocol against each other.</summary>
public sealed class RealServerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Edits_are_applied_once_and_rejected_ones_say_why()
    {
        await using var server = await FeedServer.StartAsync();
        var batch = Batch(1,
            Edit(3, ("done", true)),
            Edit(99, ("done", true)),
            Edit(4, ("done", true)) with { If = Values(("count", 5)) },
            Edit(5, ("count", 1_000_000)),
            new RowEdit(new RowKey(6), FieldValues.None),
            Edit(7, ("note", null)) with { If = Values(("note", "Note 7"), ("weight", 7 / 8.0)) });

        var first = await server.Transport.PushAsync(Schema, batch, default);
        var again = await server.Transport.PushAsync(Schema, batch, default);

        first.Results.Select(result => $"{result.Id} {result.Rejection}").ShouldBe(["1 ", "2 missing", "3 condition", "4 constraint", "5 ", "6 "]);
        first.Results.ShouldAllBe(result => result.Rejection == null == (result.Detail == null));
        again.Results.ShouldBe(first.Results.AsEnumerable());
        var page = Page.Read(first.Rows!, Schema);
        page.Header.UpsertCount.ShouldBe(5);
        Enumerable.Range(0, 5).Select(i => page.Key(i).Value).Order().ShouldBe([3, 4, 5, 6, 7]);
        again.Rows.ShouldBe(first.Rows);
        Say(await ReadAsync(server, 3, "done")).ShouldBe(Say(Values(("done", true))));
    }

    public static TheoryData<string, object?> EveryKind => new()
    {
        { "name", "" },
        { "name", "\u00c4 \u5546\u5e97 \ud83d\ude00 e\u0301 \u2028 \" \\ / </script> \b\t\u007f\u0001" },
        { "note", null },
        { "note", "text" },
        { "done", true },
        { "count", int.MinValue },
        { "count", 0 },
        { "size", null },
        { "size", RowKey.MaxMagnitude },
        { "size", -RowKey.MaxMagnitude },
        { "weight", null },
        { "weight", double.MaxValue },
        { "weight", double.Epsilon },
        { "weight", -0.1 },
        { "weight", 1e21 },
        { "weight", 5.0 },
        { "made_at", DateTimeOffset.UnixEpoch },
        { "made_at", new DateTimeOffset(1685, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(10) },
        { "made_at", new DateTimeOffset(2254, 12, 31, 23, 59, 59, TimeSpan.FromHours(-5)).AddTicks(9_999_990) },
    };

    [Theory]
    [MemberData(nameof(EveryKind))]
    public async Task Value_comes_back_as_it_was_sent(string field, object? value)
    {
        await using var server = await FeedServer.StartAsync();
        var wanted = Values((field, value));

        var answer = await server.Transport.PushAsync(Schema, Batch(1, new RowEdit(new RowKey(2), wanted), Edit(2, ("done", true)) with { If = wanted }), default);

        answer.Results.ShouldBe([new MutationResult(1), new MutationResult(2)]);
        Say(RowPatch.Read(Schema, Page.Read(answer.Rows!, Schema).Rows[0].Span, wanted)).ShouldBe(Say(wanted));
        Say(await ReadAsync(server, 2, field)).ShouldBe(Say(wanted));
    }

    [Fact]
    public async Task Random_values_come_back_as_they_were_sent()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var server = await FeedServer.StartAsync(rows: 500);
        var edits = Enumerable.Range(1, 500).Select(key => Edit(key,
            ("name", Text(random)), ("done", random.Next(2) == 0), ("count", random.Next(int.MinValue, 1_000_000)), ("size", random.NextInt64(-RowKey.MaxMagnitude, RowKey.MaxMagnitude)),
            ("weight", Finite(random)), ("made_at", DateTimeOffset.UnixEpoch.AddTicks(random.NextInt64(-80_000_000_000_000_000, 80_000_000_000_000_000) / 10 * 10)))).ToArray();

        var answer = await server.Transport.PushAsync(Schema, Batch(1, edits), default);

        answer.Results.ShouldAllBe(result => result.Rejection == null, $"seed {seed}");
        var page = Page.Read(answer.Rows!, Schema);
        page.Header.UpsertCount.ShouldBe(500);
        for (var i = 0; i < 500; i++)
        {
            var edit = edits[page.Key(i).Value - 1];
            Say(RowPatch.Read(Schema, page.Rows[i].Span, edit.Fields)).ShouldBe(Say(edit.Fields), $"seed {seed}, key {page.Key(i).Value}");
        }
    }

    [Fact]
    public async Task Mutation_that_the_server_cannot_read_is_named_and_void_it_lets_the_others_through()
    {
        await using var server = await FeedServer.StartAsync();
        // NUL can be said in JSON, and is refused by the server alone.
        var batch = Batch(1, Edit(1, ("done", true)), Edit(2, ("name", "a\0b")), Edit(3, ("done", true)));

        var failure = await ShouldFailAsync(server.Transport, batch);

        (failure.Failure, failure.Refusal, failure.MutationId).ShouldBe((SyncFailure.Refused, PushRefusal.Mutation, 2L));
        Say(await ReadAsync(server, 1, "done")).ShouldBe(Say(Values(("done", false))));
        var without = batch with { Mutations = batch.Mutations.SetItem(1, new Mutation(2, new RowEdit(new RowKey(2), FieldValues.None), MadeAt)) };
        (await server.Transport.PushAsync(Schema, without, default)).Results.ShouldAllBe(result => result.Rejection == null);
        Say(await ReadAsync(server, 3, "done")).ShouldBe(Say(Values(("done", true))));
    }

    [Fact]
    public async Task Field_that_may_not_be_edited_names_its_mutation()
    {
        await using var server = await FeedServer.StartAsync();

        var failure = await ShouldFailAsync(server.Transport, Batch(1, Edit(1, ("id", 7L))));

        (failure.Failure, failure.Refusal, failure.MutationId).ShouldBe((SyncFailure.Refused, PushRefusal.Mutation, 1L));
    }

    [Fact]
    public async Task Client_of_another_user_lost_mutations_and_another_schema_are_told_apart()
    {
        await using var server = await FeedServer.StartAsync();
        await server.Transport.PushAsync(Schema, Batch("of-ada", 1, Edit(1, ("done", true))), default);
        using var bob = server.Client("bob");

        var foreign = await ShouldFailAsync(new HttpSyncTransport(bob), Batch("of-ada", 2, Edit(1, ("done", false))));
        var lost = await ShouldFailAsync(server.Transport, Batch("of-ada", 3, Edit(1, ("done", false))));
        var newer = await Should.ThrowAsync<SyncTransportException>(
            server.Transport.PushAsync(new CollectionSchema("items", [.. Schema.Fields, new("more", FieldKind.Text)]), Batch("of-ada", 2, Edit(1, ("done", false))), default).AsTask());

        (foreign.Failure, foreign.Refusal).ShouldBe((SyncFailure.Refused, PushRefusal.Client));
        (lost.Failure, lost.Refusal).ShouldBe((SyncFailure.Refused, PushRefusal.Order));
        (newer.Failure, newer.Refusal).ShouldBe((SyncFailure.Refused, PushRefusal.None));
        newer.Message.ShouldContain("Reload the app");
        Say(await ReadAsync(server, 1, "done")).ShouldBe(Say(Values(("done", true))));
    }

    [Fact]
    public async Task Largest_batch_that_is_sent_is_taken()
    {
        await using var server = await FeedServer.StartAsync();
        var length = (1024 * 1024) - 10_000;

        var answer = await server.Transport.PushAsync(Schema, Batch(1, Edit(1, ("name", new string('\u5546', length / 3))), Edit(1, ("done", true))), default);

        answer.Results.ShouldBe([new MutationResult(1), new MutationResult(2)]);
        Page.Read(answer.Rows!, Schema).Header.UpsertCount.ShouldBe(1);
    }

    [Fact]
    public async Task Rows_that_are_too_many_for_an_answer_are_left_to_the_next_pull()
    {
        await using var server = await FeedServer.StartAsync(options: sync => (sync.DefaultPageBytes, sync.MaxPageBytes) = (8192, 8192));

        var answer = await server.Transport.PushAsync(Schema, Batch(1, Edit(1, ("name", new string('x', 10_000)))), default);

        answer.Results.ShouldBe([new MutationResult(1)]);
        answer.Rows.ShouldBeNull();
    }

    [Fact]
    public async Task Stream_says_that_it_stands_and_brings_what_is_pushed()
    {
        await using var server = await FeedServer.StartAsync(options: sync => sync.Live.PingInterval = TimeSpan.FromSeconds(1));
        await using var events = new Listener(server.Transport, null);
        var ready = await events.NextAsync(LiveEventKind.Ready);

        await server.Transport.PushAsync(Schema, Batch(1, Edit(3, ("name", "changed"))), default);

        var news = await events.NextAsync(LiveEventKind.Page);
        var page = Page.Read(news.Page!, Schema);
        page.Key(0).Value.ShouldBe(3);
        Say(RowPatch.Read(Schema, page.Rows[0].Span, Values(("name", "")))).ShouldBe(Say(Values(("name", "changed"))));
        news.Id.ShouldNotBe(ready.Id);
        (await events.NextAsync(LiveEventKind.Ping)).Id.ShouldBe(news.Id);
    }

    [Fact]
    public async Task Stream_that_goes_on_behind_an_event_brings_each_change_once_and_in_order()
    {
        await using var server = await FeedServer.StartAsync();
        var keys = new List<long>();
        string? last;
        await using (var events = new Listener(server.Transport, null))
            last = (await events.NextAsync(LiveEventKind.Ready)).Id;

        for (var id = 1; id <= 12; id++)
        {
            // Every other change happens while nobody listens.
            if (id % 2 == 0)
                await server.Transport.PushAsync(Schema, Batch(id, Edit(id % 5 + 1, ("count", id))), default);
            await using var events = new Listener(server.Transport, last);
            (await events.NextAsync(LiveEventKind.Ready)).Id.ShouldBe(last);
            if (id % 2 == 1)
                await server.Transport.PushAsync(Schema, Batch(id, Edit(id % 5 + 1, ("count", id))), default);
            var news = await events.NextAsync(LiveEventKind.Page);
            var page = Page.Read(news.Page!, Schema);
            keys.AddRange(Enumerable.Range(0, page.Header.UpsertCount).Select(i => page.Key(i).Value));
            last = news.Id;
        }

        keys.ShouldBe(Enumerable.Range(1, 12).Select(id => (long)(id % 5) + 1));
    }

    [Fact]
    public async Task Id_that_is_not_of_this_server_opens_a_stream_that_is_behind()
    {
        await using var server = await FeedServer.StartAsync();
        await using var events = new Listener(server.Transport, "not-an-id");

        var ready = await events.NextAsync(LiveEventKind.Ready);
        (await events.NextAsync(LiveEventKind.Behind)).Id.ShouldBe(ready.Id);
        await server.Transport.PushAsync(Schema, Batch(1, Edit(3, ("done", true))), default);
        await events.NextAsync(LiveEventKind.Page);
    }

    [Fact]
    public async Task Stream_of_a_session_that_ends_is_closed()
    {
        var isValid = true;
        await using var server = await FeedServer.StartAsync(options: sync =>
        {
            sync.Live.PingInterval = TimeSpan.FromMilliseconds(100);
            sync.IsSessionValid = (_, _) => ValueTask.FromResult(Volatile.Read(ref isValid));
        });
        await using var events = new Listener(server.Transport, null);
        await events.NextAsync(LiveEventKind.Ready);

        Volatile.Write(ref isValid, false);

        await events.NextAsync(LiveEventKind.Closed);
        await events.ShouldEndAsync();
    }

    [Fact]
    public async Task One_stream_too_many_is_told_when_to_come_back()
    {
        await using var server = await FeedServer.StartAsync(options: sync => sync.Live.MaxStreamsPerUser = 1);
        await using var events = new Listener(server.Transport, null);
        await events.NextAsync(LiveEventKind.Ready);
        await using var another = new Listener(server.Transport, null);

        var failure = await Should.ThrowAsync<SyncTransportException>(another.NextAsync(LiveEventKind.Ready));

        (failure.Failure, failure.RetryAfter).ShouldBe((SyncFailure.Retry, TimeSpan.FromSeconds(10)));
    }

    private static async Task<FieldValues> ReadAsync(FeedServer server, long key, string field)
    {
        var page = Page.Read(await server.Transport.PullAsync(Schema, null, 4_000_000, default), Schema);
        var index = Enumerable.Range(0, page.Header.UpsertCount).First(i => page.Key(i).Value == key);
        return RowPatch.Read(Schema, page.Rows[index].Span, Encoded(field));
    }

    private static Task<SyncTransportException> ShouldFailAsync(HttpSyncTransport transport, OutboxBatch batch) =>
        Should.ThrowAsync<SyncTransportException>(transport.PushAsync(Schema, batch, default).AsTask());

    private static string Text(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => random.Next(3) switch
        {
            0 => (char)random.Next(1, 128) + "",
            1 => (char)random.Next(0x80, 0xd800) + "",
            _ => char.ConvertFromUtf32(random.Next(0x10000, 0x110000)),
        }));

    private static double Finite(Random random)
    {
        double value;
        do
            value = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
        while (!double.IsFinite(value));
        return value;
    }

    /// <summary>Takes one event after the other, and fails instead of waiting for ever.</summary>
    private sealed class Listener : IAsyncDisposable
    {
        private readonly CancellationTokenSource _patience = new(Patience);
        private readonly IAsyncEnumerator<LiveEvent> _events;

        public Listener(HttpSyncTransport transport, string? lastId) =>
            _events = transport.ListenAsync(Schema, lastId, _patience.Token).GetAsyncEnumerator();

        /// <summary>The next event but pings.</summary>
        public async Task<LiveEvent> NextAsync(LiveEventKind kind)
        {
            do
                (await _events.MoveNextAsync()).ShouldBeTrue();
            while (_events.Current.Kind == LiveEventKind.Ping && kind != LiveEventKind.Ping);
            _events.Current.Kind.ShouldBe(kind);
            return _events.Current;
        }

        public async Task ShouldEndAsync() => (await _events.MoveNextAsync()).ShouldBeFalse();

        public async ValueTask DisposeAsync()
        {
            await _events.DisposeAsync();
            _patience.Dispose();
        }
    }
}
