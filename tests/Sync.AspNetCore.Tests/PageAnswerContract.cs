using System.IO.Compression;
using System.Net;
using System.Text.Json;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore.Tests;

public abstract class PageAnswerContract(DatabaseKind kind)
{
    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    [InlineData("br;q=0, gzip")]
    [InlineData("deflate, gzip;q=0.5, br;q=0.1")]
    public async Task Compressed_answer_holds_the_same_page(string encoding)
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 300);
        var replica = new Replica(server);
        using var plain = await replica.SendAsync(null);
        using var response = await replica.SendAsync(null, encoding: encoding);

        var used = response.Content.Headers.ContentEncoding.Single();
        used.ShouldBe(encoding.Contains("br;q=0,", StringComparison.Ordinal) || encoding == "gzip" ? "gzip" : "br");
        var body = await response.Content.ReadAsStreamAsync();
        await using Stream decoded = used == "br" ? new BrotliStream(body, CompressionMode.Decompress) : new GZipStream(body, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        await decoded.CopyToAsync(bytes);

        plain.Content.Headers.ContentEncoding.ShouldBeEmpty();
        WithoutCursor(bytes.ToArray()).ShouldBe(WithoutCursor(await plain.Content.ReadAsByteArrayAsync()));
    }

    [Fact]
    public async Task Answer_is_private_and_says_what_it_depends_on()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 1);
        using var response = await new Replica(server).SendAsync(null);

        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/vnd.collection.page");
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        response.Headers.Vary.ShouldBe(["Accept", "Accept-Encoding"]);
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
    }

    [Fact]
    public async Task Json_says_the_same_as_the_page()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 20);
        var replica = new Replica(server);
        await replica.PullAllAsync();
        await server.ExecuteAsync("DELETE FROM items WHERE id = 4; UPDATE items SET count = 7 WHERE id % 2 = 0");
        var before = replica.Cursor;
        var page = await replica.PullAsync();

        using var response = await replica.SendAsync(before, accept: "application/json");
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        var root = json.RootElement;
        var changes = root.GetProperty("changes").EnumerateArray().ToArray();

        root.GetProperty("collection").GetString().ShouldBe("items");
        root.GetProperty("epoch").GetInt64().ShouldBe(page.Header.Epoch);
        root.GetProperty("more").GetBoolean().ShouldBeFalse();
        root.GetProperty("totalRows").GetInt64().ShouldBe(-1);
        changes.Length.ShouldBe(page.Header.UpsertCount + page.Header.DeleteCount);
        for (var i = 0; i < changes.Length; i++)
        {
            var version = changes[i].GetProperty("version");
            new RowVersion(version[0].GetInt64(), version[1].GetInt64()).ShouldBe(page.Version(i));
            if (changes[i].GetProperty("op").GetString() == "delete")
                changes[i].GetProperty("key").GetInt64().ShouldBe(page.Key(i).Value);
            else
                ShouldSay(changes[i].GetProperty("row"), replica.Rows[page.Key(i).Value]);
        }

        changes.Count(c => c.GetProperty("op").GetString() == "delete").ShouldBe(1);
    }

    [Theory]
    [InlineData("application/json", true)]
    [InlineData("application/json;q=0.9, application/vnd.collection.page", false)]
    [InlineData("*/*", false)]
    [InlineData("text/html", false)]
    public async Task Form_follows_the_accept_header(string accept, bool isJson)
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 1);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sync/items");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await server.Http.SendAsync(request);

        response.Content.Headers.ContentType!.MediaType.ShouldBe(isJson ? "application/json" : "application/vnd.collection.page");
    }

    [Theory]
    [InlineData("maxBytes=1023")]
    [InlineData("maxBytes=-1")]
    [InlineData("maxBytes=1e6")]
    [InlineData("maxBytes=99999999999999999999")]
    [InlineData("maxBytes=2000&maxBytes=3000")]
    [InlineData("cursor=a&cursor=b")]
    [InlineData("schema=12")]
    [InlineData("schema=+123456789abcdef")]
    [InlineData("schema=zzzzzzzzzzzzzzzz")]
    public async Task Bad_parameter_is_a_400_that_says_what_to_do(string query)
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 1);
        using var response = await server.Http.GetAsync(new Uri($"/sync/items?{query}", UriKind.Relative));

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        using var problem = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        problem.RootElement.GetProperty("detail").GetString()!.ShouldContain($"'{query.Split('=')[0]}'");
    }

    [Fact]
    public async Task Client_that_knows_that_nothing_is_new_is_told_so_without_a_body()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 20);
        var replica = new Replica(server);
        await replica.PullAllAsync();
        using var first = await replica.SendAsync(replica.Cursor);
        var tag = first.Headers.ETag!.ToString();
        var page = Page.Read(await first.Content.ReadAsByteArrayAsync(), SyncServer.Items);
        page.Header.Next.Value.ShouldBe(replica.Cursor);

        using var again = await replica.SendAsync(replica.Cursor, tag: tag);
        again.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        again.Headers.ETag!.ToString().ShouldBe(tag);
        (await again.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
        using var other = await replica.SendAsync(replica.Cursor, tag: "W/\"0-0-0-0-0\"");
        other.StatusCode.ShouldBe(HttpStatusCode.OK);

        await server.ExecuteAsync("UPDATE items SET count = 77 WHERE id = 7");
        using var changed = await replica.SendAsync(replica.Cursor, tag: tag);
        changed.StatusCode.ShouldBe(HttpStatusCode.OK);
        changed.Headers.ETag.ShouldBeNull();
        Page.Read(await changed.Content.ReadAsByteArrayAsync(), SyncServer.Items).Header.UpsertCount.ShouldBe(1);
    }

    [Fact]
    public async Task More_bytes_than_the_server_gives_are_no_mistake()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 1);
        using var response = await server.Http.GetAsync(new Uri("/sync/items?maxBytes=999999999999", UriKind.Relative));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Client_of_another_schema_is_told_so_and_one_of_the_same_is_served()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 1);
        var replica = new Replica(server);
        using var same = await replica.SendAsync(null, query: $"&schema={SyncServer.Items.Hash:x16}");
        using var other = await replica.SendAsync(null, query: $"&schema={SyncServer.Items.Hash ^ 1:x16}");

        same.StatusCode.ShouldBe(HttpStatusCode.OK);
        other.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        using var problem = JsonDocument.Parse(await other.Content.ReadAsByteArrayAsync());
        problem.RootElement.GetProperty("reason").GetString().ShouldBe("schema");
    }

    private static void ShouldSay(JsonElement row, object?[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            var field = SyncServer.Items.Fields[i];
            var found = row.GetProperty(field.Name);
            object? said = found.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                JsonValueKind.String when field.Kind == FieldKind.Timestamp => Microseconds.From(found.GetDateTimeOffset()),
                JsonValueKind.String => found.GetString(),
                _ => field.Kind == FieldKind.Double ? found.GetDouble() : found.GetInt64(),
            };
            said.ShouldBe(values[i], field.Name);
        }
    }

    // Every cursor is encrypted anew; all else is the same.
    private static byte[] WithoutCursor(byte[] page)
    {
        var header = PageHeader.Read(page);
        header.UpsertCount.ShouldBe(300);
        return page[(PageHeader.Length + header.Next.Value.Length)..];
    }
}

public sealed class SqlitePageAnswerTests() : PageAnswerContract(DatabaseKind.Sqlite);

public sealed class PostgresPageAnswerTests() : PageAnswerContract(DatabaseKind.Postgres);
