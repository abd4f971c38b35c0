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
}

/// <summary>Why no page came, by what the client has to do.</summary>
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
}
