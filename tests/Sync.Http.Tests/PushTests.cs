using System.Text;
using System.Text.Json;
using Collection.Contracts;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Http;
using static Collection.Sync.Http.Tests.Items;

namespace Collection.Sync.Http.Tests;

public sealed class PushTests
{
    private const string Applied = """{"lastId":1,"results":[{"id":1,"status":"applied"}],"rows":null}""";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly OutboxBatch One = Batch(1, Edit(5, ("done", true)));
    private static readonly OutboxBatch Two = Batch(12, Edit(5, ("done", true)), Edit(6, ("done", false)));

    [Fact]
    public async Task Batch_is_sent_as_the_documented_json()
    {
        (string, string?, string?, string?) seen = default;
        var body = "";
        await using var server = await TestServer.StartAsync(async context =>
        {
            var request = context.Request;
            seen = (request.Method, request.Path.Value, request.ContentType, request.Headers.Accept);
            body = await new StreamReader(request.Body).ReadToEndAsync();
            await SendAsync(context, """{"lastId":13,"results":[{"id":12,"status":"applied"},{"id":13,"status":"applied"}],"rows":null}""");
        });
        var edit = Edit(5, ("name", "\u00c4 \u5546 \ud83d\ude00 \"\\\n"), ("note", null), ("done", true), ("count", -7), ("size", RowKey.MaxMagnitude), ("weight", 0.1), ("made_at", MadeAt));
        var batch = Batch(12, edit with { If = Values(("done", false)), CorrelationId = "export-1" }, new RowEdit(new RowKey(-6), FieldValues.None));

        await new HttpSyncTransport(server.Client).PushAsync(Schema, batch, default);

        seen.ShouldBe(("POST", "/sync/items/mutations", "application/json", "application/json"));
        var mutations = new[]
        {
            """{"id":12,"key":5,"fields":{"count":-7,"done":true,"made_at":"2026-01-31T12:00:00.123456Z","name":"Ä 商 \uD83D\uDE00 \"\\\n","note":null,"size":9007199254740991,"weight":0.1},"if":{"done":false},"madeAt":"2026-01-31T12:00:00.123456Z","correlationId":"export-1"}""",
            """{"id":13,"key":-6,"fields":{},"madeAt":"2026-01-31T12:00:00.123456Z"}""",
        };
        body.ShouldBe($$"""{"clientId":"client-1","schema":"{{Schema.Hash:x16}}","mutations":[{{string.Join(",", mutations)}}]}""");
    }

    [Theory]
    [InlineData(FieldKind.Text, "\"e\u0301 \\\"1\\\"\"")]
    [InlineData(FieldKind.Guid, "\"00112233-4455-6677-8899-aabbccddeeff\"")]
    public async Task Text_and_Guid_keys_are_sent_as_strings(FieldKind kind, string expected)
    {
        var body = "";
        await using var server = await TestServer.StartAsync(async context =>
        {
            body = await new StreamReader(context.Request.Body).ReadToEndAsync();
            await SendAsync(context, Applied);
        });
        var schema = new CollectionSchema("items", [new("key", kind) { IsKey = true }]);
        RowKey key = kind == FieldKind.Text ? "e\u0301 \"1\"" : new Guid("00112233-4455-6677-8899-aabbccddeeff");

        await new HttpSyncTransport(server.Client).PushAsync(schema, Batch(1, new RowEdit(key, FieldValues.None)), default);

        body.ShouldContain($"\"key\":{expected},");
    }

    [Fact]
    public async Task Key_of_another_kind_is_refused_before_it_is_sent()
    {
        var failure = await ShouldFailUnsentAsync(Batch(3, new RowEdit("five", FieldValues.None)));

        (failure.Failure, failure.Refusal, failure.MutationId).ShouldBe((SyncFailure.Refused, PushRefusal.Mutation, 3L));
        failure.Message.ShouldContain("key is a Text");
    }

