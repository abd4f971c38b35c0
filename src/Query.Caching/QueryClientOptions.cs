using Polly.Retry;

namespace Collection.Query.Caching;

/// <summary>What holds for all queries and mutations of a client that do not say otherwise.</summary>
public sealed record QueryClientOptions
{
    /// <summary>How long data counts as fresh. 0 by default, as in TanStack Query: every occasion to fetch again is used.</summary>
    public TimeSpan StaleTime { get; init; } = TimeSpan.Zero;

    /// <summary>How long data that nobody observes is kept. 5 minutes by default, as in TanStack Query: back and forth between pages shows data at once.</summary>
    public TimeSpan GcTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How a failed fetch is tried again.</summary>
    public RetryStrategyOptions Retry { get; init; } = QueryRetry.Default();

    /// <summary>What the network means.</summary>
    public NetworkMode NetworkMode { get; init; } = NetworkMode.Online;
}
