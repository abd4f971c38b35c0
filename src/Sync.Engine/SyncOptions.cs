using System.Runtime.CompilerServices;
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
    /// The time between pulls while live events arrive, at most a day; <see cref="Timeout.InfiniteTimeSpan"/> to pull only
    /// when asked. One minute: the net beneath the events, at the price of a few hundred bytes.
    /// </summary>
    public TimeSpan PullInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The time between pulls while no events arrive, with the same bounds. 15 seconds: people take data of that age for
    /// current, and a proxy that lets no stream through is not made to suffer for it.
    /// </summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The shortest time from the end of a pull to the next one, however often it is asked for. 100 ms: not to be felt,
    /// and a server that says "there is more" without end gets ten requests a second and not a thousand.
    /// </summary>
    public TimeSpan MinPullGap { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long a stream of events may be silent before it is opened anew. 30 seconds: three of the server's pings.
    /// </summary>
    public TimeSpan StreamSilence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long to do without a stream that the server does not offer. Five minutes: whoever changes networks, or
    /// whose server is upgraded, gets live rows without reloading.
    /// </summary>
    public TimeSpan StreamRetryInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The largest number of edits sent at once, at most 500, which is what servers take. 200: an answer within a frame
    /// or two, and one lost to a broken line is soon repeated.
    /// </summary>
    public int PushCount { get; init; } = 200;

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
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(PushCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(PushCount, 500);
        ArgumentOutOfRangeException.ThrowIfLessThan(MinPullGap, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MinPullGap, LongestWait);
        CheckInterval(StreamSilence);
        CheckInterval(StreamRetryInterval);
        CheckInterval(PullInterval);
        CheckInterval(PollInterval);
    }

    private static void CheckInterval(TimeSpan interval, [CallerArgumentExpression(nameof(interval))] string? name = null)
    {
        if (interval == Timeout.InfiniteTimeSpan)
            return;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(interval, LongestWait, name);
    }
}
