namespace Collection.Query.Caching;

/// <content>What is done with one query, and with all whose keys begin alike.</content>
public sealed partial class QueryClient
{
    /// <summary>Shows a query until the observer is disposed of. Fetches at once where there is no data, or where it is stale.</summary>
    /// <typeparam name="TData">The type of what is shown.</typeparam>
    /// <param name="definition">The query, or something made of it.</param>
    /// <exception cref="InvalidOperationException">The key is that of a query of another type.</exception>
    public QueryObserver<TData> Observe<TData>(QueryDefinition<TData> definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return definition.Observe(this);
    }

    /// <summary>The data, from the cache where it is fresh, else fetched. It is not tried again on failure unless the query says how.</summary>
    /// <typeparam name="T">The type of the data.</typeparam>
    /// <param name="query">The query.</param>
    /// <param name="cancellationToken">Ends the waiting, and the fetch with it if nobody else wants the data.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled, or the fetch was.</exception>
    /// <remarks>An error of the fetch is thrown as it is.</remarks>
    public async Task<T> FetchAsync<T>(QueryOptions<T> query, CancellationToken cancellationToken)
    {
        var state = await FreshAsync(query, cancellationToken);
        if (state.Status == QueryStatus.Error)
            throw state.Error!;
        return state.HasData ? state.Data! : throw new OperationCanceledException($"The fetch of '{query.Key}' was cancelled.");
    }

    /// <summary>Fetches data ahead of its use, unless it is there and fresh. An error of the fetch is not thrown: who observes the query then will try again.</summary>
    /// <typeparam name="T">The type of the data.</typeparam>
    /// <param name="query">The query.</param>
    /// <param name="cancellationToken">Ends the waiting, and the fetch with it if nobody else wants the data.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task PrefetchAsync<T>(QueryOptions<T> query, CancellationToken cancellationToken) => FreshAsync(query, cancellationToken);

    /// <summary>Reads the cache, and nothing else.</summary>
    /// <typeparam name="T">The type of the data.</typeparam>
    /// <param name="key">The query's key.</param>
    /// <param name="data">The data, where there is some.</param>
    /// <returns>Whether there is.</returns>
    /// <exception cref="InvalidOperationException">The key is that of a query of another type.</exception>
    public bool TryGetData<T>(QueryKey key, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T data)
    {
        ArgumentNullException.ThrowIfNull(key);
        using (Lock.Enter())
        {
            var state = Find<T>(key)?.State;
            data = state is { HasData: true } ? state.Data : default;
            return state is { HasData: true };
        }
    }

    /// <summary>Puts data into the cache, as fresh as if it had been fetched now. A fetch that is under way goes on and overwrites it: <see cref="Cancel"/> it first where it would bring older data.</summary>
    /// <typeparam name="T">The type of the data.</typeparam>
    /// <param name="key">The query's key; the query need not be there yet.</param>
    /// <param name="data">The data.</param>
    /// <param name="updatedAt">When it was true; null is now.</param>
    /// <exception cref="InvalidOperationException">The key is that of a query of another type.</exception>
    public void SetData<T>(QueryKey key, T data, DateTimeOffset? updatedAt = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        using (Lock.Enter())
            QueryOf<T>(key, null).Set(data, updatedAt ?? Now);
    }

