using Polly.Retry;

namespace Collection.Query.Caching;

/// <summary>A change of something that queries show. Unlike those of queries, its functions are called without a lock.</summary>
/// <typeparam name="TVariables">What it is given at each run.</typeparam>
/// <typeparam name="TResult">What it returns.</typeparam>
public sealed record MutationOptions<TVariables, TResult>
{
    /// <summary>Makes the change.</summary>
    public required Func<TVariables, CancellationToken, Task<TResult>> Mutate { get; init; }

    /// <summary>Shows the change before it is made: called at once, also offline, to change cached data, which is taken back if the mutation fails.</summary>
    public Action<OptimisticUpdate, TVariables>? Optimistic { get; init; }

    /// <summary>Called after success, before the mutation says so. An exception of it is one of the mutation.</summary>
    public Func<TResult, TVariables, Task>? OnSuccess { get; init; }

    /// <summary>Called after failure, once what was shown has been taken back.</summary>
    public Func<Exception, TVariables, Task>? OnError { get; init; }

    /// <summary>Prefixes of the keys that are out of date when the mutation has ended; after a failure too, since the server may have done it and not been able to say so. What <see cref="Optimistic"/> has changed always is.</summary>
    public Func<TVariables, IReadOnlyList<QueryKey>>? Invalidates { get; init; }

    /// <summary>Mutations of one scope run one after the other, in the order in which they were begun. Null runs at once.</summary>
    public string? Scope { get; init; }

    /// <summary>How a failed run is tried again; null is not at all.</summary>
    public RetryStrategyOptions? Retry { get; init; }

    /// <summary>What the network means; null is what it means to the client.</summary>
    public NetworkMode? NetworkMode { get; init; }
}
