using System.Text;
using Collection.Contracts;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Http;
using static Collection.Sync.Http.Tests.Items;

namespace Collection.Sync.Http.Tests;

public sealed class ListenTests
{
    private const string EventsType = "text/event-stream";
    private const string Ready = "retry: 0\nid: 1.2.3\nevent: ready\ndata: {}\n\n";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(null)]
    [InlineData("1.2.3")]
    public async Task Stream_is_asked_for_by_name_and_last_id(string? lastId)
    {
        (string, string?, string?, string?) seen = default;
        await using var server = await TestServer.StartAsync(async context =>
        {
            var request = context.Request;
            seen = (request.Method, $"{request.Path}{request.QueryString}", request.Headers.Accept, (string?)request.Headers["Last-Event-ID"]);
            await SendAsync(context, Ready);
        });

        (await ListenAsync(new HttpSyncTransport(server.Client), lastId)).ShouldBe(["Ready 1.2.3"]);

        seen.ShouldBe(("GET", "/sync/items/events", EventsType, lastId));
    }

    [Fact]
    public async Task Browser_is_asked_to_hand_the_answer_out_as_it_comes()
    {
        bool? streamed = null;
        await ListenAsync(CannedHandler.Transport(request =>
        {
            streamed = request.Options.TryGetValue(new HttpRequestOptionsKey<bool>("WebAssemblyEnableStreamingResponse"), out var value) && value;
            return CannedHandler.Of(200, EventsType, Ready);
        }));

        streamed.ShouldBe(true);
    }

    [Fact]
    public async Task Every_event_says_what_it_is()
    {
        const string stream = Ready + """
            : still here
            id: 1.2.4
            event: page
            data: AQID

            id: 1.2.5
            event: ping
            data: {}

            id: 1.2.6
            event: behind
            data: {"reason":"slow"}

            id: 1.2.7
            event: weather
            data: fine

            data: without a name

            event: page
            data: AQ
            data: ID

            event: closed
            data: {"reason":"signed-out"}

            event: ping
            data: {}


            """;

        (await ListenAsync(Canned(stream))).ShouldBe(
            ["Ready 1.2.3", "Ping", "Page 1.2.4 010203", "Ping 1.2.5", "Behind 1.2.6", "Ping", "Ping", "Page 010203", "Closed"]);
    }

    [Fact]
    public async Task Event_is_told_while_the_stream_goes_on()
    {
        var next = new SemaphoreSlim(0);
        await using var server = await TestServer.StartAsync(async context =>
        {
            await SendAsync(context, Ready);
            await next.WaitAsync(context.RequestAborted);
            await SendAsync(context, "event: ping\ndata: {}\r");
            await SendAsync(context, "\r");
            await next.WaitAsync(context.RequestAborted);
        });

        await using var events = new HttpSyncTransport(server.Client).ListenAsync(Schema, null, default).GetAsyncEnumerator();
        (await events.MoveNextAsync().AsTask().WaitAsync(Patience)).ShouldBeTrue();
        events.Current.Kind.ShouldBe(LiveEventKind.Ready);
        next.Release();
        (await events.MoveNextAsync().AsTask().WaitAsync(Patience)).ShouldBeTrue();
        events.Current.Kind.ShouldBe(LiveEventKind.Ping);
        next.Release();
        (await events.MoveNextAsync().AsTask().WaitAsync(Patience)).ShouldBeFalse();
    }

    [Fact]
    public async Task Stream_cut_at_every_byte_yields_the_events_that_were_whole()
    {
        var text = Ready + "id: 1.2.4\nevent: page\ndata: AQID\n\n: c\nid: 1.2.5\nevent: behind\ndata: {}\n\n";
        (int End, string Event)[] expected = [(Ready.Length, "Ready 1.2.3"), (End("AQID\n\n"), "Page 1.2.4 010203"), (End(": c\n"), "Ping"), (text.Length, "Behind 1.2.5")];
        int End(string upTo) => text.IndexOf(upTo, StringComparison.Ordinal) + upTo.Length;

        for (var cut = 0; cut <= text.Length; cut++)
        {
            var whole = expected.Where(e => e.End <= cut).Select(e => e.Event).ToList();
            (await ListenAsync(Canned(text[..cut]))).ShouldBe(whole, $"ended at {cut}");

            await using var server = await TestServer.StartAsync(async context =>
            {
                await SendAsync(context, text[..cut]);
                context.Abort();
            });
            var found = new List<string>();
            var failure = await Should.ThrowAsync<SyncTransportException>(ListenAsync(new HttpSyncTransport(server.Client), null, found));
            failure.Failure.ShouldBe(SyncFailure.Offline);
            // A connection that is reset may take with it what was on its way; what is told is whole and in order.
            found.ShouldBe(whole[..found.Count], $"cut at {cut}");
        }
    }

    [Theory]
    [InlineData("!!!!")]
    [InlineData("AQI")]
    [InlineData("AQID====")]
    [InlineData("")]
    public async Task Page_that_is_not_base64_is_not_from_a_sync_server(string data)
    {
        var found = new List<string>();

        var failure = await Should.ThrowAsync<SyncTransportException>(ListenAsync(Canned($"{Ready}event: page\ndata: {data}\n\n"), null, found));

        failure.Failure.ShouldBe(SyncFailure.Protocol);
        found.ShouldBe(["Ready 1.2.3"]);
    }

    [Theory]
    [InlineData("data: ")]
    [InlineData("")]
    [InlineData("data\n")]
    [InlineData("id: ")]
    public async Task Endless_event_is_given_up_at_its_cap(string line)
    {
        var bytes = Encoding.UTF8.GetBytes(line.EndsWith('\n') ? line : line + new string('x', 1000));
        var body = new PiecewiseStream(bytes, () => 4096, isEndless: true);

        var failure = await Should.ThrowAsync<SyncTransportException>(ListenAsync(
            CannedHandler.Transport(_ => CannedHandler.Of(200, EventsType, body), new HttpSyncOptions { MaxEventBytes = 1_000_000 })));

        failure.Failure.ShouldBe(SyncFailure.Protocol);
        body.Taken.ShouldBeLessThan(5_100_000);
    }

    [Theory]
    [InlineData(401, SyncFailure.SignedOut)]
    [InlineData(403, SyncFailure.SignedOut)]
    [InlineData(400, SyncFailure.Refused)]
    [InlineData(404, SyncFailure.Refused)]
    [InlineData(405, SyncFailure.Refused)]
    [InlineData(406, SyncFailure.Refused)]
    [InlineData(501, SyncFailure.Refused)]
    [InlineData(429, SyncFailure.Retry)]
    [InlineData(503, SyncFailure.Retry)]
    [InlineData(204, SyncFailure.Protocol)]
    [InlineData(302, SyncFailure.Protocol)]
    public async Task Status_says_what_the_client_has_to_do(int status, SyncFailure expected)
    {
        await using var server = await TestServer.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = "10";
            return Task.CompletedTask;
        });

        var failure = await Should.ThrowAsync<SyncTransportException>(ListenAsync(new HttpSyncTransport(server.Client)));

        failure.Failure.ShouldBe(expected);
        failure.RetryAfter.ShouldBe(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Refused_id_is_left_out_and_the_client_told_that_it_is_behind()
    {
        var asked = new List<string>();
        await using var server = await TestServer.StartAsync(async context =>
        {
            asked.Add($"{context.Request.Headers["Last-Event-ID"]}");
            if (asked.Count > 1)
                await SendAsync(context, $"{Ready}event: ping\ndata: {{}}\n\n");
            else
                context.Response.StatusCode = 400;
        });

        (await ListenAsync(new HttpSyncTransport(server.Client), "bad")).ShouldBe(["Ready 1.2.3", "Behind 1.2.3", "Ping"]);

        asked.ShouldBe(["bad", ""]);
    }

    [Fact]
    public async Task Bad_request_without_an_id_is_asked_once_only()
    {
        var asked = 0;
        var failure = await Should.ThrowAsync<SyncTransportException>(ListenAsync(CannedHandler.Transport(_ =>
        {
            asked++;
            return CannedHandler.Of(400, "application/problem+json", """{"detail":"There is no parameter 'x' here."}""");
        }), "1.2.3"));

        (asked, failure.Failure).ShouldBe((2, SyncFailure.Refused));
        failure.Message.ShouldContain("There is no parameter");
    }

    [Theory]
    [InlineData("a\nX-Evil: b")]
    [InlineData("\u00e4")]
    [InlineData("")]
    [InlineData("a b")]
    public async Task Id_that_no_header_can_hold_is_as_good_as_lost(string id)
    {
        string? seen = "?";
        await using var server = await TestServer.StartAsync(async context =>
        {
            seen = context.Request.Headers["Last-Event-ID"];
            await SendAsync(context, Ready);
        });

        (await ListenAsync(new HttpSyncTransport(server.Client), id)).ShouldBe(["Ready 1.2.3", "Behind 1.2.3"]);
        seen.ShouldBeNull();
    }

    [Theory]
    [InlineData("text/html; charset=utf-8")]
    [InlineData("application/json")]
    [InlineData(null)]
    public async Task Success_of_another_type_is_not_from_a_sync_server(string? type)
    {
        var failure = await Should.ThrowAsync<SyncTransportException>(ListenAsync(CannedHandler.Transport(_ => CannedHandler.Of(200, type, Ready))));

        failure.Failure.ShouldBe(SyncFailure.Protocol);
        failure.Message.ShouldContain("sign-in page");
    }

    [Fact]
    public async Task No_server_is_offline()
    {
        await using var server = await TestServer.StartAsync(context => SendAsync(context, Ready));
        await server.StopAsync();

        (await Should.ThrowAsync<SyncTransportException>(ListenAsync(new HttpSyncTransport(server.Client)))).Failure.ShouldBe(SyncFailure.Offline);
    }

    [Fact]
    public async Task Silence_is_limited_until_the_stream_stands_and_no_longer()
    {
        var time = new ManualTimeProvider();
        var go = new SemaphoreSlim(0);
        await using var server = await TestServer.StartAsync(async context =>
        {
            if (!context.Request.Headers.ContainsKey("Last-Event-ID"))
                await Aborted(context);
            await SendAsync(context, Ready);
            await go.WaitAsync(context.RequestAborted);
            await SendAsync(context, "event: ping\ndata: {}\n\n");
        });
        var transport = new HttpSyncTransport(server.Client, timeProvider: time);

        var failing = Should.ThrowAsync<SyncTransportException>(ListenAsync(transport));
        var limit = await time.WaitForTimerAsync();
        limit.ShouldBe(TimeSpan.FromSeconds(30));
        time.Advance(limit);
        (await failing).Failure.ShouldBe(SyncFailure.Offline);

        await using var events = transport.ListenAsync(Schema, "1", default).GetAsyncEnumerator();
        (await events.MoveNextAsync().AsTask().WaitAsync(Patience)).ShouldBeTrue();
        var ping = events.MoveNextAsync().AsTask();
        time.Advance(TimeSpan.FromDays(1));
        go.Release();
        (await ping.WaitAsync(Patience)).ShouldBeTrue();
        events.Current.Kind.ShouldBe(LiveEventKind.Ping);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancelling_or_leaving_closes_the_connection(bool cancel)
    {
        var aborted = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            await SendAsync(context, Ready);
            await aborted.Task;
        });
        using var stop = new CancellationTokenSource();

        await using (var events = new HttpSyncTransport(server.Client).ListenAsync(Schema, null, stop.Token).GetAsyncEnumerator())
        {
            (await events.MoveNextAsync().AsTask().WaitAsync(Patience)).ShouldBeTrue();
            if (cancel)
            {
                var next = events.MoveNextAsync().AsTask();
                await stop.CancelAsync();
                await Should.ThrowAsync<OperationCanceledException>(next.WaitAsync(Patience));
            }
        }

        await aborted.Task.WaitAsync(Patience);
    }

    private static HttpSyncTransport Canned(string stream) => CannedHandler.Transport(_ => CannedHandler.Of(200, EventsType, stream));

    private static async Task<List<string>> ListenAsync(HttpSyncTransport transport, string? lastId = null, List<string>? found = null)
    {
        found ??= [];
        using var patience = new CancellationTokenSource(Patience);
        await foreach (var news in transport.ListenAsync(Schema, lastId, patience.Token))
            found.Add($"{news.Kind} {news.Id} {(news.Page is { } page ? Convert.ToHexString(page) : "")}".Replace("  ", " ", StringComparison.Ordinal).TrimEnd());
        return found;
    }

    private static async Task SendAsync(HttpContext context, string text)
    {
        if (!context.Response.HasStarted)
            context.Response.ContentType = EventsType;
        await context.Response.WriteAsync(text);
        await context.Response.Body.FlushAsync();
    }

    private static Task Aborted(HttpContext context)
    {
        var aborted = new TaskCompletionSource();
        context.RequestAborted.Register(aborted.SetResult);
        return aborted.Task;
    }
}
