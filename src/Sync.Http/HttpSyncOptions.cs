namespace Collection.Sync.Http;

/// <summary>Limits of <see cref="HttpSyncTransport"/>.</summary>
public sealed record HttpSyncOptions
{
    // A page of the largest size there is, in base64, and something around it.
    private const int MaxBytes = 96 * 1024 * 1024;

    /// <summary>
    /// How long nothing may arrive before a request is given up, up to the first byte and between any two reads. 30
    /// seconds: a limit on silence and not on the whole, so that a slow line gets its page in the end. Before the answer
    /// to edits it is longer by a second for each 4 KiB of them. Between two events of a stream there is no limit here.
    /// <see cref="HttpClient.Timeout"/> holds besides, until the headers are there.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// By how many bytes a page may exceed the size that was asked for. 15 MiB: a page may by one row, and a row larger
    /// than that is none; it is read no further than this, whatever the server sends.
    /// </summary>
    public int MaxExcessBytes { get; init; } = 15 * 1024 * 1024;

    /// <summary>
    /// The largest answer to edits that is read, in bytes. 16 MiB: it holds one page, in base64, which servers keep to 4
    /// MiB unless they are told otherwise.
    /// </summary>
    public int MaxPushAnswerBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// The largest event of a stream that is read, in bytes. 16 MiB: an event holds one page, in base64, and servers
    /// send none of more than 1 MiB unless they are told otherwise.
    /// </summary>
    public int MaxEventBytes { get; init; } = 16 * 1024 * 1024;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(IdleTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxExcessBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxPushAnswerBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxPushAnswerBytes, MaxBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxEventBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxEventBytes, MaxBytes);
    }
}
