using Polly;
using Polly.Retry;

namespace Collection.Query.Caching;

/// <summary>How failed fetches are tried again: Polly's options, by which delays, jitter and a predicate can be given.</summary>
public static class QueryRetry
{
    /// <summary>Makes what queries do where nothing else is said: three further tries, after 1, 2 and 4 seconds, whatever the error.</summary>
    public static RetryStrategyOptions Default() => new()
    {
        MaxRetryAttempts = 3,
        Delay = TimeSpan.FromSeconds(1),
        MaxDelay = TimeSpan.FromSeconds(30),
        BackoffType = DelayBackoffType.Exponential,
        // A timeout of HttpClient is an OperationCanceledException too, which Polly would leave alone.
        ShouldHandle = static args => ValueTask.FromResult(args.Outcome.Exception is not null),
    };

    /// <summary>No further try: what mutations, and fetches and prefetches that nobody observes, do where nothing else is said.</summary>
    public static RetryStrategyOptions None { get; } = new() { ShouldHandle = static _ => ValueTask.FromResult(false) };
}
