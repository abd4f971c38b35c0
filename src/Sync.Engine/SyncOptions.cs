using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine;

/// <summary>How a collection is synced. The defaults suit a browser tab.</summary>
public sealed record SyncOptions
{
    // Timers count milliseconds in 32 bits; a day is beyond any use and far within them.
    internal static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    /// <summary>
    /// The size in bytes that pages are asked for. 1 MiB: a transaction of that size is where IndexedDB's throughput
    /// levels off, it arrives within a second on a slow line, and losing one to a crash costs little.
    /// </summary>
    public int PageBytes { get; init; } = 1024 * 1024;

    /// <summary>
    /// The size in bytes above which a page is refused. 16 MiB: a page may exceed what was asked for by one row, and a
    /// phone can still hold two of these (one being stored, one on its way).
    /// </summary>
    public int MaxPageBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// How many pages in a row may bring nothing and yet say that more is to come. 100: a server that filters may pass
    /// over long stretches of other people's rows, but an endless run of nothing is a fault.
    /// </summary>
    public int MaxEmptyPages { get; init; } = 100;

    /// <summary>
    /// The time between pulls once the collection is up to date, at most a day; <see cref="Timeout.InfiniteTimeSpan"/>
    /// to pull only when asked. One minute: the net beneath live events, at the price of a few hundred bytes.
    /// </summary>
    public TimeSpan PullInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The longest wait after a first failure; it doubles with each one that follows. One second: most failures are a
    /// server that restarts or a network that changes, and are over by then.
    /// </summary>
    public TimeSpan FirstRetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The longest wait after any failure. One minute: a person who looks again finds the data fresh, and a server that
    /// comes back is not run over.
    /// </summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromMinutes(1);

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(PageBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPageBytes, PageBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxPageBytes, PageHeader.MaxByteLength);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxEmptyPages);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(FirstRetryDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRetryDelay, FirstRetryDelay);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxRetryDelay, LongestWait);
        if (PullInterval == Timeout.InfiniteTimeSpan)
            return;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(PullInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(PullInterval, LongestWait);
    }
}
