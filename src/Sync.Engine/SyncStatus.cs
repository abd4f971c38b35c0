namespace Collection.Sync.Engine;

/// <summary>
/// Where the sync of a collection stands. It changes with what has come or failed, not with what is being tried:
/// a collection that was offline stays so until a page has been stored.
/// </summary>
public enum SyncPhase
{
    /// <summary>Nothing runs.</summary>
    Stopped,

    /// <summary>Another tab syncs; what it stores is shown here too, and edits made here are sent by it.</summary>
    Following,

    /// <summary>The first sync is under way: rows that are here can be used, others are still to come.</summary>
    Snapshot,

    /// <summary>Changes that have gathered since the last pull are on their way.</summary>
    CatchingUp,

    /// <summary>Up to date, as of the last pull.</summary>
    Live,

    /// <summary>The server is not reached. A pull is tried again by itself, and at once when one is asked for.</summary>
    Offline,

    /// <summary>The server is busy or at fault, and is left alone until <see cref="SyncStatus.RetryAt"/>.</summary>
    BackingOff,

    /// <summary>The server's history has changed, and the collection is filled anew beside the rows that are still shown.</summary>
    Resetting,

    /// <summary>The session has ended. Nothing is tried until a pull is asked for after signing in.</summary>
    SignedOut,

    /// <summary>Something is wrong that waiting alone may not mend; <see cref="SyncStatus.Error"/> says what to do.</summary>
    Faulted,
}

/// <summary>What is known of the sync of one collection.</summary>
/// <param name="Phase">Where it stands.</param>
/// <param name="RowCount">Rows that are shown.</param>
/// <param name="IsComplete">True once the first sync is over, also in an earlier session.</param>
public sealed record SyncStatus(SyncPhase Phase, int RowCount, bool IsComplete)
{
    /// <summary>Rows in the collection as the server last told; null where it does not tell.</summary>
    public long? TotalRows { get; init; }

    /// <summary>Pages stored by this run.</summary>
    public int PageCount { get; init; }

    /// <summary>Bytes of the pages stored by this run, as they are after decompression.</summary>
    public long ByteCount { get; init; }

    /// <summary>What is left of a first sync or a refill, in bytes, estimated from the rows so far; null where nothing tells.</summary>
    public long? RemainingBytes { get; init; }

    /// <summary>Edits that the server has not confirmed yet.</summary>
    public int PendingCount { get; init; }

    /// <summary>Edits that the server has rejected, and that wait for a person: <see cref="Abstractions.IOutbox"/>.</summary>
    public int DeadLetterCount { get; init; }

    /// <summary>True while changes arrive by themselves; else they are asked for every <see cref="SyncOptions.PollInterval"/>.</summary>
    public bool IsStreaming { get; init; }

    /// <summary>What went wrong last, until a page has been stored again. The message says what to do.</summary>
    public Exception? Error { get; init; }

    /// <summary>Why edits were not confirmed when they were last sent; null once some are.</summary>
    public Exception? PushError { get; init; }

    /// <summary>When the next pull will be tried; null where one is under way, or none is tried by itself.</summary>
    public DateTimeOffset? RetryAt { get; init; }
}
