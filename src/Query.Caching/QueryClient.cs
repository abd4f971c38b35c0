using System.Runtime.CompilerServices;
using Polly;
using Polly.Retry;

namespace Collection.Query.Caching;

/// <summary>
/// A cache of queries, and what is done with them. One for each user's session: an app in the browser has one, Blazor
/// Server one a circuit, so that nobody sees another's data.
/// </summary>
/// <remarks>
/// All members may be called on any thread: changes happen one at a time under a lock, which is never held while code
/// of the app runs, but for the functions of options. Timers and fetches go on wherever they come back, so that events
/// may be raised on any thread; on a browser's one thread there is only one.
/// </remarks>
public sealed partial class QueryClient : IDisposable
{
    private readonly QueryTree _queries = new();
    private readonly ConditionalWeakTable<RetryStrategyOptions, ResiliencePipeline> _pipelines = [];
    private readonly HashSet<Task> _mutations = [];
    private bool _wasVisible;
    private bool _wasOnline;
    private bool _isDisposed;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="timeProvider">The clock of all times and delays.</param>
    /// <param name="page">The page around it; always visible and online where null.</param>
    /// <param name="options">What holds for all.</param>
    public QueryClient(TimeProvider timeProvider, IPageState? page = null, QueryClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        TimeProvider = timeProvider;
        Page = page ?? new SteadyPageState();
        Options = options ?? new QueryClientOptions();
        (_wasVisible, _wasOnline) = (Page.IsVisible, Page.IsOnline);
        Page.Changed += OnPageChanged;
    }

    /// <summary>A query has changed, come, or gone. Raised after the change, on the thread on which it happened. A handler must not throw.</summary>
    public event Action<CachedQuery>? Changed;

    /// <summary>
    /// Data of a query could not be read from where it is kept, or written there: the app goes on without. Raised on the
    /// thread on which it happened. A handler must not throw.
    /// </summary>
    public event Action<QueryKey, Exception>? StorageFailed;

    /// <summary>What holds for all queries and mutations that do not say otherwise.</summary>
    public QueryClientOptions Options { get; }

    internal StateLock Lock { get; } = new();

    internal PauseGate Gate { get; } = new();

    internal TimeProvider TimeProvider { get; }

    internal IPageState Page { get; }

    internal MutationScopes Scopes { get; } = new();

    internal OptimisticKeys Optimistic { get; } = new();

    internal DateTimeOffset Now => TimeProvider.GetUtcNow();

    /// <summary>Forgets all queries and ends their fetches. Observers of a client that is gone show what they showed last.</summary>
    public void Dispose()
    {
        using (Lock.Enter())
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            Page.Changed -= OnPageChanged;
            foreach (var query in _queries.Below(QueryKey.All))
                Drop(query);
        }
    }

    internal CachedQuery? Find(QueryKey key) => _queries.Find(key);

    internal TypedQuery<T>? Find<T>(QueryKey key) => _queries.Find(key) switch
    {
        null => null,
        TypedQuery<T> query => query,
        var other => throw new InvalidOperationException($"The query '{key}' holds {other.GetType().GetGenericArguments()[0].Name}, and {typeof(T).Name} was asked for. Give data of another type a key of its own."),
    };

    internal TypedQuery<T> QueryOf<T>(QueryKey key, QueryOptions<T>? options)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (Find<T>(key) is { } query)
            return query;
        query = new TypedQuery<T>(this, key, options);
        _queries.Add(query);
        Tell(query);
        return query;
    }

    internal void Drop(CachedQuery query)
    {
        if (_queries.Find(query.Key) == query)
            _queries.Remove(query.Key);
        query.Release();
        Tell(query);
    }

    internal void Tell(CachedQuery query)
    {
        if (Changed is { } changed)
            Lock.Afterwards(() => changed(query));
    }

    internal void TellOfStorage(QueryKey key, Exception error) => StorageFailed?.Invoke(key, error);

    internal bool CanStart(NetworkMode? mode) => (mode ?? Options.NetworkMode) != NetworkMode.Online || Page.IsOnline;

    internal bool CanGoOn(NetworkMode? mode) => Page.IsVisible && ((mode ?? Options.NetworkMode) == NetworkMode.Always || Page.IsOnline);

    internal ResiliencePipeline PipelineOf(RetryStrategyOptions retry) =>
        _pipelines.GetValue(retry, options => new ResiliencePipelineBuilder { TimeProvider = TimeProvider }.AddRetry(options).Build());

    /// <summary>Counts a mutation as under way until the task ends, which it does without an exception.</summary>
    internal void UnderWay(Task mutation)
    {
        using (Lock.Enter())
            _mutations.Add(mutation);
    }

    internal void Over(Task mutation)
    {
        using (Lock.Enter())
            _mutations.Remove(mutation);
    }

    private void OnPageChanged()
    {
        using (Lock.Enter())
        {
            var (isVisible, isOnline) = (Page.IsVisible, Page.IsOnline);
            var (isShown, isBack) = (isVisible && !_wasVisible, isOnline && !_wasOnline);
            (_wasVisible, _wasOnline) = (isVisible, isOnline);
            foreach (var query in _queries.Below(QueryKey.All))
            {
                if (isShown)
                    query.RefetchOn(Occasion.Focus);
                query.PageChanged();
            }

            if (isBack)
                Reconnect();
            Lock.Afterwards(Gate.Open);
        }
    }

    private void Reconnect()
    {
        // What was changed while offline goes first: else the server's answers would undo on the screen what it has not heard of.
        if (_mutations.Count == 0)
            RefetchAll();
        else
            _ = RefetchAllAfterAsync(Task.WhenAll(_mutations));
    }

    private async Task RefetchAllAfterAsync(Task mutations)
    {
        await mutations;
        using (Lock.Enter())
            RefetchAll();
    }

    private void RefetchAll()
    {
        foreach (var query in _queries.Below(QueryKey.All))
            query.RefetchOn(Occasion.Reconnect);
    }
}
