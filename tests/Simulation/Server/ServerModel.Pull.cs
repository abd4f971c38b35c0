using Collection.Sync.Abstractions;

namespace Collection.Simulation;

internal sealed partial class ServerModel
{
    /// <summary>Refuses a good cursor, as after the key that it was sealed with has been replaced.</summary>
    public Func<bool> ForgetsCursor { get; set; } = () => false;

    private readonly PageWriter _writer = new(Thing.Schema);

    /// <summary>A page of the feed.</summary>
    public byte[] Pull(User user, SyncCursor? after, int maxBytes)
    {
        var position = Start(user, after);
        if (position.AfterKey is not null)
            return SnapshotPage(user, position, maxBytes);
        var changes = ChangesAfter(position.Version);
        var told = 0;
        foreach (var stored in changes)
        {
            if (told > 0 && _writer.ByteLength >= maxBytes)
                break;
            Tell(user.Team, stored);
            position = position with { Version = stored.Version };
            told++;
        }

        // Where nothing was told, the cursor that was sent stays as it is.
        var next = told == 0 && after is { } same ? same : position.Cursor;
        trace.Write($"server sends {told} changes up to {next.Value} to user {user.Id}");
        return Finish(next, more: told < changes.Count, isSnapshot: false, user);
    }

    /// <summary>The changes after a position, as far as readers see.</summary>
    public List<Stored> ChangesAfter(RowVersion version) =>
        [.. _table.Values.Where(stored => stored.Version > version && (!hasTransactions || stored.Version.Transaction < Horizon) && IsTold(stored))
            .OrderBy(stored => stored.Version)];

    /// <summary>A page of an event stream, or with the rows of an answer.</summary>
    public byte[] Hint(User user, IEnumerable<Stored> changes, string cursor)
    {
        foreach (var stored in changes)
            Tell(user.Team, stored);
        return Finish(new SyncCursor(cursor), more: false, isSnapshot: false, user);
    }

    private FeedPosition Start(User user, SyncCursor? after)
    {
        if (after is not { } cursor)
            return new FeedPosition(Epoch, user.Team, Present, AfterKey: long.MinValue);
        var reason = FeedPosition.Read(cursor.Value) is not { } position ? "malformed"
            : position.Epoch != Epoch ? "epoch"
            : position.Team != user.Team ? "filter"
            : position.Version < _floor ? "purged"
            : ForgetsCursor() ? "key"
            : null;
        if (reason is null)
            return FeedPosition.Read(cursor.Value)!;
        counters.Add(Seen.CursorRefused);
        trace.Write($"server answers 410 {reason} to {cursor.Value}");
        throw new SyncTransportException(SyncFailure.Reset, $"The cursor is no longer good: {reason}.");
    }

    private byte[] SnapshotPage(User user, FeedPosition position, int maxBytes)
    {
        FeedPosition? next = null;
        foreach (var stored in VisibleTo(user.Team).Where(stored => stored.Key > position.AfterKey).OrderBy(stored => stored.Key))
        {
            if (_writer.UpsertCount > 0 && _writer.ByteLength >= maxBytes)
            {
                trace.Write($"server sends a page of the first sync up to {next!.AfterKey} to user {user.Id}");
                return Finish(next.Cursor, more: true, isSnapshot: true, user);
            }

            Tell(user.Team, stored);
            next = position with { AfterKey = stored.Key };
        }

        trace.Write($"server sends the last page of the first sync to user {user.Id}");
        return Finish((position with { AfterKey = null }).Cursor, more: true, isSnapshot: true, user);
    }

    private void Tell(int team, Stored stored)
    {
        if (stored.Row is { } row && row.Team == team)
            row.Write(_writer, stored.Version);
        else
            _writer.Delete(new RowKey(stored.Key), stored.Version);
    }

    private byte[] Finish(SyncCursor next, bool more, bool isSnapshot, User user) => _writer.Finish(new PageHeader
    {
        Next = next, More = more, IsSnapshot = isSnapshot, Epoch = Epoch, TotalRows = VisibleTo(user.Team).Count(),
    });
}
