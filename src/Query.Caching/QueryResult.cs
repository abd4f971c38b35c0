namespace Collection.Query.Caching;

/// <summary>What an observer shows at one moment.</summary>
/// <typeparam name="TData">The type of the data.</typeparam>
public sealed record QueryResult<TData>
{
    /// <summary>What is known of the data.</summary>
    public QueryStatus Status { get; init; }

    /// <summary>What is being done about it.</summary>
    public FetchStatus FetchStatus { get; init; }

    /// <summary>Whether <see cref="Data"/> is there. It stays through later failures.</summary>
    public bool HasData { get; init; }

    /// <summary>The data, or the type's default.</summary>
    public TData? Data { get; init; }

    /// <summary>Why the last fetch failed, all tries of it; null since it succeeded.</summary>
    public Exception? Error { get; init; }

    /// <summary>When the data came.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Whether the data has outlived its stale time, was invalidated, or is not there.</summary>
    public bool IsStale { get; init; }

    /// <summary>Whether the data is only shown until there is some: a placeholder, or that of the key before.</summary>
    public bool IsPlaceholder { get; init; }

    /// <summary>Tries that have failed since the last fetch began.</summary>
    public int FailureCount { get; init; }

    /// <summary>Why the last try failed.</summary>
    public Exception? FailureReason { get; init; }

    /// <summary>The parts in which another result differs.</summary>
    internal ResultParts DifferenceTo(QueryResult<TData> other) =>
        (Status != other.Status ? ResultParts.Status : 0)
        | (FetchStatus != other.FetchStatus ? ResultParts.FetchStatus : 0)
        | (HasData != other.HasData || !EqualityComparer<TData>.Default.Equals(Data, other.Data) ? ResultParts.Data : 0)
        | (!ReferenceEquals(Error, other.Error) ? ResultParts.Error : 0)
        | (UpdatedAt != other.UpdatedAt ? ResultParts.UpdatedAt : 0)
        | (IsStale != other.IsStale ? ResultParts.IsStale : 0)
        | (IsPlaceholder != other.IsPlaceholder ? ResultParts.IsPlaceholder : 0)
        | (FailureCount != other.FailureCount || !ReferenceEquals(FailureReason, other.FailureReason) ? ResultParts.Failures : 0);
}

/// <summary>Parts of a result that can be read, and can change, apart from each other.</summary>
[Flags]
internal enum ResultParts
{
    None = 0,
    Status = 1,
    FetchStatus = 2,
    Data = 4,
    Error = 8,
    UpdatedAt = 16,
    IsStale = 32,
    IsPlaceholder = 64,
    Failures = 128,
    All = 255,
}
