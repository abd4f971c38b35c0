using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using static Collection.Sync.AspNetCore.Tests.Pusher;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>What is taken as a batch of edits, and what is not. Reading a body has nothing to do with the database, so one will do.</summary>
public sealed class PushBodyTests
{
    private const string Good = """{"id":1,"key":1,"fields":{"count":1}}""";

    public static TheoryData<string, string, long?> BadMutations => new()
    {
        { """{"id":1,"key":1,"fields":{"weight":1,"size":null,"count":true}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"count":null}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"count":1.0}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"count":1e2}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"count":"1"}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"count":2147483648}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"size":9007199254740992}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"size":-9007199254740992}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"size":99999999999999999999}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"weight":1e999}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"weight":"NaN"}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"done":0}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"name":1}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"name":null}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"name":["a"]}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"name":"a\u0000b"}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"name":"a\ud800b"}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"name":"\udc00"}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"made_at":1700000000}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"made_at":"2024-01-01T00:00:00"}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"made_at":"2024-01-01"}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"made_at":"2024-13-01T00:00:00Z"}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"made_at":"1500-01-01T00:00:00Z"}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"made_at":"2024-01-01T00:00:00+99:00"}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"made_at":"Mon, 01 Jan 2024 00:00:00 GMT"}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"id":2}}""", "field", 1 },
        { """{"id":1,"key":1,"fields":{"secret":2}}""", "field", 1 },
        { """{"id":1,"key":1,"fields":{"sync_seq":2}}""", "field", 1 },
        { """{"id":1,"key":1,"fields":{"Count":2}}""", "field", 1 },
        { """{"id":1,"key":1,"fields":{"count\" = 1 --":2}}""", "field", 1 },
        { """{"id":1,"key":1,"fields":{"note":"only the others may be edited"}}""", "field", 1 },
        { """{"id":1,"key":1,"fields":{"count":1},"if":{"secret":1}}""", "field", 1 },
        { """{"id":1,"key":1,"fields":{"count":1},"if":{"count":"x"}}""", "value", 1 },
        { """{"id":1,"key":1,"fields":{"count":1},"if":[]}""", "malformed", 1 },
        { """{"id":1,"key":1,"fields":{"count":1},"madeAt":"yesterday"}""", "malformed", 1 },
        { """{"id":1,"key":1,"fields":{"count":1},"madeAt":5}""", "malformed", 1 },
        { """{"id":1,"key":1,"fields":{"count":1},"correlationId":5}""", "malformed", 1 },
        { """{"id":1,"key":1,"fields":{"count":1},"correlationId":""}""", "malformed", 1 },
        { """{"id":1,"key":1,"fields":{"count":1},"correlationId":"a b"}""", "malformed", 1 },
        { Mutation(1, 1, "{}", $",\"correlationId\":\"{new string('x', 65)}\""), "malformed", 1 },
        { """{"id":1,"key":1,"fields":{"count":1},"extra":5}""", "malformed", 1 },
        { """{"id":1,"key":1,"fields":[]}""", "malformed", 1 },
        { """{"id":1,"key":1,"fields":null}""", "malformed", 1 },
        { """{"id":1,"key":1}""", "malformed", 1 },
        { """{"id":1,"fields":{}}""", "malformed", 1 },
        { """{"id":1,"key":null,"fields":{}}""", "malformed", 1 },
        { """{"id":1,"key":1.5,"fields":{}}""", "malformed", 1 },
        { """{"id":1,"key":9007199254740992,"fields":{}}""", "malformed", 1 },
        { """{"id":1,"key":-9223372036854775808,"fields":{}}""", "malformed", 1 },
        { """{"id":0,"key":1,"fields":{}}""", "malformed", null },
        { """{"id":-1,"key":1,"fields":{}}""", "malformed", null },
        { """{"id":9007199254740992,"key":1,"fields":{}}""", "malformed", null },
        { """{"id":"1","key":1,"fields":{}}""", "malformed", null },
        { """{"key":1,"fields":{}}""", "malformed", null },
        { """{"id":1,"key":1,"fields":{"count":1,"count":1}}""", "malformed", null },
        { """{"id":1,"id":1,"key":1,"fields":{"count":1}}""", "malformed", null },
        { """{"id":1,"key":1,"fields":{"\ud800":1}}""", "malformed", null },
        { "5", "malformed", null },
        { "null", "malformed", null },
        { Good + "," + Good, "malformed", 1 },
        { Good + """,{"id":3,"key":1,"fields":{}}""", "malformed", 3 },
        { Good + """,{"id":2,"key":1,"fields":{"name":true}}""", "value", 2 },
    };

