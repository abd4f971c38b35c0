namespace Collection.Sync.Abstractions;

/// <summary>A person's local database: one collection beside another, each with its cursor.</summary>
public interface ISyncStore : IAsyncDisposable
{
    /// <summary>Opens a collection, empty if nothing of this schema is stored.</summary>
    /// <exception cref="SyncStoreException">The database cannot be opened.</exception>
    ValueTask<ICollectionStore> OpenAsync(CollectionSchema schema, CancellationToken cancellationToken);

    /// <summary>Deletes everything, for sign-out. Open collections are closed.</summary>
    /// <exception cref="SyncStoreException">Another tab keeps the database open, or it cannot be deleted.</exception>
    ValueTask WipeAsync(CancellationToken cancellationToken);
}

/// <summary>
/// The rows of one collection. Every write is one transaction: after a crash the store holds all of it or nothing.
/// Readers never wait for it, and a view that is open goes on showing what it was opened on.
/// </summary>
public interface ICollectionStore : IAsyncDisposable
{
    /// <summary>The collection.</summary>
    CollectionSchema Schema { get; }

    /// <summary>What is stored now, as far as this tab has heard.</summary>
    StoreStatus Status { get; }

    /// <summary>Edits on their way to the server.</summary>
    IOutbox Outbox { get; }

    /// <summary>Raised after <see cref="Status"/> has changed, by this tab or another, on the thread that the store was opened on.</summary>
    event Action<StoreStatus>? Changed;

    /// <summary>
    /// Begins to lead: from now on the store refuses what earlier leaders write
    /// (<see cref="SyncStoreFailure.Superseded"/>), even in a transaction that they have begun to prepare.
    /// </summary>
    /// <returns>The fence that this leader's writes carry.</returns>
    ValueTask<long> LeadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Takes a page: every upsert and delete whose version is newer than what is stored, and the cursor, in one
    /// transaction. A page that was pulled after another cursor than the stored one changes nothing. For the leader.
    /// </summary>
    /// <param name="page">The page as it came; the store may keep the array.</param>
    /// <param name="start">The state of the store in which the page was asked for.</param>
    /// <param name="fence">From <see cref="LeadAsync"/>.</param>
    /// <param name="cancellationToken">Gives up before the transaction begins; later it has no effect.</param>
    /// <returns>What is stored afterwards, durable by then in the store's sense.</returns>
    /// <exception cref="PageFormatException">The page is malformed; nothing has changed.</exception>
    /// <exception cref="SyncStoreException">Somebody else leads, or the transaction failed; nothing has changed.</exception>
    ValueTask<StoreStatus> ApplyAsync(byte[] page, PullStart start, long fence, CancellationToken cancellationToken);

    /// <summary>
    /// Takes rows that came otherwise than by a pull, under the same guard; the cursor stays. Of another epoch than what is
    /// stored, they are passed over. For the leader.
    /// </summary>
    /// <exception cref="PageFormatException">The page is malformed; nothing has changed.</exception>
    /// <exception cref="SyncStoreException">Somebody else leads, or the transaction failed; nothing has changed.</exception>
    ValueTask<StoreStatus> ApplyHintAsync(byte[] page, long fence, CancellationToken cancellationToken);

    /// <summary>
    /// Starts over beside what is stored: the next page is the first of a new generation. Views show the old rows until a
    /// page says that the end of the feed is reached; it swaps the generations in its own transaction. The outbox stays.
    /// For the leader.
    /// </summary>
    /// <exception cref="SyncStoreException">Somebody else leads, or the transaction failed; nothing has changed.</exception>
    ValueTask<StoreStatus> ResetAsync(long fence, CancellationToken cancellationToken);

    /// <summary>Opens a view on the rows that match a query, as they are now, and reads its first window on the way.</summary>
    /// <param name="query">Filter and sort.</param>
    /// <param name="window">The rows to read at once; it may go past the end, and may be empty.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ArgumentException">The query does not fit the collection: <see cref="ViewQuery.Check"/>.</exception>
    ValueTask<OpenedView> OpenViewAsync(ViewQuery query, RowRange window, CancellationToken cancellationToken);

    /// <summary>The different values of an indexed text field, folded and in order.</summary>
    /// <param name="field">The field's name.</param>
    /// <param name="limit">The largest number of values to return.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<IReadOnlyList<string>> ReadValuesAsync(string field, int limit, CancellationToken cancellationToken);
}

/// <summary>What a collection's store holds.</summary>
/// <param name="Cursor">Where the next pull goes on, of the new generation while one is being filled; null before its first page.</param>
/// <param name="IsComplete">True once a page has been stored that the server called the last one: the first sync is over.</param>
/// <param name="RowCount">Rows that views show, without deleted ones.</param>
/// <param name="Generation">Counts refills: rows of different generations are never mixed.</param>
/// <param name="Revision">Counts changes to what views show: one opened at an older one no longer shows the newest.</param>
public sealed record StoreStatus(SyncCursor? Cursor, bool IsComplete, int RowCount, long Generation, long Revision)
{
    /// <summary>Counts transactions that changed anything at all.</summary>
    public long Writes { get; init; }

