namespace Collection.Query.Caching;

/// <summary>A query in the cache, for who looks at the cache as a whole, such as a panel for developers. Properties say how things are now, and may be read on any thread.</summary>
public abstract class CachedQuery
{
    private protected CachedQuery(QueryKey key) => Key = key;

    /// <summary>Its key.</summary>
    public QueryKey Key { get; }

    /// <summary>What is known of its data.</summary>
    public abstract QueryStatus Status { get; }

    /// <summary>What is being done about it.</summary>
    public abstract FetchStatus FetchStatus { get; }

    /// <summary>The data, or null where there is none.</summary>
    public abstract object? Data { get; }

    /// <summary>Why the last fetch failed; null since it succeeded.</summary>
    public Exception? Error => LastError;

    /// <summary>When the data came.</summary>
    public abstract DateTimeOffset? UpdatedAt { get; }

    /// <summary>Tries that have failed since the last fetch began.</summary>
    public abstract int FailureCount { get; }

    /// <summary>How many observers it has.</summary>
    public abstract int ObserverCount { get; }

    /// <summary>Whether an observer that is enabled shows it: only such queries are fetched again by what concerns many.</summary>
    public abstract bool IsActive { get; }

    /// <summary>Whether it is stale for one of its observers; without any, whether it has no data or was invalidated.</summary>
    public abstract bool IsStale { get; }

    private protected abstract Exception? LastError { get; }

    // What the client does with queries of whatever type, within a change of its state.
    internal abstract void Invalidate();

    internal abstract void Refetch(bool restart);

    internal abstract Task SettledAsync();

    internal abstract void Cancel();

    internal abstract void Reset();

    internal abstract void ForgetStored();

    internal abstract void RefetchOn(Occasion occasion);

    internal abstract void PageChanged();

    internal abstract void Release();
}

/// <summary>Something that happens to the page and may have all queries fetched again.</summary>
internal enum Occasion
{
    Focus,
    Reconnect,
}