    public static TheoryData<string> BadBodies => new()
    {
        "", "{", "[]", "null", "{}", "\ufeff" + Body("c", Good), Body("c", Good) + "x", Body("c"), Body("c", Good).Replace('"', '\''),
        "{\"mutations\":[" + Good + "]}", "{\"clientId\":\"c\"}", Body("", Good), Body(new string('c', 65), Good), Body("a b", Good), Body("ä", Good), Body("c\\u0000", Good), Body("\\ud800", Good),
        Body("c", Good).Replace("\"c\"", "5", StringComparison.Ordinal), Body("c", Good).Replace("}]}", "}],\"user\":\"root\"}", StringComparison.Ordinal),
        Body("c", Good).Replace("}]}", "}],\"schema\":\"xyz\"}", StringComparison.Ordinal), Body("c", Good).Replace("}]}", "}],\"schema\":5}", StringComparison.Ordinal),
        Body("c", Good).Replace("}]}", "}],\"clientId\":\"c\"}", StringComparison.Ordinal), Body("c", Good).Replace("{\"count\"", "// ha\n{\"count\"", StringComparison.Ordinal),
        Body("c", Good).Replace("}]}", "},]}", StringComparison.Ordinal), Body("c", [.. Enumerable.Range(1, 501).Select(i => Mutation(i, 1, "{}"))]),
        Body("c", Good).Replace(":1}", ":" + new string('[', 20) + new string(']', 20) + "}", StringComparison.Ordinal),
        Body("c", Good).Replace(":1}", ":" + new string('[', 200_000), StringComparison.Ordinal),
    };

    [Theory]
    [MemberData(nameof(BadMutations))]
    public async Task Batch_with_a_bad_mutation_is_refused_whole(string mutations, string reason, long? atFault)
    {
        await using var server = await StartAsync();
        var before = await StateAsync(server);

        var reply = await new Pusher(server).SendAsync("c", mutations);

        (reply.Status, reply.Reason, reply.MutationAtFault).ShouldBe((HttpStatusCode.BadRequest, reason, atFault), reply.Text);
        reply.Detail.ShouldNotBeNullOrEmpty();
        (await StateAsync(server)).ShouldBe(before);
    }

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task Body_that_is_no_batch_is_refused(string body)
    {
        await using var server = await StartAsync();
        var before = await StateAsync(server);

        var reply = await new Pusher(server).SendAsync(body);

        (reply.Status, reply.Reason).ShouldBe((HttpStatusCode.BadRequest, "malformed"), reply.Text);
        (await StateAsync(server)).ShouldBe(before);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused()
    {
        await using var server = await StartAsync();
        foreach (var part in (string[])["\"c\"", "\"count\"", "Q"])
        {
            var body = Encoding.UTF8.GetBytes(Body("c", """{"id":1,"key":1,"fields":{"count":1,"name":"Q"}}"""));
            body[body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(part)) + part.Length / 2] = 0xff;

            var reply = await new Pusher(server).SendAsync(Json(body));

            reply.Status.ShouldBe(HttpStatusCode.BadRequest, reply.Text);
        }
    }

    [Fact]
    public async Task Batch_of_the_largest_size_and_a_schema_is_taken()
    {
        await using var server = await StartAsync();
        var body = Body("A-z_09", [.. Enumerable.Range(1, 500).Select(i => Mutation(i, 1 + (i % 3), $$"""{"count":{{i}}}"""))]);
        body = body[..^1] + $",\"schema\":\"{SyncServer.Items.Hash:x16}\"}}";
        body += new string(' ', PushHandler.MaxBodyBytes - body.Length);

        var reply = await new Pusher(server).SendAsync(body);

        reply.Status.ShouldBe(HttpStatusCode.OK, reply.Text);
        reply.LastId.ShouldBe(500);
    }

