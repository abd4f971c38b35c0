using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// Reads changes as events. A few at a time: there may be a tail for every user, and after a commit all of them read,
/// which must leave connections to those who pull.
/// </summary>
internal sealed class EventReader(IChangeFeed feed, LiveOptions options) : IDisposable
{
    private const int MaxReaders = 4;

    private readonly SemaphoreSlim _turns = new(MaxReaders, MaxReaders);

    /// <summary>The position behind every change that can be read now.</summary>
    public ValueTask<DeltaPosition> ReadEndAsync(CancellationToken cancellationToken) => feed.ReadEndAsync(cancellationToken);

    /// <summary>Reads the next changes.</summary>
    /// <exception cref="CursorRefusedException">The position is no longer good.</exception>
    public async ValueTask<EventSlice> ReadAsync(FeedSource source, DeltaPosition after, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        try
        {
            var schema = source.Table.Schema;
            var writer = new PageWriter(schema);
            var slice = await feed.ReadAsync(source, after, options.EventPageBytes - Overhead(schema), writer, cancellationToken);
            var next = (DeltaPosition)slice.Next;
            if (writer.UpsertCount + writer.DeleteCount == 0)
                return new EventSlice(null, next, slice.More, IsTooLarge: false);
            var page = writer.Finish(new PageHeader
            {
                Next = new SyncCursor(LiveEvent.NoCursor),
                More = slice.More,
                IsSnapshot = false,
                Epoch = source.EpochOfPages(next.Epoch),
                TotalRows = -1,
            });
            var @event = LiveEvent.OfPage(after, next, page);
            var isTooLarge = @event.Bytes.Length > options.MaxQueuedBytes;
            return new EventSlice(isTooLarge ? null : @event, next, slice.More, isTooLarge);
        }
        finally
        {
            _turns.Release();
        }
    }

    public void Dispose() => _turns.Dispose();

    // What a finished page has and the writer does not count: the cursor, and header and padding of each section.
    private static int Overhead(CollectionSchema schema) => 8 + ((schema.IndexedFields.Length + 4) * 24);
}

/// <summary>Changes as they are read.</summary>
/// <param name="Event">The changes, if there are any to be sent.</param>
/// <param name="Next">The position after them.</param>
/// <param name="More">True where further changes wait.</param>
/// <param name="IsTooLarge">True where there are changes, but no event has room for them: a client has to pull.</param>
internal sealed record EventSlice(LiveEvent? Event, DeltaPosition Next, bool More, bool IsTooLarge);