    /// <summary>Changes data that is there. Does nothing where there is none.</summary>
    /// <typeparam name="T">The type of the data.</typeparam>
    /// <param name="key">The query's key.</param>
    /// <param name="change">Makes the new data of the old, which it must not change. Called while the cache is locked.</param>
    /// <exception cref="InvalidOperationException">The key is that of a query of another type.</exception>
    public void UpdateData<T>(QueryKey key, Func<T, T> change)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(change);
        using (Lock.Enter())
        {
            if (Find<T>(key) is { State.HasData: true } query)
                query.Set(change(query.State.Data!), Now);
        }
    }

    /// <summary>Says that data is out of date: what is shown is fetched again now, begun anew where a fetch is under way, and the rest when it is shown next.</summary>
    /// <param name="prefix">What the keys begin with.</param>
    /// <param name="where">Which of these queries are meant; null is all.</param>
    /// <returns>A task that ends with the fetches, be it with errors, which the queries show.</returns>
    public Task InvalidateAsync(QueryKey prefix, Func<CachedQuery, bool>? where = null) => ChangeAsync(prefix, where, query =>
    {
        query.Invalidate();
        query.Refetch(restart: true);
    });

    /// <summary>Fetches again what is shown, fresh or not.</summary>
    /// <inheritdoc cref="InvalidateAsync"/>
    public Task RefetchAsync(QueryKey prefix, Func<CachedQuery, bool>? where = null) =>
        ChangeAsync(prefix, where, query => query.Refetch(restart: query.Data is not null));

    /// <summary>Puts queries back to how they began, with their initial data or none, and fetches what is shown.</summary>
    /// <inheritdoc cref="InvalidateAsync"/>
    public Task ResetAsync(QueryKey prefix, Func<CachedQuery, bool>? where = null) => ChangeAsync(prefix, where, query =>
    {
        query.Reset();
        query.Refetch(restart: true);
    });

    /// <summary>Ends fetches, and puts the queries back to how they were before.</summary>
    /// <param name="prefix">What the keys begin with.</param>
    /// <param name="where">Which of these queries are meant; null is all.</param>
    public void Cancel(QueryKey prefix, Func<CachedQuery, bool>? where = null) => Change(prefix, where, query => query.Cancel());

    /// <summary>Forgets queries, and what is kept of them. One that is observed stays, as it was before it had data, and is not fetched until there is an occasion.</summary>
    /// <param name="prefix">What the keys begin with.</param>
    /// <param name="where">Which of these queries are meant; null is all.</param>
    public void Remove(QueryKey prefix, Func<CachedQuery, bool>? where = null) => Change(prefix, where, query =>
    {
        query.Reset();
        query.ForgetStored();
        if (query.ObserverCount == 0)
            Drop(query);
    });

    /// <summary>The queries in the cache, in no particular order.</summary>
    /// <param name="prefix">What their keys begin with; null is all.</param>
    public IReadOnlyList<CachedQuery> Queries(QueryKey? prefix = null)
    {
        using (Lock.Enter())
            return _queries.Below(prefix ?? QueryKey.All);
    }

    /// <summary>Makes a mutation, to be run any number of times.</summary>
    /// <typeparam name="TVariables">What it is given at each run.</typeparam>
    /// <typeparam name="TResult">What it returns.</typeparam>
    /// <param name="options">What it does.</param>
    public Mutation<TVariables, TResult> CreateMutation<TVariables, TResult>(MutationOptions<TVariables, TResult> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new Mutation<TVariables, TResult>(this, options);
    }

    /// <summary>The state with fresh data, or that in which the fetch of it has ended.</summary>
    private async Task<QueryState<T>> FreshAsync<T>(QueryOptions<T> query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        TypedQuery<T> cached;
        Task<QueryState<T>> outcome;
        using (Lock.Enter())
        {
            cached = QueryOf(query.Key, query);
            if (!cached.IsStaleFor(query))
                return cached.State;
            cached.Await();
            cached.Fetch(query with { Retry = query.Retry ?? QueryRetry.None }, restart: false);
            outcome = cached.OutcomeAsync();
        }

        try
        {
            return await outcome.WaitAsync(cancellationToken);
        }
        finally
        {
            using (Lock.Enter())
                cached.StopAwaiting();
        }
    }

    private List<CachedQuery> Change(QueryKey prefix, Func<CachedQuery, bool>? where, Action<CachedQuery> change)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        using (Lock.Enter())
        {
            var queries = _queries.Below(prefix);
            if (where is not null)
                queries.RemoveAll(query => !where(query));
            queries.ForEach(change);
            return queries;
        }
    }

    private Task ChangeAsync(QueryKey prefix, Func<CachedQuery, bool>? where, Action<CachedQuery> change)
    {
        using (Lock.Enter())
            return Task.WhenAll(Change(prefix, where, change).Select(query => query.SettledAsync()));
    }
}
