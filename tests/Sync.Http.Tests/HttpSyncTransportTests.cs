using System.IO.Compression;
using System.Net;
using Collection.Contracts;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Http;

namespace Collection.Sync.Http.Tests;

public sealed class HttpSyncTransportTests
{
    private const string PageType = "application/vnd.collection.page";

    private static readonly CollectionSchema Things = new("things", [new("id", FieldKind.Int64) { IsKey = true }]);
    private static readonly byte[] Page = new PageBuilder(Things).Upsert(new(0, 1), 1L).Build("next");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Pull_asks_by_name_size_and_schema_and_returns_the_page_as_it_came()
    {
        (string, string?, string?, string?) seen = default;
        await using var server = await TestServer.StartAsync(async context =>
        {
            var request = context.Request;
            seen = (request.Method, request.Path.Value, request.QueryString.Value, request.Headers.Accept);
            await SendAsync(context, Page);
        });

        var page = await PullAsync(server);

        page.ShouldBe(Page);
        seen.ShouldBe(("GET", "/sync/things", $"?maxBytes=1000&schema={Things.Hash:x16}", PageType));
    }

    [Fact]
    public async Task Cursor_arrives_as_it_was_given()
    {
        var cursor = string.Concat(Enumerable.Range('!', '~' - '!' + 1).Select(c => (char)c));
        string? seen = null;
        await using var server = await TestServer.StartAsync(async context =>
        {
            seen = context.Request.Query["cursor"];
            await SendAsync(context, Page);
        });

        await PullAsync(server, after: new SyncCursor(cursor));

        seen.ShouldBe(cursor);
    }

    [Fact]
    public async Task Page_that_said_nothing_new_is_not_sent_again()
    {
        var asked = new List<string>();
        await using var server = await TestServer.StartAsync(async context =>
        {
            asked.Add($"{context.Request.Query["cursor"]} {context.Request.Headers.IfNoneMatch}");
            context.Response.Headers.ETag = "W/\"1\"";
            if (context.Request.Headers.IfNoneMatch == "W/\"1\"")
                context.Response.StatusCode = StatusCodes.Status304NotModified;
            else
                await SendAsync(context, Page);
        });
        var transport = new HttpSyncTransport(server.Client);
        async Task<byte[]> AskAsync(string cursor) => await transport.PullAsync(Things, new SyncCursor(cursor), 1000, CancellationToken.None);

        var first = await AskAsync("a");
        var second = await AskAsync("a");
        var other = await AskAsync("b");

        (first, second, other).ShouldSatisfyAllConditions(p => p.first.ShouldBe(Page), p => p.second.ShouldBe(Page), p => p.other.ShouldBe(Page));
        second.ShouldNotBeSameAs(first);
        asked.ShouldBe(["a ", "a W/\"1\"", "b "]);
    }