    /// <summary>The epoch of the generation that is being filled; null before its first page.</summary>
    public long? Epoch { get; init; }

    /// <summary>True while a new generation is being filled beside the one that views show.</summary>
    public bool IsRefilling { get; init; }

    /// <summary>Edits that are still to be confirmed by the server.</summary>
    public int PendingCount { get; init; }

    /// <summary>Edits that the server has rejected.</summary>
    public int DeadLetterCount { get; init; }
}

/// <summary>What was stored when a page was asked for.</summary>
/// <param name="Cursor">The cursor after which it was pulled.</param>
/// <param name="Writes">
/// <see cref="StoreStatus.Writes"/> at that time: what the server had confirmed by then, a page that ends the feed has in it.
/// </param>
public readonly record struct PullStart(SyncCursor? Cursor, long Writes);

/// <summary>A view with the window that was read when it was opened.</summary>
/// <param name="View">The view; the caller disposes of it.</param>
/// <param name="Window">The first window: fewer rows where the view ends.</param>
public readonly record struct OpenedView(IStoreView View, RowBatch Window);

/// <summary>The rows that matched a query when it was opened, in its order. Reads are safe while the store changes.</summary>
public interface IStoreView : IAsyncDisposable
{
    /// <summary>The exact number of rows.</summary>
    int Count { get; }

    /// <summary>The store's revision that the view shows.</summary>
    long Revision { get; }

    /// <summary>Reads rows by position: fewer where the view ends.</summary>
    ValueTask<RowBatch> ReadAsync(RowRange range, CancellationToken cancellationToken);

    /// <summary>The position of the row with a key, or null where the view does not hold it.</summary>
    /// <exception cref="ArgumentException">The key is of another kind than the collection's.</exception>
    ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a view of the same query as it is now. This one stays as it is, until it is disposed of. Where little has
    /// changed since, that is all that is worked on.
    /// </summary>
    /// <param name="window">The rows of this view whose place is to be kept; it may go past the end, and may be empty.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="SyncStoreException">The store failed, or no longer knows what this view holds: open another one.</exception>
    ValueTask<ReopenedView> ReopenAsync(RowRange window, CancellationToken cancellationToken);
}

/// <summary>A view that was opened in place of another.</summary>
/// <param name="View">The new view; the caller disposes of it, and of the old one.</param>
/// <param name="Window">As many rows as were asked for, from <see cref="ViewChange.Start"/> on: fewer where the view ends.</param>
/// <param name="Change">How the new view differs from the old one.</param>
public readonly record struct ReopenedView(IStoreView View, RowBatch Window, ViewChange Change);

/// <summary>How a view differs from an earlier one of the same query, as seen from a window of the earlier one.</summary>
/// <param name="Inserted">Rows whose keys the earlier one did not hold, by where they stand now about the window that begins at <see cref="Start"/>.</param>
/// <param name="Removed">Rows whose keys are no longer held, by where they stood.</param>
/// <param name="Changed">
/// Rows that are newer, whether they have moved or not, by where they stood. After a refill, or once the store has been put
/// in order, all rows count as newer.
/// </param>
/// <param name="Start">
/// Where the first row of the window that is still there stands now. A row that has changed and moved away is not followed
/// as long as another one has stayed. Where none is left, it is where the next one after the window stands, or else where
/// the last rows of the view are; never past the end.
/// </param>
public sealed record ViewChange(RowCounts Inserted, RowCounts Removed, RowCounts Changed, int Start);

/// <summary>Numbers of rows about a window.</summary>
/// <param name="Above">Before its first row.</param>
/// <param name="Inside">In it.</param>
/// <param name="Below">After its last row.</param>
public readonly record struct RowCounts(int Above, int Inside, int Below);

/// <summary>A run of positions in a view.</summary>
/// <param name="Start">The first position, from 0.</param>
/// <param name="Count">The number of rows.</param>
public readonly record struct RowRange(int Start, int Count)
{
    /// <summary>The position after the last row.</summary>
    public int End => Start + Count;
}

/// <summary>Why the local store failed, by what can be done.</summary>
public enum SyncStoreFailure
{
    /// <summary>The browser has no room left: free some, then go on.</summary>
    QuotaExceeded,

    /// <summary>The database cannot be opened or has been closed (private mode, another tab upgrading): reload, or work online.</summary>
    Unavailable,

    /// <summary>What is stored does not read back: the collection has to be refilled.</summary>
    Corrupt,

    /// <summary>Another tab leads now: nothing was written, and the engine waits for its turn.</summary>
    Superseded,

    /// <summary>Any other failure of the store; the message has the cause.</summary>
    Failed,
}

/// <summary>The local store has failed; what was stored before is unchanged.</summary>
public sealed class SyncStoreException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="failure">What can be done.</param>
    /// <param name="message">What happened, and what to do next.</param>
    /// <param name="innerException">The cause.</param>
    public SyncStoreException(SyncStoreFailure failure, string message, Exception? innerException = null)
        : base(message, innerException) => Failure = failure;

    /// <summary>What can be done.</summary>
    public SyncStoreFailure Failure { get; }
}
