using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Http;

/// <summary>
/// Pulls pages by <c>GET sync/{collection}?maxBytes=&amp;schema=&amp;cursor=</c>, relative to the client's base address.
/// Compression is the business of the client's handler: a browser decompresses by itself, elsewhere set
/// <c>AutomaticDecompression</c>. Where nothing has changed since the last pull, the server says so with 304 and no body.
/// Safe for concurrent calls.
/// </summary>
public sealed class HttpSyncTransport : ISyncTransport
{
    private const string PageMediaType = "application/vnd.collection.page";

    private readonly HttpClient _http;
    private readonly HttpSyncOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ConcurrentDictionary<string, Unchanged> _unchanged = new(StringComparer.Ordinal);

    /// <summary>Makes a transport.</summary>
    /// <param name="http">Has the base address, and whatever signs requests; its owner disposes of it.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <param name="timeProvider">The clock of time-outs and of <c>Retry-After</c> dates; null for the system's.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public HttpSyncTransport(HttpClient http, HttpSyncOptions? options = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        _http = http;
        _options = options ?? new HttpSyncOptions();
        _options.Check();
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public async ValueTask<byte[]> PullAsync(CollectionSchema schema, SyncCursor? after, int maxBytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        using var silence = new CancellationTokenSource(_options.IdleTimeout, _timeProvider);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        try
        {
            var unchanged = _unchanged.GetValueOrDefault(schema.Name) is { } last && last.After == after && last.SchemaHash == schema.Hash ? last : null;
            using var request = Request(schema, after, maxBytes);
            if (unchanged is not null)
                request.Headers.IfNoneMatch.Add(unchanged.Tag);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, giveUp.Token);
            if (response.StatusCode == HttpStatusCode.NotModified && unchanged is not null)
                return [.. unchanged.Page];
            var body = new BoundedBody(response.Content, onRead: () => silence.CancelAfter(_options.IdleTimeout));
            if (response.StatusCode != HttpStatusCode.OK)
                throw await Refusal.FromAsync(response, body, schema.Name, _timeProvider, giveUp.Token);
            CheckMediaType(response.Content.Headers.ContentType, schema.Name);
            var cap = (int)Math.Min((long)maxBytes + _options.MaxExcessBytes, PageHeader.MaxByteLength);
            var page = await body.ReadAsync(cap, giveUp.Token)
                ?? throw new SyncTransportException(SyncFailure.Protocol,
                    $"The server of '{schema.Name}' sends a page of more than {cap} bytes, where {maxBytes} were asked for. Nothing of it was used; tell whoever runs the server.");
            // Only a page that says "nothing new" has a tag: it is small, and there is one a collection.
            if (response.Headers.ETag is { } tag && after is { } cursor)
                _unchanged[schema.Name] = new Unchanged(cursor, schema.Hash, tag, [.. page]);
            return page;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SyncTransportException(SyncFailure.Offline,
                $"The server of '{schema.Name}' has fallen silent, and the request was given up. Check the connection; it is tried again by itself.", innerException: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new SyncTransportException(SyncFailure.Offline,
                $"The server of '{schema.Name}' was not reached, or the connection broke: {e.Message} Check the connection; it is tried again by itself.", innerException: e);
        }
    }

    private static HttpRequestMessage Request(CollectionSchema schema, SyncCursor? after, int maxBytes)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"sync/{schema.Name}?maxBytes={maxBytes}&schema={schema.Hash:x16}");
        if (after is { } cursor)
            address += $"&cursor={Uri.EscapeDataString(cursor.Value)}";
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, UriKind.Relative));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(PageMediaType));
        return request;
    }

    private static void CheckMediaType(MediaTypeHeaderValue? type, string collection)
    {
        if (!string.Equals(type?.MediaType, PageMediaType, StringComparison.OrdinalIgnoreCase))
            throw new SyncTransportException(SyncFailure.Protocol,
                $"What answered for '{collection}' is {type?.MediaType ?? "of no type"} and not a page: a proxy, a sign-in page or a wrong address. Open the app's address in a tab to see it.");
    }

    /// <summary>The last page that said "nothing new", and the question that it answered.</summary>
    private sealed record Unchanged(SyncCursor After, ulong SchemaHash, EntityTagHeaderValue Tag, byte[] Page);
}
