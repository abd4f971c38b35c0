using System.Net;
using System.Runtime.CompilerServices;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Http;

public sealed partial class HttpSyncTransport
{
    private const string EventsMediaType = "text/event-stream";

    private static readonly HttpRequestOptionsKey<bool> s_streamResponse = new("WebAssemblyEnableStreamingResponse");

    /// <inheritdoc/>
    /// <remarks>
    /// Comments and events that are not known are told as <see cref="LiveEventKind.Ping"/> without an id: the stream is
    /// alive. How long it may be silent is for the caller to say; here only the time until it stands is limited. An id
    /// that the server refuses (400), or that no header can hold, is as good as lost: the stream is opened anew without
    /// it, and <see cref="LiveEventKind.Behind"/> follows its <see cref="LiveEventKind.Ready"/>.
    /// <see cref="SyncFailure.Refused"/> says that there are no streams here (404, 405, 406, 501): poll.
    /// </remarks>
    public IAsyncEnumerable<LiveEvent> ListenAsync(CollectionSchema schema, string? lastEventId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return EnumerateAsync(schema.Name, lastEventId, cancellationToken);
    }

    private async IAsyncEnumerable<LiveEvent> EnumerateAsync(
        string collection, string? lastEventId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (response, isBehind) = await OpenAsync(collection, lastEventId, cancellationToken);
        using (response)
        {
            EventStream? events = null;
            while (true)
            {
                LiveEvent? next;
                try
                {
                    events ??= new EventStream(await response.Content.ReadAsStreamAsync(cancellationToken), collection, _options.MaxEventBytes);
                    next = await events.ReadAsync(cancellationToken);
                }
                catch (Exception e) when (Silence.IsLoss(e, collection, cancellationToken, out var offline))
                {
                    throw offline;
                }

                if (next is not { } news)
                    yield break;
                yield return news;
                if (news.Kind == LiveEventKind.Closed)
                    yield break;
                if (isBehind && news.Kind == LiveEventKind.Ready)
                {
                    isBehind = false;
                    yield return new LiveEvent(LiveEventKind.Behind, news.Id);
                }
            }
        }
    }

    /// <returns>An answer that is a stream, and whether the client is behind, since its id was of no use.</returns>
    private async ValueTask<(HttpResponseMessage Response, bool IsBehind)> OpenAsync(string collection, string? lastEventId, CancellationToken cancellationToken)
    {
        using var silence = new Silence(_options.IdleTimeout, 0, _timeProvider, cancellationToken);
        var id = CanBeSent(lastEventId) ? lastEventId : null;
        HttpResponseMessage? response = null;
        try
        {
            response = await SendAsync(collection, id, silence);
            if (response.StatusCode == HttpStatusCode.BadRequest && id is not null)
            {
                response.Dispose();
                id = null;
                silence.Break();
                response = await SendAsync(collection, id, silence);
            }

            if (response.StatusCode != HttpStatusCode.OK)
                throw await Refusal.FromAsync(response, new BoundedBody(response.Content, silence), collection, _timeProvider);
            CheckMediaType(response, EventsMediaType, "a stream of events", collection);
            var opened = response;
            response = null;
            return (opened, IsBehind: lastEventId is not null && id is null);
        }
        catch (Exception e) when (Silence.IsLoss(e, collection, cancellationToken, out var offline))
        {
            throw offline;
        }
        finally
        {
            response?.Dispose();
        }
    }

    private async ValueTask<HttpResponseMessage> SendAsync(string collection, string? lastEventId, Silence silence)
    {
        using var request = Request(HttpMethod.Get, $"sync/{collection}/events", EventsMediaType);
        if (lastEventId is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        // A browser would otherwise hand the answer out at its end, where an app has turned streaming off.
        request.Options.Set(s_streamResponse, true);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.GiveUp);
    }

    private static bool CanBeSent(string? id) => id is { Length: > 0 and <= EventParser.MaxIdLength } && !id.AsSpan().ContainsAnyExceptInRange('!', '~');
}
