namespace Collection.Query.Caching;

/// <summary>
/// Changes of cached data that are shown while a mutation is under way. If it fails they are taken back, but for data
/// that something else has written since. When the mutation has ended, what was changed is fetched again.
/// </summary>
public sealed class OptimisticUpdate
{
    private readonly QueryClient _client;
    private readonly List<QueryKey> _keys = [];
    private readonly Stack<Action> _former = [];

    internal OptimisticUpdate(QueryClient client) => _client = client;

    /// <summary>Changes data that is there, and ends a fetch of it, which would bring the data of before. Does nothing where there is none.</summary>
    /// <typeparam name="T">The type of the data.</typeparam>
    /// <param name="key">The query's key.</param>
    /// <param name="change">Makes the new data of the old, which it must not change. Called while the cache is locked.</param>
    /// <exception cref="InvalidOperationException">The key is that of a query of another type.</exception>
    public void Set<T>(QueryKey key, Func<T, T> change)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(change);
        using (_client.Lock.Enter())
        {
            if (_client.Find<T>(key) is not { State.HasData: true } query)
                return;
            query.Cancel();
            var before = query.State;
            query.Set(change(before.Data!), _client.Now);
            var shown = query.State.Data!;
            _keys.Add(key);
            _client.Optimistic.Begin(key);
            _former.Push(() =>
            {
                if (query.State.HasData && EqualityComparer<T>.Default.Equals(query.State.Data, shown))
                    query.Restore(before);
            });
        }
    }

    /// <summary>Takes everything back, the last change first.</summary>
    internal void RollBack()
    {
        using (_client.Lock.Enter())
        {
            while (_former.TryPop(out var restore))
                restore();
        }
    }

    /// <summary>Has what was changed fetched again, but for what another mutation is still showing: the one that ends last does it.</summary>
    internal void Settle()
    {
        using (_client.Lock.Enter())
        {
            foreach (var key in _keys.Where(_client.Optimistic.End))
                _ = _client.InvalidateAsync(key, query => query.Key == key);
        }
    }
}

/// <summary>How many mutations that are under way have changed the data of a key.</summary>
internal sealed class OptimisticKeys
{
    private readonly Dictionary<QueryKey, int> _counts = [];

    public void Begin(QueryKey key) => _counts[key] = _counts.GetValueOrDefault(key) + 1;

    /// <summary>Whether it was the last.</summary>
    public bool End(QueryKey key)
    {
        var count = _counts[key] - 1;
        if (count == 0)
            return _counts.Remove(key);
        _counts[key] = count;
        return false;
    }
}
