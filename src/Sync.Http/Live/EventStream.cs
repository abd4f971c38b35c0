using System.Buffers;
using System.Buffers.Text;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Http;

/// <summary>Reads the events of an open stream.</summary>
internal sealed class EventStream(Stream stream, string collection, int maxEventBytes)
{
    private const int ChunkLength = 32 * 1024;

    private readonly byte[] _chunk = new byte[ChunkLength];
    private readonly EventParser _parser = new(maxEventBytes);
    private int _start;
    private int _end;

    /// <summary>The next event; null where the stream has ended.</summary>
    /// <exception cref="SyncTransportException">An event is too large, or holds no page where it says so.</exception>
    public async ValueTask<LiveEvent?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Parse() is { } parsed)
                return parsed;
            (_start, _end) = (0, await stream.ReadAsync(_chunk, cancellationToken));
            if (_end == 0)
                return null;
        }
    }

    private LiveEvent? Parse()
    {
        ReadOnlySpan<byte> input = _chunk.AsSpan(_start.._end);
        var parsed = _parser.Read(ref input);
        _start = _end - input.Length;
        return parsed switch
        {
            Parsed.Nothing => null,
            // Of no meaning but that the stream is alive, which whoever waits wants to know.
            Parsed.Comment => new LiveEvent(LiveEventKind.Ping),
            Parsed.Event => Event(),
            _ => throw Malformed($"an event of more than {maxEventBytes} bytes"),
        };
    }

    private LiveEvent Event() => _parser.Name switch
    {
        "ready" => new LiveEvent(LiveEventKind.Ready, _parser.Id),
        "page" => new LiveEvent(LiveEventKind.Page, _parser.Id, DecodePage(_parser.Data)),
        "ping" => new LiveEvent(LiveEventKind.Ping, _parser.Id),
        "behind" => new LiveEvent(LiveEventKind.Behind, _parser.Id),
        "closed" => new LiveEvent(LiveEventKind.Closed, _parser.Id),
        // Of a newer server. Without its id, since whatever it says has not been applied.
        _ => new LiveEvent(LiveEventKind.Ping),
    };

    private byte[] DecodePage(Span<byte> base64) =>
        Base64.DecodeFromUtf8InPlace(base64, out var length) == OperationStatus.Done && length > 0
            ? base64[..length].ToArray()
            : throw Malformed("a page that is not base64");

    private SyncTransportException Malformed(string what) => new(
        SyncFailure.Protocol,
        $"The stream of '{collection}' brings {what}. Nothing of it was used, and pulls bring the same changes; tell whoever runs the server.");
}
