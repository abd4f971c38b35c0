using System.IO.Compression;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Collection.Sync.AspNetCore;

/// <summary>Sends a page in the form and the encoding that the client prefers.</summary>
internal static class PageAnswer
{
    public const string PageType = "application/vnd.collection.page";
    public const string JsonType = "application/json";

    public static async Task WriteAsync(HttpContext context, CollectionSchema schema, byte[] page)
    {
        var response = context.Response;
        response.Headers.Append(HeaderNames.Vary, $"{HeaderNames.Accept}, {HeaderNames.AcceptEncoding}");
        ReadOnlyMemory<byte> body = page;
        response.ContentType = PageType;
        if (PrefersJson(context.Request))
        {
            body = PageJson.Write(Page.Read(page, schema));
            response.ContentType = JsonType;
        }

        var encoding = Encoding(context.Request.Headers.AcceptEncoding);
        if (encoding is null)
        {
            response.ContentLength = body.Length;
            await response.Body.WriteAsync(body, context.RequestAborted);
            return;
        }

        response.Headers.ContentEncoding = encoding;
        await using Stream compressed = encoding == "br"
            ? new BrotliStream(response.Body, CompressionLevel.Fastest, leaveOpen: true)
            : new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true);
        await compressed.WriteAsync(body, context.RequestAborted);
    }

    // A page is for machines: JSON only where it is asked for by name, and the page is not preferred to it.
    private static bool PrefersJson(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
            return false;
        var json = Quality(JsonType);
        return json > 0 && json > Quality(PageType);

        double Quality(string type) =>
            accepted.Where(a => a.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase)).Select(a => a.Quality ?? 1).DefaultIfEmpty(0).Max();
    }

    private static string? Encoding(StringValues header)
    {
        if (!StringWithQualityHeaderValue.TryParseList(header, out var accepted))
            return null;
        return Accepts("br") ? "br" : Accepts("gzip") ? "gzip" : null;

        bool Accepts(string coding) =>
            accepted.Any(a => a.Value.Equals(coding, StringComparison.OrdinalIgnoreCase) && a.Quality is null or > 0);
    }
}
