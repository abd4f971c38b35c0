using System.Collections.Immutable;

namespace Collection.Sync.Abstractions;

/// <summary>The way to the server's change feed. Safe for concurrent calls.</summary>
public interface ISyncTransport
{
    /// <summary>Fetches the page after a cursor.</summary>
    /// <param name="schema">The collection.</param>
    /// <param name="after">Where to go on; null for the start of a first sync.</param>
    /// <param name="maxBytes">The size that a page should not exceed; one that holds a single row may.</param>
    /// <param name="cancellationToken">Gives the request up.</param>
    /// <returns>The page, as it came; the caller owns the array.</returns>
    /// <exception cref="SyncTransportException">No page came; the failure says what to do about it.</exception>
    ValueTask<byte[]> PullAsync(CollectionSchema schema, SyncCursor? after, int maxBytes, CancellationToken cancellationToken);

    /// <summary>Sends edits. Where no answer comes they may have been applied or not: send the same again.</summary>
    /// <param name="schema">The collection.</param>
    /// <param name="batch">At least one mutation, with ids that count up by one.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>What became of each mutation.</returns>
    /// <exception cref="SyncTransportException">
    /// Nothing is known of the batch, or, where <see cref="SyncTransportException.Refusal"/> is set, nothing of it was applied.
    /// </exception>
    ValueTask<PushAnswer> PushAsync(CollectionSchema schema, OutboxBatch batch, CancellationToken cancellationToken);

    /// <summary>Listens to what is changed from now on, or from an earlier event on.</summary>
    /// <param name="schema">The collection.</param>
    /// <param name="lastEventId">The last event that was applied; null for from now on.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>Events in their order, until the server ends the stream.</returns>
    /// <exception cref="SyncTransportException">While enumerating: the stream could not be opened, or has broken.</exception>
    IAsyncEnumerable<LiveEvent> ListenAsync(CollectionSchema schema, string? lastEventId, CancellationToken cancellationToken);
}

/// <summary>What became of a pushed batch.</summary>
/// <param name="Results">One a mutation, in their order.</param>
/// <param name="Rows">A page with the rows of the batch as they are after it; null where the server left them to the next pull.</param>
public sealed record PushAnswer(ImmutableArray<MutationResult> Results, byte[]? Rows);

/// <summary>What became of a mutation.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Rejection">Null where it was applied; else why not, in a word: "missing", "condition", "constraint".</param>
/// <param name="Detail">More about a rejection, for a person.</param>
public readonly record struct MutationResult(long Id, string? Rejection = null, string? Detail = null);

/// <summary>What a stream of events says.</summary>
public enum LiveEventKind
{
    /// <summary>The stream stands: a pull that begins now misses nothing that the stream will not bring.</summary>
    Ready,

    /// <summary>Rows that have changed.</summary>
    Page,

    /// <summary>Nothing has happened, and the stream is alive.</summary>
    Ping,

    /// <summary>Something was left out: pull.</summary>
    Behind,

    /// <summary>The server ends the stream for good: whether it may be opened again is for a pull to find out.</summary>
    Closed,
}

/// <summary>An event of a stream: a hint, which never stands for a pull.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Id">Its position, to go on behind it; null where it has none.</param>
/// <param name="Page">The page of a <see cref="LiveEventKind.Page"/>; its cursor means nothing.</param>
public readonly record struct LiveEvent(LiveEventKind Kind, string? Id = null, byte[]? Page = null);

/// <summary>Why a call to the server failed, by what the client has to do.</summary>
public enum SyncFailure
{
    /// <summary>The server was not reached: wait for the network.</summary>
    Offline,

    /// <summary>The session has ended (401, 403): sign in again.</summary>
    SignedOut,

    /// <summary>The cursor is no longer good (410): refill from the start.</summary>
    Reset,

    /// <summary>The server is busy or at fault (429, 5xx): try again later.</summary>
    Retry,

    /// <summary>The server refuses the request (other 4xx): trying again will not help.</summary>
    Refused,

    /// <summary>What came is not from a sync server: a proxy's page, a wrong address, another version.</summary>
    Protocol,
}

/// <summary>Why a server took nothing of a batch, and what would make it take the rest.</summary>
public enum PushRefusal
{
    /// <summary>No such reason: see <see cref="SyncTransportException.Failure"/>.</summary>
    None,

    /// <summary>One mutation cannot be read or is not allowed: set it aside.</summary>
    Mutation,

    /// <summary>The client id belongs to somebody else: take a new one.</summary>
    Client,

    /// <summary>The server does not know the mutations before these, and so has lost some: number them anew under a new client id.</summary>
    Order,

    /// <summary>The batch is too large: send fewer at once.</summary>
    Size,
}

/// <summary>A call to the server has failed.</summary>
public sealed class SyncTransportException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="failure">What the client has to do.</param>
    /// <param name="message">What happened, and what to do next.</param>
    /// <param name="retryAfter">How long the server asks to be left alone.</param>
    /// <param name="innerException">The cause.</param>
    public SyncTransportException(SyncFailure failure, string message, TimeSpan? retryAfter = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Failure = failure;
        RetryAfter = retryAfter;
    }

    /// <summary>What the client has to do.</summary>
    public SyncFailure Failure { get; }

    /// <summary>How long the server asks to be left alone, if it says.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>Of a push: what would make the server take the rest.</summary>
    public PushRefusal Refusal { get; init; }

    /// <summary>The id of the mutation at fault, with <see cref="PushRefusal.Mutation"/>.</summary>
    public long? MutationId { get; init; }
}