    [Fact]
    public async Task Clock_that_is_wrong_by_centuries_does_not_cost_the_edit()
    {
        var body = "";
        var batch = One with { Mutations = [One.Mutations[0] with { MadeAt = DateTimeOffset.MinValue }] };

        await AnsweredAsync(Applied, batch, request => body = Read(request));

        body.ShouldNotContain("madeAt");
    }

    [Fact]
    public async Task Answer_is_taken_with_its_results_and_rows()
    {
        var rows = Convert.ToBase64String([1, 2, 255]);

        var answer = await AnsweredAsync(
            $$"""{"lastId":99,"results":[{"id":12,"status":"rejected","reason":"missing","detail":"No row."},{"id":13,"status":"applied"}],"rows":"{{rows}}","new":1}""", Two);

        answer.Results.ShouldBe([new MutationResult(12, "missing", "No row."), new MutationResult(13)]);
        answer.Rows.ShouldBe([1, 2, 255]);
        (await AnsweredAsync(Applied)).Rows.ShouldBeNull();
        (await AnsweredAsync("""{"lastId":1,"results":[{"id":1,"status":"rejected","reason":"r"}],"rows":null}""")).Results.ShouldBe([new MutationResult(1, "r")]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"lastId":1,"results":[{"id":1,"status":"applied"}]}""")]
    [InlineData("""{"results":[{"id":1,"status":"applied"}],"rows":null}""")]
    [InlineData("""{"lastId":1,"rows":null}""")]
    [InlineData("""{"lastId":0,"results":[{"id":1,"status":"applied"}],"rows":null}""")]
    [InlineData("""{"lastId":9007199254740992,"results":[{"id":1,"status":"applied"}],"rows":null}""")]
    [InlineData("""{"lastId":1.5,"results":[{"id":1,"status":"applied"}],"rows":null}""")]
    [InlineData("""{"lastId":"1","results":[{"id":1,"status":"applied"}],"rows":null}""")]
    [InlineData("""{"lastId":1,"lastId":1,"results":[{"id":1,"status":"applied"}],"rows":null}""")]
    [InlineData("""{"lastId":1,"results":{},"rows":null}""")]
    [InlineData("""{"lastId":1,"results":[],"rows":null}""")]
    [InlineData("""{"lastId":2,"results":[{"id":1,"status":"applied"},{"id":2,"status":"applied"}],"rows":null}""")]
    [InlineData("""{"lastId":2,"results":[{"id":2,"status":"applied"}],"rows":null}""")]
    [InlineData("""{"lastId":1,"results":[{"id":1}],"rows":null}""")]
    [InlineData("""{"lastId":1,"results":[{"id":1,"status":"maybe"}],"rows":null}""")]
    [InlineData("""{"lastId":1,"results":[{"id":1,"status":null}],"rows":null}""")]
    [InlineData("""{"lastId":1,"results":[{"id":1,"status":"rejected"}],"rows":null}""")]
    [InlineData("""{"lastId":1,"results":[{"id":1,"status":"rejected","reason":""}],"rows":null}""")]
    [InlineData("""{"lastId":1,"results":[{"id":1,"status":"rejected","reason":7}],"rows":null}""")]
    [InlineData("""{"lastId":1,"results":[{"id":1,"status":"rejected","reason":"\ud800"}],"rows":null}""")]
    [InlineData("""{"lastId":1,"results":[{"id":1,"status":"applied"}],"rows":7}""")]
    [InlineData("""{"lastId":1,"results":[{"id":1,"status":"applied"}],"rows":"AAA"}""")]
    [InlineData("""{"lastId":1,"results":[{"id":1,"status":"applied"}],"rows":"A*=="}""")]
    [InlineData("""{"lastId":1,"results":[[[[[[[[[[]]]]]]]]]],"rows":null}""")]
    public async Task Answer_that_is_none_to_this_batch_is_not_used(string answer)
    {
        var failure = await Should.ThrowAsync<SyncTransportException>(AnsweredAsync(answer));

        (failure.Failure, failure.Refusal, failure.MutationId).ShouldBe((SyncFailure.Protocol, PushRefusal.None, null));
    }

    [Theory]
    [InlineData("text/html; charset=utf-8")]
    [InlineData("application/problem+json")]
    [InlineData(null)]
    public async Task Success_of_another_type_is_not_from_a_sync_server(string? type)
    {
        var failure = await Should.ThrowAsync<SyncTransportException>(RefusedAsync(200, type, Applied));

        failure.Failure.ShouldBe(SyncFailure.Protocol);
        failure.Message.ShouldContain("sign-in page");
    }

    [Theory]
    [InlineData(400, "malformed", 13L, SyncFailure.Refused, PushRefusal.Mutation, 13L)]
    [InlineData(400, "field", 12L, SyncFailure.Refused, PushRefusal.Mutation, 12L)]
    [InlineData(400, "value", 13L, SyncFailure.Refused, PushRefusal.Mutation, 13L)]
    [InlineData(400, "malformed", null, SyncFailure.Refused, PushRefusal.None, null)]
    [InlineData(400, "value", 14L, SyncFailure.Refused, PushRefusal.None, null)]
    [InlineData(400, "value", 11L, SyncFailure.Refused, PushRefusal.None, null)]
    [InlineData(400, null, 13L, SyncFailure.Refused, PushRefusal.None, null)]
    [InlineData(401, null, null, SyncFailure.SignedOut, PushRefusal.None, null)]
    [InlineData(403, "client", null, SyncFailure.Refused, PushRefusal.Client, null)]
    [InlineData(403, null, null, SyncFailure.SignedOut, PushRefusal.None, null)]
    [InlineData(409, "order", null, SyncFailure.Refused, PushRefusal.Order, null)]
    [InlineData(409, "schema", null, SyncFailure.Refused, PushRefusal.None, null)]
    [InlineData(410, "epoch", null, SyncFailure.Refused, PushRefusal.None, null)]
    [InlineData(413, "size", null, SyncFailure.Refused, PushRefusal.Size, null)]
    [InlineData(413, null, null, SyncFailure.Refused, PushRefusal.Size, null)]
    [InlineData(415, "encoding", null, SyncFailure.Refused, PushRefusal.None, null)]
    [InlineData(404, null, null, SyncFailure.Refused, PushRefusal.None, null)]
    [InlineData(408, null, null, SyncFailure.Retry, PushRefusal.None, null)]
    [InlineData(429, null, null, SyncFailure.Retry, PushRefusal.None, null)]
    [InlineData(501, null, null, SyncFailure.Refused, PushRefusal.None, null)]
    [InlineData(503, "database", null, SyncFailure.Retry, PushRefusal.None, null)]
    [InlineData(302, null, null, SyncFailure.Protocol, PushRefusal.None, null)]
    [InlineData(204, null, null, SyncFailure.Protocol, PushRefusal.None, null)]
    public async Task Refusal_says_what_would_make_the_server_take_the_rest(
        int status, string? reason, long? mutation, SyncFailure failure, PushRefusal refusal, long? mutationId)
    {
        var problem = JsonSerializer.Serialize(new { detail = "Because.", reason, mutation });

        var found = await Should.ThrowAsync<SyncTransportException>(RefusedAsync(status, "application/problem+json", problem));

        (found.Failure, found.Refusal, found.MutationId).ShouldBe((failure, refusal, mutationId));
        found.Message.ShouldContain($"{status}: Because. ");
    }

    [Fact]
    public async Task Single_edit_that_is_too_large_for_a_server_is_the_one_at_fault()
    {
        var failure = await Should.ThrowAsync<SyncTransportException>(RefusedAsync(413, "text/html", "<html>", One));

        (failure.Refusal, failure.MutationId).ShouldBe((PushRefusal.Mutation, 1L));
    }

    [Fact]
    public async Task Server_that_is_busy_says_until_when()
    {
        await using var server = await TestServer.StartAsync(context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "7";
            return Task.CompletedTask;
        });

        (await ShouldFailAsync(new HttpSyncTransport(server.Client))).RetryAfter.ShouldBe(TimeSpan.FromSeconds(7));
    }

    public static TheoryData<string, string, byte[]> Unsendable => new()
    {
        { "weight", "finite", Bytes(w => w.WriteDouble(double.PositiveInfinity)) },
        { "weight", "finite", Bytes(w => w.WriteDouble(double.NaN)) },
        { "weight", "finite", Bytes(w => w.WriteBoolean(true)) },
        { "done", "true or false", Bytes(w => w.WriteNil()) },
        { "count", "32 bits", Bytes(w => w.WriteInt64(1L << 31)) },
        { "size", "2^53", Bytes(w => w.WriteInt64(1L << 53)) },
        { "size", "2^53", Bytes(w => w.WriteInt64(long.MinValue)) },
        { "made_at", "instant", Bytes(w => w.WriteInt64(long.MaxValue)) },
        { "name", "text", [0xa1, 0xff] },
        { "name", "text", [0xa2, 0x41] },
        { "name", "text", [0xa1, 0x41, 0x41] },
        { "name", "text", [] },
        { "gone", "does not have", Bytes(w => w.WriteInt64(1)) },
    };

    [Theory]
    [MemberData(nameof(Unsendable))]
    public async Task Value_that_cannot_be_said_is_refused_before_it_is_sent(string field, string why, byte[] value)
    {
        var edits = new[] { Edit(1, ("done", true)), new RowEdit(new RowKey(2), Encoded(field, value)) };
        var conditional = new[] { edits[0], edits[0] with { If = edits[1].Fields } };

        foreach (var batch in (OutboxBatch[])[Batch(7, edits), Batch(7, conditional)])
        {
            var failure = await ShouldFailUnsentAsync(batch);

            (failure.Failure, failure.Refusal, failure.MutationId).ShouldBe((SyncFailure.Refused, PushRefusal.Mutation, 8L));
            failure.Message.ShouldContain($"'{field}'");
            failure.Message.ShouldContain(why);
        }
    }

    [Fact]
    public async Task Batch_of_the_largest_size_is_sent_and_a_larger_one_refused()
    {
        var sent = 0L;
        OutboxBatch Sized(int length) => Batch(1, Edit(1, ("name", "")), Edit(1, ("name", new string('x', length))));
        const string twice = """{"lastId":2,"results":[{"id":1,"status":"applied"},{"id":2,"status":"applied"}],"rows":null}""";
        await AnsweredAsync(twice, Sized(0), request => sent = request.Content!.Headers.ContentLength!.Value);
        var most = PushBody.MaxBytes - (int)sent;

        await AnsweredAsync(twice, Sized(most), request => sent = request.Content!.Headers.ContentLength!.Value);

        sent.ShouldBe(1024 * 1024);
        (await ShouldFailUnsentAsync(Sized(most + 1))).Refusal.ShouldBe(PushRefusal.Size);
    }

    [Fact]
    public async Task Edit_that_is_too_large_by_itself_is_the_one_at_fault()
    {
        foreach (var text in (string[])[new string('x', PushBody.MaxBytes), new string('\u0001', PushBody.MaxBytes / 2)])
        {
            var failure = await ShouldFailUnsentAsync(Batch(7, Edit(1, ("name", text)), Edit(1, ("done", true))));

            (failure.Refusal, failure.MutationId).ShouldBe((PushRefusal.Mutation, 7L));
        }
    }

    [Fact]
    public async Task More_mutations_than_a_server_takes_are_refused()
    {
        var failure = await ShouldFailUnsentAsync(Batch(1, [.. Enumerable.Repeat(Edit(1, ("done", true)), 501)]));

        (failure.Failure, failure.Refusal).ShouldBe((SyncFailure.Refused, PushRefusal.Size));
    }

    [Fact]
    public async Task Batch_without_mutations_or_with_a_gap_is_a_mistake_of_the_caller()
    {
        await Should.ThrowAsync<ArgumentException>(AnsweredAsync(Applied, new OutboxBatch("c", [])));
        await Should.ThrowAsync<ArgumentException>(AnsweredAsync(Applied, new OutboxBatch("c", [Two.Mutations[0], Two.Mutations[0]])));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answer_beyond_the_cap_is_refused_while_it_is_read(bool announced)
    {
        var aborted = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            context.Response.ContentLength = announced ? 1L << 40 : null;
            context.Response.ContentType = "application/json";
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(new byte[1_000]);
        });

        (await ShouldFailAsync(new HttpSyncTransport(server.Client, new HttpSyncOptions { MaxPushAnswerBytes = 10_000 }))).Failure.ShouldBe(SyncFailure.Protocol);
        await aborted.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task No_server_and_a_broken_answer_are_offline()
    {
        await using var server = await TestServer.StartAsync(async context =>
        {
            context.Response.ContentLength = Applied.Length;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(Applied[..10]);
            await context.Response.Body.FlushAsync();
            context.Abort();
        });

        (await ShouldFailAsync(new HttpSyncTransport(server.Client))).Failure.ShouldBe(SyncFailure.Offline);
        await server.StopAsync();
        (await ShouldFailAsync(new HttpSyncTransport(server.Client))).Failure.ShouldBe(SyncFailure.Offline);
    }

    [Theory]
    [InlineData(10, 30)]
    [InlineData(409_600, 130)]
    public async Task Silence_is_offline_after_the_idle_timeout_and_time_for_the_upload(int length, int seconds)
    {
        await using var server = await TestServer.StartAsync(async context =>
        {
            var aborted = new TaskCompletionSource();
            context.RequestAborted.Register(aborted.SetResult);
            await aborted.Task;
        });
        var time = new ManualTimeProvider();

        var failing = ShouldFailAsync(new HttpSyncTransport(server.Client, timeProvider: time), Batch(1, Edit(1, ("name", new string('x', length)))));
        var limit = await time.WaitForTimerAsync();
        limit.ShouldBe(TimeSpan.FromSeconds(seconds));
        time.Advance(limit);

        (await failing).Failure.ShouldBe(SyncFailure.Offline);
    }

    [Fact]
    public async Task Cancelling_gives_up_waiting_for_the_answer()
    {
        var started = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(async context =>
        {
            var aborted = new TaskCompletionSource();
            context.RequestAborted.Register(aborted.SetResult);
            started.SetResult();
            await aborted.Task;
        });
        using var stop = new CancellationTokenSource();

        var push = new HttpSyncTransport(server.Client).PushAsync(Schema, One, stop.Token).AsTask();
        await started.Task.WaitAsync(Patience);
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(push.WaitAsync(Patience));
    }

    private static byte[] Bytes(Action<MessagePackWriter> write)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        write(new MessagePackWriter(buffer));
        return buffer.WrittenSpan.ToArray();
    }

    private static string Read(HttpRequestMessage request)
    {
        using var body = new MemoryStream();
        request.Content!.CopyTo(body, null, default);
        return Encoding.UTF8.GetString(body.ToArray());
    }

    private static async Task<PushAnswer> AnsweredAsync(string answer, OutboxBatch? batch = null, Action<HttpRequestMessage>? onRequest = null) =>
        await CannedHandler.Transport(request =>
        {
            onRequest?.Invoke(request);
            return CannedHandler.Of(200, "application/json; charset=utf-8", answer);
        }).PushAsync(Schema, batch ?? One, default);

    private static async Task RefusedAsync(int status, string? type, string body, OutboxBatch? batch = null) =>
        await CannedHandler.Transport(_ => CannedHandler.Of(status, type, body)).PushAsync(Schema, batch ?? Two, default);

    private static Task<SyncTransportException> ShouldFailUnsentAsync(OutboxBatch batch) => Should.ThrowAsync<SyncTransportException>(
        CannedHandler.Transport(_ => throw new InvalidOperationException("It was sent.")).PushAsync(Schema, batch, default).AsTask());

    private static Task<SyncTransportException> ShouldFailAsync(HttpSyncTransport transport, OutboxBatch? batch = null) =>
        Should.ThrowAsync<SyncTransportException>(transport.PushAsync(Schema, batch ?? One, default).AsTask().WaitAsync(Patience));

    private static async Task SendAsync(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        await context.Response.WriteAsync(json);
    }
}
