using Polly.Retry;

namespace Collection.Query.Caching;

/// <summary>What an observer shows: the data of a query (<see cref="QueryOptions{T}"/>), or something made of it (<see cref="QueryOptions{T}.Select"/>).</summary>
/// <typeparam name="TData">The type of what is shown.</typeparam>
public abstract record QueryDefinition<TData>
{
    private protected QueryDefinition()
    {
    }

    internal abstract QueryObserver<TData> Observe(QueryClient client);
}

/// <summary>
/// A query: where its data comes from, under which key it is kept, and when it is fetched. Where an option is null, the
/// client's holds. All times are not negative; <see cref="Timeout.InfiniteTimeSpan"/> is for ever.
/// </summary>
/// <remarks>
/// Functions but <see cref="Fetch"/> are called while the cache is locked, on any thread: they compute from what
/// they are given, quickly, and touch nothing else.
/// </remarks>
/// <typeparam name="T">The type of the data, best a record: data that is fetched again and is equal stays the object that it is. It must not be changed.</typeparam>
public sealed record QueryOptions<T> : QueryDefinition<T>
{
    /// <summary>The key. All queries of equal keys share data and fetches, and so are of one type.</summary>
    public required QueryKey Key { get; init; }

    /// <summary>
    /// Fetches the data. Its token is cancelled when nobody wants the data any more; what comes later is ignored. It is
    /// called on the thread of whatever caused the fetch: a timer's in Blazor Server, so it touches no component.
    /// </summary>
    public required Func<CancellationToken, Task<T>> Fetch { get; init; }

    /// <summary>Whether the observer fetches by itself. False while something that the query depends on is not there yet; <see cref="QueryObserver{TData}.RefetchAsync"/> fetches regardless.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>How long data counts as fresh.</summary>
    public TimeSpan? StaleTime { get; init; }

    /// <summary>How long data that nobody observes is kept. Of several observers' the longest holds.</summary>
    public TimeSpan? GcTime { get; init; }

    /// <summary>The time from one fetch to the next, from the state now: a constant, <c>_ => TimeSpan.FromSeconds(2)</c>, or one that ends, by null: <c>run => run.Data is { IsOver: true } ? null : TimeSpan.FromSeconds(2)</c>.</summary>
    public Func<QueryResult<T>, TimeSpan?>? RefetchInterval { get; init; }

    /// <summary>Whether polling goes on while the page is hidden.</summary>
    public bool RefetchInBackground { get; init; }

    /// <summary>What an observer does that finds data.</summary>
    public RefetchMode RefetchOnMount { get; init; }

    /// <summary>What happens when the page becomes visible.</summary>
    public RefetchMode RefetchOnFocus { get; init; }

    /// <summary>What happens when the network is back; null means stale data is fetched again unless the query does without a network.</summary>
    public RefetchMode? RefetchOnReconnect { get; init; }

    /// <summary>How a failed fetch is tried again: Polly's options, or <see cref="QueryRetry.None"/>. Keep the object: what is made of it is kept with it.</summary>
    public RetryStrategyOptions? Retry { get; init; }

    /// <summary>What the network means.</summary>
    public NetworkMode? NetworkMode { get; init; }

    /// <summary>Data to begin with, as if it had been fetched: it is cached, and fetched again when it is stale.</summary>
    public Func<T>? InitialData { get; init; }

    /// <summary>When <see cref="InitialData"/> was true; null is now.</summary>
    public DateTimeOffset? InitialDataUpdatedAt { get; init; }

    /// <summary>What this observer shows until there is data. It is not cached.</summary>
    public Func<T>? PlaceholderData { get; init; }

    /// <summary>Whether the data of the key observed before is shown until there is data of this one, rather than <see cref="PlaceholderData"/>.</summary>
    public bool KeepPreviousData { get; init; }

    /// <summary>Where the data is kept beyond the life of the cache; null for nowhere.</summary>
    public QueryPersistence<T>? Persistence { get; init; }

    /// <summary>Makes the data to be kept of the data that was there and the data that has come. Null is <see cref="StructuralSharing.Whole"/>.</summary>
    public Func<T, T, T>? Share { get; init; }

    /// <summary>Shows something made of the data: observers are told when that changes, and not when only the rest does.</summary>
    /// <typeparam name="TData">The type of what is shown.</typeparam>
    /// <param name="select">Makes it. Called when the data or the function has changed. An exception of it shows as the observer's error.</param>
    /// <param name="share">Keeps what of the former is equal; null is <see cref="StructuralSharing.Whole"/>.</param>
    public QueryDefinition<TData> Select<TData>(Func<T, TData> select, Func<TData, TData, TData>? share = null)
    {
        ArgumentNullException.ThrowIfNull(select);
        return new SelectedQuery<T, TData>(this, select, share ?? StructuralSharing.Whole);
    }

    internal override QueryObserver<T> Observe(QueryClient client) => Unselected().Observe(client);

    internal SelectedQuery<T, T> Unselected() => new(this, static data => data, static (_, next) => next);
}

/// <summary>A query, and what is made of its data.</summary>
internal sealed record SelectedQuery<T, TData>(QueryOptions<T> Options, Func<T, TData> Select, Func<TData, TData, TData> Share) : QueryDefinition<TData>
{
    internal override QueryObserver<TData> Observe(QueryClient client) => new SelectingObserver<T, TData>(client, this);
}
