using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine;

/// <summary>
/// How long to wait after failures in a row: exponential with full jitter, longer where the server asks for it.
/// Source: aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter.
/// </summary>
internal sealed class Backoff(SyncOptions options, Random random)
{
    private int _failures;

    /// <summary>Something has worked: the next failure is a first one.</summary>
    public void Clear() => _failures = 0;

    /// <summary>The wait after one more failure.</summary>
    public TimeSpan Next(Exception? failure = null)
    {
        var ceiling = Math.Min(options.FirstRetryDelay.Ticks * Math.Pow(2, _failures++), options.MaxRetryDelay.Ticks);
        // The jitter comes on top of what the server asks for, or all whom it told the same come back together.
        return Wish(failure) + new TimeSpan((long)(ceiling * random.NextDouble()));
    }

    private static TimeSpan Wish(Exception? failure)
    {
        var wish = (failure as SyncTransportException)?.RetryAfter ?? TimeSpan.Zero;
        return wish < TimeSpan.Zero ? TimeSpan.Zero : wish > SyncOptions.LongestWait ? SyncOptions.LongestWait : wish;
    }
}
