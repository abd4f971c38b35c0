using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Http;

/// <summary>
/// Pulls pages by <c>GET sync/{collection}?maxBytes=&amp;schema=&amp;cursor=</c>, sends edits by
/// <c>POST sync/{collection}/mutations</c> and listens to <c>GET sync/{collection}/events</c>, relative to the client's
/// base address. Credentials, anti-forgery tokens and compression are the business of the client's handlers: a browser
/// decompresses by itself, elsewhere set <c>AutomaticDecompression</c>. Where nothing has changed since the last pull,
/// the server says so with 304 and no body. Safe for concurrent calls.
/// </summary>
public sealed partial class HttpSyncTransport : ISyncTransport
{
    private const string PageMediaType = "application/vnd.collection.page";

    private readonly HttpClient _http;
    private readonly HttpSyncOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ConcurrentDictionary<string, Unchanged> _unchanged = new(StringComparer.Ordinal);
    private bool _hasPulled;

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
        if (!_hasPulled)
        {
            // In a browser, where everything has one thread, the first request takes as long as two frames to get ready: in
            // a task of its own it does not add to that of whoever asks.
            _hasPulled = true;
            await Task.Yield();
        }

        using var silence = new Silence(_options.IdleTimeout, 0, _timeProvider, cancellationToken);
        try
        {
            var unchanged = _unchanged.GetValueOrDefault(schema.Name) is { } last && last.After == after && last.SchemaHash == schema.Hash ? last : null;
            using var request = PullRequest(schema, after, maxBytes);
            if (unchanged is not null)
                request.Headers.IfNoneMatch.Add(unchanged.Tag);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.GiveUp);
            if (response.StatusCode == HttpStatusCode.NotModified && unchanged is not null)
                return [.. unchanged.Page];
            var body = new BoundedBody(response.Content, silence);
            if (response.StatusCode != HttpStatusCode.OK)
                throw await Refusal.FromAsync(response, body, schema.Name, _timeProvider);
            CheckMediaType(response, PageMediaType, "a page", schema.Name);
            var cap = (int)Math.Min((long)maxBytes + _options.MaxExcessBytes, PageHeader.MaxByteLength);
            var page = await body.ReadAsync(cap)
                ?? throw new SyncTransportException(SyncFailure.Protocol,
                    $"The server of '{schema.Name}' sends a page of more than {cap} bytes, where {maxBytes} were asked for. Nothing of it was used; tell whoever runs the server.");
            // Only a page that says "nothing new" has a tag: it is small, and there is one a collection.
            if (response.Headers.ETag is { } tag && after is { } cursor)
                _unchanged[schema.Name] = new Unchanged(cursor, schema.Hash, tag, [.. page]);
            return page;
        }
        catch (Exception e) when (Silence.IsLoss(e, schema.Name, cancellationToken, out var offline))
        {
            throw offline;
        }
    }

    private static HttpRequestMessage PullRequest(CollectionSchema schema, SyncCursor? after, int maxBytes)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"sync/{schema.Name}?maxBytes={maxBytes}&schema={schema.Hash:x16}");
        if (after is { } cursor)
            address += $"&cursor={Uri.EscapeDataString(cursor.Value)}";
        return Request(HttpMethod.Get, address, PageMediaType);
    }

    private static HttpRequestMessage Request(HttpMethod method, string address, string accept)
    {
        var request = new HttpRequestMessage(method, new Uri(address, UriKind.Relative));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        return request;
    }

    private static void CheckMediaType(HttpResponseMessage response, string expected, string what, string collection)
    {
        var type = response.Content.Headers.ContentType?.MediaType;
        if (!string.Equals(type, expected, StringComparison.OrdinalIgnoreCase))
            throw new SyncTransportException(SyncFailure.Protocol,
                $"What answered for '{collection}' is {type ?? "of no type"} and not {what}: a proxy, a sign-in page or a wrong address. Open the app's address in a tab to see it.");
    }

    /// <summary>The last page that said "nothing new", and the question that it answered.</summary>
    private sealed record Unchanged(SyncCursor After, ulong SchemaHash, EntityTagHeaderValue Tag, byte[] Page);
}
