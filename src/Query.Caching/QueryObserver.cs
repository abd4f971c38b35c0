namespace Collection.Query.Caching;

/// <summary>
/// Shows a query for as long as it lives: fetches when there is an occasion, and tells of changes. Of those alone that
/// its user reads: who has read <see cref="Data"/> and nothing else is not told that a fetch began. Until something has
/// been read, of all. Members may be called on any thread.
/// </summary>
/// <typeparam name="TData">The type of what is shown.</typeparam>
public abstract class QueryObserver<TData> : IDisposable
{
    private volatile QueryResult<TData> _current = new();
    private int _read;

    private protected QueryObserver()
    {
    }

    /// <summary>Something that has been read is not what it was. Raised on the thread on which it happened; several changes at once are told once. A handler must not throw.</summary>
    public event Action? Changed;

    /// <summary>Everything at this moment. Who reads this is told of every change.</summary>
    public QueryResult<TData> Current => Read(ResultParts.All);

    /// <summary>The data, or the type's default.</summary>
    public TData? Data => Read(ResultParts.Data).Data;

    /// <summary>Whether <see cref="Data"/> is there.</summary>
    public bool HasData => Read(ResultParts.Data).HasData;

    /// <summary>What is known of the data.</summary>
    public QueryStatus Status => Read(ResultParts.Status).Status;

    /// <summary>What is being done about it.</summary>
    public FetchStatus FetchStatus => Read(ResultParts.FetchStatus).FetchStatus;

    /// <summary>Whether it is being fetched, for the first time or again.</summary>
    public bool IsFetching => FetchStatus == FetchStatus.Fetching;

    /// <summary>Whether it is being fetched for the first time.</summary>
    public bool IsLoading => IsFetching && Status == QueryStatus.Pending;

    /// <summary>Why the last fetch failed; null since it succeeded.</summary>
    public Exception? Error => Read(ResultParts.Error).Error;

    /// <summary>When the data came.</summary>
    public DateTimeOffset? UpdatedAt => Read(ResultParts.UpdatedAt).UpdatedAt;

    /// <summary>Whether the data has outlived its stale time, was invalidated, or is not there.</summary>
    public bool IsStale => Read(ResultParts.IsStale).IsStale;

    /// <summary>Whether the data is only shown until there is some.</summary>
    public bool IsPlaceholder => Read(ResultParts.IsPlaceholder).IsPlaceholder;

    /// <summary>Tries that have failed since the last fetch began.</summary>
    public int FailureCount => Read(ResultParts.Failures).FailureCount;

    /// <summary>Why the last try failed.</summary>
    public Exception? FailureReason => Read(ResultParts.Failures).FailureReason;

    /// <summary>Shows something else from now on, or the same with other options. Cheap where nothing is new, so it can be called with each rendering.</summary>
    /// <param name="definition">What to show; of the same types as before.</param>
    /// <exception cref="ArgumentException">It is made of a query of another type.</exception>
    public abstract void Show(QueryDefinition<TData> definition);

    /// <summary>Fetches again, fresh or not; a fetch of data that is there already is begun anew.</summary>
    /// <returns>What there is when the fetch has ended, be it with an error.</returns>
    public abstract Task<QueryResult<TData>> RefetchAsync();

    /// <summary>Observes no longer. With the last observer goes the fetch that is under way.</summary>
    public abstract void Dispose();

    /// <summary>The result as it is, without counting as read.</summary>
    private protected QueryResult<TData> Latest => _current;

    /// <summary>Takes a result over, and says whether somebody has to be told.</summary>
    private protected bool Replace(QueryResult<TData> next)
    {
        var difference = next.DifferenceTo(_current);
        if (difference == ResultParts.None)
            return false;
        _current = next;
        return _read == 0 || ((int)difference & _read) != 0;
    }

    private protected void RaiseChanged() => Changed?.Invoke();

    private QueryResult<TData> Read(ResultParts parts)
    {
        Interlocked.Or(ref _read, (int)parts);
        return _current;
    }
}
