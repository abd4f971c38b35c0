using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>How far a client has read: what a cursor says, in the clear.</summary>
/// <param name="Epoch">The history that the position belongs to.</param>
public abstract record FeedPosition(long Epoch);

/// <summary>Within the first sync, which delivers the rows that there are in the order of their keys.</summary>
/// <param name="Epoch">The history that the position belongs to.</param>
/// <param name="Horizon">Where the changes begin that the first sync may have missed; read from here once it is over.</param>
/// <param name="LastKey">The last row that was delivered.</param>
/// <param name="TotalRows">Rows in the table when the first sync began; counted or estimated once, since counting reads them all.</param>
public sealed record SnapshotPosition(long Epoch, RowVersion Horizon, RowKey LastKey, long TotalRows) : FeedPosition(Epoch)
{
    /// <summary>A key in front of every row's, in the order of the first sync.</summary>
    internal static RowKey BeforeFirst(CollectionSchema schema) =>
        new(schema.KeyOrder == SortDirection.Ascending ? long.MinValue : long.MaxValue);
}

/// <summary>Within the changes after the first sync, which come in the order of their versions.</summary>
/// <param name="Epoch">The history that the position belongs to.</param>
/// <param name="Version">The last change that was delivered.</param>
public sealed record DeltaPosition(long Epoch, RowVersion Version) : FeedPosition(Epoch);

/// <summary>What a feed says of the changes that it has written to a page.</summary>
/// <param name="Next">The position after them.</param>
/// <param name="More">
/// True where further changes wait or may wait. False only after a <see cref="DeltaPosition"/> with nothing behind it:
/// the reader is up to date.
/// </param>
/// <param name="IsSnapshot">True for rows of the first sync.</param>
/// <param name="TotalRows">Rows in the collection, -1 where unknown.</param>
public sealed record FeedSlice(FeedPosition Next, bool More, bool IsSnapshot, long TotalRows);
