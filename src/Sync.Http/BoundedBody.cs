namespace Collection.Sync.Http;

/// <summary>Reads a response's body up to a number of bytes, whatever the server says its length is.</summary>
internal sealed class BoundedBody(HttpContent content, Silence silence)
{
    private const int FirstBufferLength = 64 * 1024;

    /// <summary>The whole body, or null where it is longer than <paramref name="cap"/>; it is read no further than that.</summary>
    public async ValueTask<byte[]?> ReadAsync(int cap)
    {
        var announced = content.Headers.ContentLength;
        if (announced > cap)
            return null;

        // A browser announces the compressed length and hands out more: pages come to a good two times of it. Elsewhere
        // one byte more than announced is enough to meet the end without growing.
        var buffer = new byte[Math.Min(announced is { } length ? (4 * length) + 1 : FirstBufferLength, cap + 1L)];
        var count = 0;
        await using var stream = await content.ReadAsStreamAsync(silence.GiveUp);
        while (true)
        {
            if (count == buffer.Length)
                Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, cap + 1L));
            var read = await stream.ReadAsync(buffer.AsMemory(count), silence.GiveUp);
            if (read == 0)
                break;
            silence.Break();
            count += read;
            if (count > cap)
                return null;
        }

        Array.Resize(ref buffer, count);
        return buffer;
    }
}
