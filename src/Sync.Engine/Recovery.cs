using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine;

/// <summary>What the engine does next.</summary>
/// <param name="Phase">What it says of itself meanwhile.</param>
/// <param name="Wait">How long it waits; infinite to wait for a request.</param>
/// <param name="CanBeWoken">True where a request to pull ends the wait.</param>
/// <param name="Reset">True where the store is emptied before the next pull.</param>
internal readonly record struct Step(SyncPhase Phase, TimeSpan Wait, bool CanBeWoken, bool Reset = false);

/// <summary>
/// Decides what a failure leads to: exponential backoff with full jitter, longer where the server asks for it.
/// Source: aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter.
/// </summary>
internal sealed class Recovery(SyncOptions options, Random random)
{
    private int _failures;
    private int _resets;

    /// <summary>True for failures that are part of life; any other exception is a defect and ends the run.</summary>
    public static bool Covers(Exception failure) => failure is SyncTransportException or SyncStoreException or PageFormatException;

    public void OnPageStored() => _failures = 0;

    public void OnUpToDate() => _resets = 0;

    public Step After(Exception failure) => failure switch
    {
        SyncTransportException { Failure: SyncFailure.Reset } or SyncStoreException { Failure: SyncStoreFailure.Corrupt } => Reset(),
        SyncTransportException { Failure: SyncFailure.SignedOut } => new Step(SyncPhase.SignedOut, Timeout.InfiniteTimeSpan, CanBeWoken: true),
        SyncTransportException { Failure: SyncFailure.Offline } => new Step(SyncPhase.Offline, Backoff(++_failures), CanBeWoken: true),
        SyncTransportException { Failure: SyncFailure.Retry } e => new Step(SyncPhase.BackingOff, Wish(e) + Backoff(++_failures), CanBeWoken: false),
        _ => new Step(SyncPhase.Faulted, Backoff(++_failures), CanBeWoken: true),
    };

    // A first reset goes ahead at once. Where one leads to the next, without ever getting to the end of the feed, a
    // server is at fault that must not be asked for everything over and over.
    private Step Reset() =>
        _resets++ == 0
            ? new Step(SyncPhase.Resetting, TimeSpan.Zero, CanBeWoken: false, Reset: true)
            : new Step(SyncPhase.BackingOff, Backoff(_resets - 1), CanBeWoken: false, Reset: true);

    // The jitter comes on top of what the server asks for, or all whom it told the same come back together.
    private static TimeSpan Wish(SyncTransportException failure)
    {
        var wish = failure.RetryAfter ?? TimeSpan.Zero;
        return wish < TimeSpan.Zero ? TimeSpan.Zero : wish > SyncOptions.LongestWait ? SyncOptions.LongestWait : wish;
    }

    private TimeSpan Backoff(int failures)
    {
        var ceiling = Math.Min(options.FirstRetryDelay.Ticks * Math.Pow(2, failures - 1), options.MaxRetryDelay.Ticks);
        return new TimeSpan((long)(ceiling * random.NextDouble()));
    }
}
