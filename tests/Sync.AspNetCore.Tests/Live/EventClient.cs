using System.Net;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore.Tests.Live;

/// <summary>One event, as a client sees it.</summary>
internal sealed record ReceivedEvent(string Type, string? Id, string Data)
{
    public Page Page => Page.Read(Convert.FromBase64String(Data), SyncServer.Items);

    /// <summary>The changes of a page in the order of their versions.</summary>
    public IEnumerable<(long Key, RowVersion Version, bool IsDeleted)> Changes
    {
        get
        {
            var page = Page;
            return Enumerable.Range(0, page.Header.UpsertCount + page.Header.DeleteCount)
                .Select(i => (page.Key(i).Value, page.Version(i), i >= page.Header.UpsertCount)).OrderBy(change => change.Item2);
        }
    }
}

/// <summary>A stream that is open. Fails instead of waiting for ever.</summary>
internal sealed class EventClient : IAsyncDisposable
{
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(60));
    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _items;

    private EventClient(HttpResponseMessage response, Stream stream)
    {
        _response = response;
        _items = SseParser.Create(stream).EnumerateAsync(_patience.Token).GetAsyncEnumerator(_patience.Token);
    }

    public HttpResponseMessage Response => _response;

    /// <summary>Opens a stream and takes its first event, so that whatever is committed from now on is heard of.</summary>
    public static async Task<EventClient> OpenAsync(
        SyncServer server, string? lastEventId = null, string query = "", string user = "ada", HttpClient? http = null, int? cutAfter = null)
    {
        var client = await ConnectAsync(server, lastEventId, query, user, http, cutAfter);
        if (cutAfter is null)
            (await client.NextAsync("ready")).Id.ShouldNotBeNull();
        return client;
    }

    public static Task<HttpResponseMessage> SendAsync(
        SyncServer server, string? lastEventId = null, string query = "", string user = "ada", HttpClient? http = null, string accept = "text/event-stream")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Http.BaseAddress!, $"/sync/items/events{query}"));
        request.Headers.Add("X-User", user);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (lastEventId is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        return (http ?? server.Http).SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>
    /// A client whose system takes little from the network before it is read, yet more than one segment of the loopback
    /// (64 KiB): into a window smaller than a segment Linux sends only when a timer fires that waits longer each time.
    /// </summary>
    public static HttpClient SmallBuffers() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 256 * 1024 };
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    /// <summary>The next event; null where the stream has ended.</summary>
    public async Task<ReceivedEvent?> TryNextAsync() => await _items.MoveNextAsync()
        ? new ReceivedEvent(_items.Current.EventType, _items.Current.EventId, _items.Current.Data)
        : null;

    /// <summary>The next event but pings.</summary>
    public async Task<ReceivedEvent> NextAsync(string type)
    {
        ReceivedEvent? next;
        do
            next = await TryNextAsync();
        while (next?.Type == "ping" && type != "ping");
        next.ShouldNotBeNull().Type.ShouldBe(type);
        return next;
    }

    public async Task ShouldEndAsync() => (await TryNextAsync()).ShouldBeNull();

    public async ValueTask DisposeAsync()
    {
        await _items.DisposeAsync();
        _response.Dispose();
        _patience.Dispose();
    }

    private static async Task<EventClient> ConnectAsync(
        SyncServer server, string? lastEventId, string query, string user, HttpClient? http, int? cutAfter)
    {
        var response = await SendAsync(server, lastEventId, query, user, http);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        var stream = await response.Content.ReadAsStreamAsync();
        return new EventClient(response, cutAfter is { } bytes ? new CutStream(stream, bytes) : stream);
    }

    /// <summary>Ends after a number of bytes, wherever in an event that is.</summary>
    private sealed class CutStream(Stream stream, int bytes) : Stream
    {
        private int _left = bytes;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left == 0)
                return 0;
            var read = await stream.ReadAsync(buffer[..Math.Min(buffer.Length, _left)], cancellationToken);
            _left -= read;
            return read;
        }

        public override void Flush() => throw new NotSupportedException();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