    [Fact]
    public async Task Not_modified_that_nobody_asked_for_is_not_from_a_sync_server()
    {
        await using var server = await TestServer.StartAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        });

        (await ShouldFailAsync(server)).Failure.ShouldBe(SyncFailure.Protocol);
    }

    [Fact]
    public async Task Base_address_may_have_a_path()
    {
        string? seen = null;
        await using var server = await TestServer.StartAsync(async context =>
        {
            seen = context.Request.Path;
            await SendAsync(context, Page);
        });
        server.Client.BaseAddress = new Uri(server.Client.BaseAddress!, "api/v1/");

        await PullAsync(server);

        seen.ShouldBe("/api/v1/sync/things");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_of_announced_or_unknown_length_is_read_whole(bool announced)
    {
        var body = new byte[300_000];
        new Random(1).NextBytes(body);
        await using var server = await TestServer.StartAsync(async context =>
        {
            context.Response.ContentLength = announced ? body.Length : null;
            await SendAsync(context, body);
        });

        (await PullAsync(server, maxBytes: 400_000)).ShouldBe(body);
    }

    [Theory]
    [InlineData(401, SyncFailure.SignedOut)]
    [InlineData(403, SyncFailure.SignedOut)]
    [InlineData(410, SyncFailure.Reset)]
    [InlineData(408, SyncFailure.Retry)]
    [InlineData(429, SyncFailure.Retry)]
    [InlineData(500, SyncFailure.Retry)]
    [InlineData(503, SyncFailure.Retry)]
    [InlineData(400, SyncFailure.Refused)]
    [InlineData(404, SyncFailure.Refused)]
    [InlineData(409, SyncFailure.Refused)]
    [InlineData(204, SyncFailure.Protocol)]
    [InlineData(302, SyncFailure.Protocol)]
    public async Task Status_says_what_the_client_has_to_do(int status, SyncFailure expected)
    {
        await using var server = await TestServer.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        var failure = await ShouldFailAsync(server);

        failure.Failure.ShouldBe(expected);
        failure.Message.ShouldContain($"{status}");
        failure.RetryAfter.ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"title":"Gone","detail":"The history starts later.","reason":"epoch"}""", "410: The history starts later. ")]
    [InlineData("""{"title":"Gone"}""", "410: Gone. ")]
    [InlineData("""{"title":7,"detail":null}""", "410: Gone. ")]
    [InlineData("""["detail"]""", "410: Gone. ")]
    [InlineData("""{"detail":"cut""", "410: Gone. ")]
    [InlineData("", "410: Gone. ")]
    [InlineData("""{"detail":"\ud800"}""", "410: Gone. ")]
    public async Task Problem_detail_is_in_the_message(string problem, string expected)
    {
        await using var server = await TestServer.StartAsync(async context =>
        {
            context.Response.StatusCode = 410;
            context.Response.ContentType = "application/problem+json; charset=utf-8";
            await context.Response.WriteAsync(problem);
        });

        (await ShouldFailAsync(server)).Message.ShouldContain(expected);
    }

    [Fact]
    public async Task Endless_problem_is_not_read_to_its_end()
    {
        await using var server = await TestServer.StartAsync(async context =>
        {
            context.Response.StatusCode = 400;
            context.Response.ContentType = "application/problem+json";
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.WriteAsync(new string(' ', 10_000));
        });

        (await ShouldFailAsync(server)).Failure.ShouldBe(SyncFailure.Refused);
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("Thu, 01 Jan 2026 00:00:45 GMT", 45)]
    [InlineData("Wed, 31 Dec 2025 00:00:00 GMT", 0)]
    public async Task Retry_after_is_understood_as_seconds_and_as_a_date(string header, int seconds)
    {
        await using var server = await TestServer.StartAsync(context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = header;
            return Task.CompletedTask;
        });

        (await ShouldFailAsync(server, new HttpSyncTransport(server.Client, timeProvider: new ManualTimeProvider()))).RetryAfter
            .ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData("text/html; charset=utf-8")]
    [InlineData("application/json")]
    [InlineData(null)]
    public async Task Success_of_another_type_is_not_from_a_sync_server(string? type)
    {
        await using var server = await TestServer.StartAsync(async context =>
        {
            context.Response.ContentType = type;
            await context.Response.WriteAsync("<!doctype html>");
        });

        var failure = await ShouldFailAsync(server);

        failure.Failure.ShouldBe(SyncFailure.Protocol);
        failure.Message.ShouldContain("sign-in page");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_beyond_the_cap_is_refused_while_it_is_read(bool announced)
    {
        var aborted = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            context.Response.ContentLength = announced ? 1L << 40 : null;
            context.Response.ContentType = PageType;
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(new byte[1_000]);
        });

        var failure = await ShouldFailAsync(server, new HttpSyncTransport(server.Client, new HttpSyncOptions { MaxExcessBytes = 9_000 }));

        failure.Failure.ShouldBe(SyncFailure.Protocol);
        failure.Message.ShouldContain("more than 10000 bytes");
        await aborted.Task.WaitAsync(Patience);
    }

    [Theory]
    [InlineData(9_999, true)]
    [InlineData(10_000, true)]
    [InlineData(10_001, false)]
    public async Task Body_of_the_cap_is_the_largest_that_is_read(int length, bool isRead)
    {
        await using var server = await TestServer.StartAsync(context => SendAsync(context, new byte[length]));
        var transport = new HttpSyncTransport(server.Client, new HttpSyncOptions { MaxExcessBytes = 9_000 });

        if (isRead)
            (await transport.PullAsync(Things, null, 1_000, default)).Length.ShouldBe(length);
        else
            (await ShouldFailAsync(server, transport)).Failure.ShouldBe(SyncFailure.Protocol);
    }

    [Fact]
    public async Task Body_that_breaks_off_is_offline()
    {
        await using var server = await TestServer.StartAsync(async context =>
        {
            context.Response.ContentLength = Page.Length;
            context.Response.ContentType = PageType;
            await context.Response.Body.WriteAsync(Page.AsMemory(0, 10));
            await context.Response.Body.FlushAsync();
            context.Abort();
        });

        (await ShouldFailAsync(server)).Failure.ShouldBe(SyncFailure.Offline);
    }

    [Fact]
    public async Task Compressed_body_that_is_damaged_is_offline()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync(Page);
        var damaged = packed.ToArray();
        damaged.AsSpan(10..).Fill(0xff);
        await using var server = await TestServer.StartAsync(async context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            await SendAsync(context, damaged);
        });
        using var client = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.GZip }) { BaseAddress = server.Client.BaseAddress };

        (await ShouldFailAsync(server, new HttpSyncTransport(client))).Failure.ShouldBe(SyncFailure.Offline);
    }

    [Fact]
    public async Task No_server_is_offline()
    {
        await using var server = await TestServer.StartAsync(context => SendAsync(context, Page));
        await server.StopAsync();

        var failure = await ShouldFailAsync(server);

        failure.Failure.ShouldBe(SyncFailure.Offline);
        failure.InnerException.ShouldBeOfType<HttpRequestException>();
    }

    [Fact]
    public async Task Silence_before_the_answer_is_offline_after_the_idle_timeout()
    {
        await using var server = await TestServer.StartAsync(async context => await Aborted(context));
        var time = new ManualTimeProvider();

        var failing = ShouldFailAsync(server, new HttpSyncTransport(server.Client, timeProvider: time));
        time.Advance(await time.WaitForTimerAsync());

        (await failing).Failure.ShouldBe(SyncFailure.Offline);
    }

    [Fact]
    public async Task Silence_within_the_body_is_offline_after_the_idle_timeout()
    {
        var time = new ManualTimeProvider();
        var dealtWith = new SemaphoreSlim(0);
        await using var server = await TestServer.StartAsync(async context =>
        {
            context.Response.ContentType = PageType;
            await context.Response.Body.WriteAsync(Page.AsMemory(0, 10));
            await context.Response.Body.FlushAsync();
            await Aborted(context);
        });
        using var client = new HttpClient(new WatchedHandler(dealtWith)) { BaseAddress = server.Client.BaseAddress };

        var failing = ShouldFailAsync(server, new HttpSyncTransport(client, timeProvider: time));
        (await dealtWith.WaitAsync(Patience)).ShouldBeTrue();
        time.Advance(TimeSpan.FromSeconds(30));

        (await failing).Failure.ShouldBe(SyncFailure.Offline);
    }

    [Fact]
    public async Task Slow_body_that_keeps_coming_is_no_silence()
    {
        var time = new ManualTimeProvider();
        var next = new SemaphoreSlim(0);
        var dealtWith = new SemaphoreSlim(0);
        await using var server = await TestServer.StartAsync(async context =>
        {
            context.Response.ContentType = PageType;
            for (var i = 0; i < 4; i++)
            {
                await next.WaitAsync(context.RequestAborted);
                await context.Response.Body.WriteAsync(new byte[1], context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        });
        using var client = new HttpClient(new WatchedHandler(dealtWith)) { BaseAddress = server.Client.BaseAddress };

        var pull = new HttpSyncTransport(client, timeProvider: time).PullAsync(Things, null, 1_000, default).AsTask();
        for (var i = 0; i < 4; i++)
        {
            next.Release();
            (await dealtWith.WaitAsync(Patience)).ShouldBeTrue();
            time.Advance(TimeSpan.FromSeconds(20));
        }

        (await pull.WaitAsync(Patience)).Length.ShouldBe(4);
    }

    [Fact]
    public async Task Cancelling_gives_a_slow_body_up()
    {
        var started = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            context.Response.ContentType = PageType;
            await context.Response.Body.WriteAsync(Page.AsMemory(0, 10));
            await context.Response.Body.FlushAsync();
            started.SetResult();
            await aborted.Task;
        });
        using var stop = new CancellationTokenSource();

        var pull = new HttpSyncTransport(server.Client).PullAsync(Things, null, 1_000, stop.Token).AsTask();
        await started.Task.WaitAsync(Patience);
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(pull.WaitAsync(Patience));
        await aborted.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task Client_without_a_base_address_is_a_mistake_of_the_caller()
    {
        using var client = new HttpClient();

        await Should.ThrowAsync<InvalidOperationException>(async () => await new HttpSyncTransport(client).PullAsync(Things, null, 1_000, default));
    }

    private static async Task<byte[]> PullAsync(TestServer server, SyncCursor? after = null, int maxBytes = 1_000) =>
        await new HttpSyncTransport(server.Client).PullAsync(Things, after, maxBytes, default).AsTask().WaitAsync(Patience);

    private static async Task<SyncTransportException> ShouldFailAsync(TestServer server, HttpSyncTransport? transport = null) =>
        await Should.ThrowAsync<SyncTransportException>((transport ?? new HttpSyncTransport(server.Client)).PullAsync(Things, null, 1_000, default).AsTask().WaitAsync(Patience));

    private static async Task SendAsync(HttpContext context, byte[] body)
    {
        context.Response.ContentType = PageType;
        await context.Response.Body.WriteAsync(body);
    }

    private static Task Aborted(HttpContext context)
    {
        var aborted = new TaskCompletionSource();
        context.RequestAborted.Register(aborted.SetResult);
        return aborted.Task;
    }
}
