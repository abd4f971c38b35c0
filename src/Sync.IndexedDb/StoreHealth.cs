using System.Collections.Immutable;

namespace Collection.Sync.IndexedDb;

/// <summary>What a person has to know of the browser's storage, because it does not keep what it should.</summary>
public sealed record StoreHealth
{
    /// <summary>
    /// Why the browser keeps nothing, as in some private windows; null where it does. Rows and edits are in memory then, of this
    /// tab alone: all is gone when the tab is closed. Such a tab leads itself: the sync takes no leadership.
    /// </summary>
    public string? MemoryOnlyReason { get; init; }

    /// <summary>Why nothing but loading the page again helps: another tab has a newer version of the app, or has deleted the data. Else null.</summary>
    public string? ReloadReason { get; init; }

    /// <summary>
    /// Collections whose stored data the browser has lost, since this or an earlier start, in order of their names. Their rows
    /// are fetched again; edits that the server did not have are gone. Told at each start until
    /// <see cref="IndexedDbStore.AcknowledgeLossesAsync"/>.
    /// </summary>
    public ImmutableArray<CollectionLoss> Losses { get; init; } = [];
}

/// <summary>A collection whose stored data the browser has lost.</summary>
/// <param name="Collection">Its name.</param>
/// <param name="EditCount">Edits that were nowhere else: not confirmed by the server, or rejected and neither retried nor discarded.</param>
public sealed record CollectionLoss(string Collection, int EditCount);

/// <summary>What a browser tells of the room that it gives to this site, all databases together.</summary>
/// <param name="UsageBytes">Bytes in use, as the browser estimates them.</param>
/// <param name="QuotaBytes">Bytes that it would give, as it estimates them; a disk may be full before.</param>
/// <param name="IsPersisted">True where the browser has promised not to clear the data when it needs room. It is asked at the first edit.</param>
public sealed record StorageUsage(long UsageBytes, long QuotaBytes, bool IsPersisted);
