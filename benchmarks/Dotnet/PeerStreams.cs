using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Sellers.Contracts;

namespace Collection.Benchmarks.Dotnet;

/// <summary>
/// What a team would write with the framework: a bounded channel a client, into which the writer puts the rows after its
/// commit, and which the framework writes out as events with JSON.
/// </summary>
internal sealed class PeerStreams
{
    public const string Ready = "ready";
    public const string Rows = "rows";

    private readonly ConcurrentDictionary<Channel<Seller[]>, bool> _clients = [];

    public int Count => _clients.Count;

    public async IAsyncEnumerable<SseItem<Seller[]>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // As many events wait for a slow client as in ours.
        var channel = Channel.CreateBounded<Seller[]>(new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        _clients.TryAdd(channel, true);
        try
        {
            yield return new SseItem<Seller[]>([], Ready);
            await foreach (var rows in channel.Reader.ReadAllAsync(cancellationToken))
                yield return new SseItem<Seller[]>(rows, Rows);
        }
        finally
        {
            _clients.TryRemove(channel, out _);
        }
    }

    public void Publish(Seller[] rows)
    {
        foreach (var (client, _) in _clients)
            client.Writer.TryWrite(rows);
    }
}
