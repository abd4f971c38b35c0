using System.Runtime.CompilerServices;
using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>A tab's way to the server.</summary>
internal sealed class SimulatedTransport(World world, Tab tab, SyncLimits limits) : ISyncTransport
{
    private readonly HostileAnswers _hostile = new(world, limits);

    public async ValueTask<byte[]> PullAsync(CollectionSchema schema, SyncCursor? after, int maxBytes, CancellationToken cancellationToken)
    {
        var user = tab.Browser.User;
        return await world.Network.AskAsync(tab, "pull", () => _hostile.Pull(after, user, maxBytes), cancellationToken);
    }

    public async ValueTask<PushAnswer> PushAsync(CollectionSchema schema, OutboxBatch batch, CancellationToken cancellationToken)
    {
        world.Oracle.OnSend(tab.Browser, batch);
        var (user, browser) = (tab.Browser.User, tab.Browser.Id);
        return await world.Network.AskAsync(tab, "push", () => _hostile.Push(world.Server.Push(user, browser, batch)), cancellationToken);
    }

    public async IAsyncEnumerable<LiveEvent> ListenAsync(CollectionSchema schema, string? lastEventId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stream = new SimulatedStream(world, tab);
        await world.Network.AskAsync(tab, "listen", () => stream.Open(lastEventId), cancellationToken);
        while (await stream.NextAsync(cancellationToken) is { } happened)
            yield return _hostile.Event(happened);
    }
}

/// <summary>The sizes that a client was made with.</summary>
internal readonly record struct SyncLimits(int PageBytes, int MaxPageBytes);
