using System.Net.Http.Headers;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>A client as simple as one can be: pulls pages and keeps the newest version of every key.</summary>
internal sealed class Replica(SyncServer server, string user = "ada")
{
    private readonly Dictionary<long, (RowVersion Version, object?[]? Values)> _rows = [];

    public string? Cursor { get; set; }

    /// <summary>The rows that are there, without deleted ones.</summary>
    public Dictionary<long, object?[]> Rows => _rows.Where(r => r.Value.Values is not null).ToDictionary(r => r.Key, r => r.Value.Values!);

    public Replica Clone()
    {
        var clone = new Replica(server, user) { Cursor = Cursor };
        foreach (var (key, row) in _rows)
            clone._rows[key] = row;
        return clone;
    }

    /// <summary>Pulls one page, from another host over the same data if its client is given, and takes it in.</summary>
    public async Task<Page> PullAsync(int maxBytes = 1024 * 1024, HttpClient? over = null)
    {
        using var response = await SendAsync(Cursor, maxBytes, over: over);
        response.EnsureSuccessStatusCode();
        var page = Page.Read(await response.Content.ReadAsByteArrayAsync(), SyncServer.Items);
        ApplyHints(page);
        Cursor = page.Header.Next.Value;
        return page;
    }

    /// <summary>Pulls until the server says that nothing is left.</summary>
    public async Task<List<Page>> PullAllAsync(int maxBytes = 1024 * 1024)
    {
        var pages = new List<Page>();
        do
            pages.Add(await PullAsync(maxBytes));
        while (pages[^1].Header.More);
        return pages;
    }

    public Task<HttpResponseMessage> SendAsync(string? cursor, int maxBytes = 1024 * 1024, string? query = null, string? accept = null, string? encoding = null, HttpClient? over = null, string? tag = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/sync/items?maxBytes={maxBytes}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}{query}");
        request.Headers.Add("X-User", user);
        if (accept is not null)
            request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(accept));
        if (encoding is not null)
            request.Headers.TryAddWithoutValidation("Accept-Encoding", encoding);
        if (tag is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        return (over ?? server.Http).SendAsync(request);
    }

    /// <summary>Both ways: nothing is missing, nothing is too many, and every value is the same.</summary>
    public async Task ShouldEqualTableAsync()
    {
        var expected = await server.ReadTableAsync();
        var actual = Rows;
        actual.Keys.Order().ShouldBe(expected.Keys.Order());
        foreach (var (key, values) in expected)
            actual[key].ShouldBe(values);
    }

    /// <summary>Takes rows in by their versions alone, as live rows are.</summary>
    public void ApplyHints(Page page)
    {
        var changes = page.Header.UpsertCount + page.Header.DeleteCount;
        for (var i = 0; i < changes; i++)
        {
            var key = page.Key(i).Value;
            if (!_rows.TryGetValue(key, out var row) || page.Version(i) > row.Version)
                _rows[key] = (page.Version(i), i < page.Header.UpsertCount ? Decode(page.Rows[i].Span) : null);
        }
    }

    private static object?[] Decode(ReadOnlySpan<byte> row)
    {
        var reader = new MessagePackReader(row);
        reader.ReadArrayHeader(SyncServer.Items.Fields.Length);
        var values = new object?[SyncServer.Items.Fields.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = reader.TryReadNil() ? null : SyncServer.Items.Fields[i].Kind switch
            {
                FieldKind.Text => reader.ReadText(),
                FieldKind.Boolean => reader.ReadBoolean(),
                FieldKind.Double => reader.ReadDouble(),
                _ => reader.ReadInt64(),
            };
        }

        return values;
    }
}