    [Fact]
    public async Task Client_of_another_version_is_told_so_before_its_fields_are_looked_at()
    {
        await using var server = await StartAsync();

        var reply = await new Pusher(server).SendAsync("""{"clientId":"c","mutations":[{"id":1,"key":1,"fields":{"new_field":1}}],"schema":"0123456789abcdef"}""");

        (reply.Status, reply.Reason).ShouldBe((HttpStatusCode.Conflict, "schema"));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/jsonp")]
    [InlineData("application/problem+json")]
    [InlineData("")]
    public async Task Other_types_than_json_are_refused(string type)
    {
        await using var server = await StartAsync();
        var content = Json(Encoding.UTF8.GetBytes(Body("c", Good)));
        content.Headers.Remove("Content-Type");
        if (type.Length > 0)
            content.Headers.TryAddWithoutValidation("Content-Type", type);

        var reply = await new Pusher(server).SendAsync(content);

        (reply.Status, reply.Reason).ShouldBe((HttpStatusCode.UnsupportedMediaType, "mediaType"));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("identity")]
    public async Task Encoded_bodies_are_refused(string encoding)
    {
        await using var server = await StartAsync();
        var content = Json(Encoding.UTF8.GetBytes(Body("c", Good)));
        content.Headers.ContentEncoding.Add(encoding);

        var reply = await new Pusher(server).SendAsync(content);

        (reply.Status, reply.Reason).ShouldBe((HttpStatusCode.UnsupportedMediaType, "encoding"));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(false, 8_000_000)]
    [InlineData(true, 8_000_000)]
    public async Task Body_above_the_limit_is_refused(bool chunked, int over)
    {
        await using var server = await StartAsync();
        var body = new byte[PushHandler.MaxBodyBytes + over];
        body.AsSpan().Fill((byte)' ');
        var content = Json(body, chunked);

        var reply = await new Pusher(server).SendAsync(content);

        (reply.Status, reply.Reason).ShouldBe((HttpStatusCode.RequestEntityTooLarge, "size"));
        (await new Pusher(server).SendAsync("c", Good)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Smaller_default_of_the_server_does_not_count()
    {
        await using var server = await SyncServer.StartAsync(
            DatabaseKind.Sqlite, 3, configure: endpoint => endpoint.AllowEdits("name").Add(b => b.Metadata.Add(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(1000))));
        var name = new string('x', 100_000);

        var reply = await new Pusher(server).SendAsync("c", Mutation(1, 1, $$"""{"name":"{{name}}"}"""));

        reply.Status.ShouldBe(HttpStatusCode.OK, reply.Text);
    }

    [Fact]
    public async Task Mutated_bodies_are_answered_and_never_fail()
    {
        const int count = 20_000;
        const int seed = 20260101;
        await using var server = await StartAsync();
        var pusher = new Pusher(server);
        var statuses = new Dictionary<HttpStatusCode, int>();
        foreach (var body in MutatedBodies.From(seed, count))
        {
            var reply = await pusher.SendAsync(Json(body));
            statuses[reply.Status] = statuses.GetValueOrDefault(reply.Status) + 1;
            var isGood = reply.Status == HttpStatusCode.OK || ((int)reply.Status is >= 400 and < 500 && reply.Reason is not null);
            isGood.ShouldBeTrue($"seed {seed}: {(int)reply.Status} {reply.Text} to {Convert.ToBase64String(body)}");
        }

        // Neither all good nor all bad, or it says nothing.
        statuses[HttpStatusCode.OK].ShouldBeGreaterThan(100);
        statuses[HttpStatusCode.BadRequest].ShouldBeGreaterThan(1000);
        statuses.ShouldContainKey(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Without_AllowEdits_nothing_is_taken()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Sqlite, 3);

        (await server.Http.PostAsync(new Uri("/sync/items/mutations", UriKind.Relative), Json("{}"u8.ToArray()))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Setting_up_refuses_what_cannot_be_edited()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Sqlite, 3, configure: endpoint =>
        {
            Should.Throw<InvalidOperationException>(() => endpoint.StampEdits("made_at")).Message.ShouldContain("AllowEdits");
            Should.Throw<ArgumentException>(() => endpoint.AllowEdits()).Message.ShouldContain("at least one");
            Should.Throw<ArgumentException>(() => endpoint.AllowEdits("count", "secret")).Message.ShouldContain("'secret'");
            Should.Throw<ArgumentException>(() => endpoint.AllowEdits("id")).Message.ShouldContain("key");
            endpoint.AllowEdits("count");
            Should.Throw<InvalidOperationException>(() => endpoint.AllowEdits("name")).Message.ShouldContain("one AllowEdits");
            Should.Throw<ArgumentException>(() => endpoint.StampEdits("count")).Message.ShouldContain("Timestamp");
            Should.Throw<ArgumentException>(() => endpoint.StampEdits("secret")).Message.ShouldContain("'secret'");
        });
    }

    [Fact]
    public async Task Feed_of_ones_own_takes_no_edits()
    {
        await using var other = await SyncServer.StartAsync(DatabaseKind.Sqlite);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddCollectionSync(options => options.UseFeed(_ => other.Feed));
        await using var app = builder.Build();

        Should.Throw<InvalidOperationException>(() => app.MapCollectionSync(SyncServer.Items).AllowEdits("count")).Message.ShouldContain("UseFeed");
    }

    private static Task<SyncServer> StartAsync() => StartServerAsync(DatabaseKind.Sqlite, 5, endpoint => endpoint.AllowEdits([.. AllFields.Where(f => f != "note")]));

    private static HttpContent Json(byte[] body, bool chunked = false)
    {
        HttpContent content = chunked ? new ChunkedContent(body) : new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private static async Task<string> StateAsync(SyncServer server)
    {
        var items = string.Join(";", (await server.ReadTableAsync()).OrderBy(row => row.Key).Select(row => string.Join(",", row.Value)));
        await using var connection = await server.OpenAsync();
        return items + await connection.ScalarAsync<string>(
            "SELECT (SELECT sequence FROM sync_meta) || '/' || (SELECT count(*) FROM sync_clients) || '/' || (SELECT count(*) FROM sync_rejections) || '/' || (SELECT count(*) FROM sync_edits)");
    }

    /// <summary>A body whose length is not said beforehand.</summary>
    private sealed class ChunkedContent(byte[] bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(bytes).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
