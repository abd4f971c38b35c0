using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// The history of tables as a reader can follow it: whatever was committed is delivered, once a reader has read to the
/// end, whether it was committed before or while it was reading. Safe for concurrent calls.
/// </summary>
public interface IChangeFeed
{
    /// <summary>
    /// Makes a table tell of its changes: adds the columns, index and triggers that are missing, and numbers the rows
    /// that are there. Does nothing where all is in place. A table whose changes went unnoticed for a time, because
    /// its triggers were gone or other fields were watched, starts a new epoch.
    /// </summary>
    /// <exception cref="InvalidOperationException">The table is missing, or does not have the fields of the collection.</exception>
    ValueTask InstallAsync(SyncedTable table, CancellationToken cancellationToken);

    /// <summary>
    /// The SQL that <see cref="InstallAsync"/> runs, to be read, or run beforehand by somebody who may change tables:
    /// the app then finds all in place and needs no such right. Running it again changes nothing.
    /// </summary>
    string InstallScript(SyncedTable table);

    /// <summary>Reads the next changes into a page, all from one consistent state of the database.</summary>
    /// <param name="source">What to read; its table has been installed.</param>
    /// <param name="after">Where to go on; null for the start of a first sync.</param>
    /// <param name="maxBytes">The largest <see cref="PageWriter.ByteLength"/>; a single change may exceed it, so that every read gets on.</param>
    /// <param name="page">An empty writer for the collection; the caller finishes the page.</param>
    /// <param name="cancellationToken">Gives up between two rows.</param>
    /// <exception cref="CursorRefusedException">The position is no longer good; nothing was written.</exception>
    /// <exception cref="InvalidDataException">A row does not fit the schema; the message names row and field.</exception>
    ValueTask<FeedSlice> ReadAsync(FeedSource source, FeedPosition? after, int maxBytes, PageWriter page, CancellationToken cancellationToken);

    /// <summary>The position behind every change that can be read now; reading on from it brings what is committed later.</summary>
    ValueTask<DeltaPosition> ReadEndAsync(CancellationToken cancellationToken);

    /// <summary>How far readers are held back by open transactions.</summary>
    ValueTask<HorizonLag> ReadLagAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Declares every position so far void, so that all clients refill. Call it after restoring a backup: the changes
    /// that the backup lacks were delivered to clients, and nothing else would take them back.
    /// </summary>
    /// <returns>The new epoch.</returns>
    ValueTask<long> StartEpochAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Forgets deletions, oldest first, to keep the tombstones from growing for ever. Clients that have not synced
    /// since then refill.
    /// </summary>
    /// <param name="deletedBefore">Deletions before this instant are forgotten.</param>
    /// <param name="cancellationToken">Gives up before the transaction begins.</param>
    /// <returns>How many were forgotten.</returns>
    ValueTask<int> PurgeTombstonesAsync(DateTimeOffset deletedBefore, CancellationToken cancellationToken);
}
