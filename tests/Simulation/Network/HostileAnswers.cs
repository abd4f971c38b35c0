using System.Buffers.Binary;
using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>Answers that no sync server gives: a proxy's page, another version's rows, a feed that turns in circles.</summary>
internal sealed class HostileAnswers(World world, SyncLimits limits)
{
    private readonly RandomStream _random = world.Stream("hostile");
    private TimeSpan _endlessUntil;
    private int _nonce;

    public byte[] Pull(SyncCursor? after, User user, int maxBytes)
    {
        var honest = world.Server.Pull(user, after, maxBytes);
        if (world.Fires(Feature.EndlessFeed))
            _endlessUntil = world.Scheduler.Elapsed + _random.Between(0.2, 3);
        if (!world.IsHealed && world.Scheduler.Elapsed < _endlessUntil && FeedPosition.Read(after?.Value) is { } position && position.Epoch == world.Server.Epoch)
            return Endless(after!.Value, position, PageHeader.Read(honest));
        if (world.Fires(Feature.Malformed))
            return Damage(honest, Seen.MalformedPage);
        return world.Fires(Feature.ForeignPage) ? Foreign(honest, after) : honest;
    }

    public PushAnswer Push(PushAnswer honest)
    {
        if (honest.Rows is not { } rows || !world.Fires(Feature.Malformed))
            return honest;
        return honest with { Rows = Damage(rows, Seen.MalformedAnswer) };
    }

    public LiveEvent Event(LiveEvent honest) =>
        honest.Page is { } page && world.Fires(Feature.Malformed) ? honest with { Page = Damage(page, Seen.MalformedHint) } : honest;

    private byte[] Damage(byte[] page, Seen seen)
    {
        world.Counters.Add(seen);
        var damaged = _random.Chance(0.3) ? page[..^8] : page.ToArray();
        damaged[_random.Pick([0, 8, 12, 20, 48, 52])] ^= 0x55;
        return damaged;
    }

    private byte[] Foreign(byte[] honest, SyncCursor? after)
    {
        var page = honest.ToArray();
        switch (_random.Next(4))
        {
            case 0:
                world.Counters.Add(Seen.Html);
                throw new SyncTransportException(SyncFailure.Protocol, "The answer is a page in HTML.");
            case 1:
                world.Counters.Add(Seen.OtherSchema);
                page[24] ^= 1;
                return page;
            case 2 when after is not null:
                world.Counters.Add(Seen.OtherEpoch);
                BinaryPrimitives.WriteDoubleLittleEndian(page.AsSpan(32), world.Server.Epoch + 1000);
                return page;
            default:
                world.Counters.Add(Seen.HugePage);
                Array.Resize(ref page, limits.MaxPageBytes + 8);
                BinaryPrimitives.WriteInt32LittleEndian(page.AsSpan(8), page.Length);
                return page;
        }
    }

    private byte[] Endless(SyncCursor after, FeedPosition position, PageHeader header)
    {
        var isStuck = _random.Chance(0.3);
        world.Counters.Add(isStuck ? Seen.StuckCursor : Seen.EndlessPages);
        var next = isStuck ? after : new SyncCursor($"{position.Cursor.Value}.{++_nonce}");
        return new PageWriter(Thing.Schema).Finish(header with { Next = next, More = true });
    }
}
