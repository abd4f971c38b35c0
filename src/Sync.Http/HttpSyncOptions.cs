namespace Collection.Sync.Http;

/// <summary>Limits of <see cref="HttpSyncTransport"/>.</summary>
public sealed record HttpSyncOptions
{
    /// <summary>
    /// How long nothing may arrive before a request is given up, up to the first byte and between any two reads. 30
    /// seconds: a limit on silence and not on the whole, so that a slow line gets its page in the end.
    /// <see cref="HttpClient.Timeout"/> holds besides, until the headers are there.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// By how many bytes a page may exceed the size that was asked for. 15 MiB: a page may by one row, and a row larger
    /// than that is none; it is read no further than this, whatever the server sends.
    /// </summary>
    public int MaxExcessBytes { get; init; } = 15 * 1024 * 1024;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(IdleTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxExcessBytes);
    }
}
