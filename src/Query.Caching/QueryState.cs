namespace Collection.Query.Caching;

/// <summary>All that is known of a query at one moment, whoever observes it.</summary>
internal sealed record QueryState<T>
{
    public QueryStatus Status { get; init; }

    public FetchStatus FetchStatus { get; init; }

    public bool HasData { get; init; }

    public T? Data { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    public Exception? Error { get; init; }

    public int FailureCount { get; init; }

    public Exception? FailureReason { get; init; }

    public bool IsInvalidated { get; init; }

    public static QueryState<T> Initial(QueryOptions<T>? options, DateTimeOffset now) =>
        options?.InitialData is { } initial ? new QueryState<T>().WithData(initial(), options.InitialDataUpdatedAt ?? now) : new();

    public QueryState<T> WithData(T data, DateTimeOffset updatedAt) =>
        this with { Status = QueryStatus.Success, HasData = true, Data = data, UpdatedAt = updatedAt, Error = null, IsInvalidated = false };

    public QueryState<T> Begun(FetchStatus fetchStatus) => this with
    {
        Status = HasData ? Status : QueryStatus.Pending,
        Error = HasData ? Error : null,
        FetchStatus = fetchStatus,
        FailureCount = 0,
        FailureReason = null,
    };

    /// <summary>How long the data stays fresh; null where it is stale, infinite where only an invalidation ends it.</summary>
    public TimeSpan? FreshFor(TimeSpan staleTime, DateTimeOffset now)
    {
        if (!HasData || IsInvalidated)
            return null;
        if (staleTime == Timeout.InfiniteTimeSpan)
            return staleTime;
        var age = now - UpdatedAt!.Value;
        // A clock that was set back would keep data fresh for as long as it was set back: better to fetch once too often.
        return age < TimeSpan.Zero || age >= staleTime ? null : staleTime - age;
    }
}
