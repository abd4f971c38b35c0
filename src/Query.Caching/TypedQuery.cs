namespace Collection.Query.Caching;

/// <summary>
/// A query in the cache: its state, its one fetch, and who observes it. Every member is called within a change of the
/// client's state (<see cref="StateLock"/>), but for the properties that <see cref="CachedQuery"/> shows.
/// </summary>
internal sealed class TypedQuery<T> : CachedQuery
{
    private readonly QueryClient _client;
    private readonly HashSet<IQueryWatcher<T>> _watchers = [];
    private readonly QueryState<T> _initial;
    private readonly ITimer _collection;
    private readonly StoredCopy<T> _stored;
    private bool _isStoredRead;
    private QueryOptions<T>? _options;
    private QueryFetch<T>? _fetch;
    private TaskCompletionSource<QueryState<T>>? _settled;
    private TimeSpan _gcTime;
    private int _awaiting;

    public TypedQuery(QueryClient client, QueryKey key, QueryOptions<T>? options)
        : base(key)
    {
        _client = client;
        _options = options;
        _stored = new StoredCopy<T>(client, key);
        _gcTime = options?.GcTime ?? client.Options.GcTime;
        State = _initial = QueryState<T>.Initial(options, client.Now);
        _collection = client.TimeProvider.CreateTimer(static query => ((TypedQuery<T>)query!).Collect(), this, _gcTime, Timeout.InfiniteTimeSpan);
    }

    public QueryState<T> State { get; private set; }

    public override QueryStatus Status => State.Status;

    public override FetchStatus FetchStatus => State.FetchStatus;

    public override object? Data => State.Data;

    public override DateTimeOffset? UpdatedAt => State.UpdatedAt;

    public override int FailureCount => State.FailureCount;

    public override int ObserverCount => _watchers.Count;

    public override bool IsActive
    {
        get
        {
            using (_client.Lock.Enter())
                return _watchers.Any(watcher => watcher.Options.Enabled);
        }
    }

    public override bool IsStale
    {
        get
        {
            using (_client.Lock.Enter())
                return _watchers.Count > 0 ? _watchers.Any(watcher => IsStaleFor(watcher.Options)) : !State.HasData || State.IsInvalidated;
        }
    }

    private protected override Exception? LastError => State.Error;

    public bool IsStaleFor(QueryOptions<T> options) => State.FreshFor(options.StaleTime ?? _client.Options.StaleTime, _client.Now) is null;

    /// <summary>Takes over what the latest of those who use the query says of it.</summary>
    public void Use(QueryOptions<T> options)
    {
        _options = options;
        _gcTime = Longer(_gcTime, options.GcTime ?? _client.Options.GcTime);
        if (!State.HasData && options.InitialData is not null)
        {
            var initial = QueryState<T>.Initial(options, _client.Now);
            Change(State.WithData(initial.Data!, initial.UpdatedAt!.Value));
        }
    }

    public void Add(IQueryWatcher<T> watcher)
    {
        _watchers.Add(watcher);
        _collection.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Use(watcher.Options);
    }

    public void Remove(IQueryWatcher<T> watcher)
    {
        if (_watchers.Remove(watcher))
            LeaveIfUnwanted();
    }

    /// <summary>Fetches, or joins the fetch that is under way; <paramref name="restart"/> has that one replaced.</summary>
    public void Fetch(QueryOptions<T> options, bool restart)
    {
        Use(options);
        if (_fetch is not null && !restart)
            return;
        // What was there before the first of several restarts is what a cancellation goes back to.
        var before = _fetch?.Before ?? State;
        _fetch?.Abandon();
        // Once: data that is gone from the cache later is gone for a reason.
        var stored = State.HasData || _isStoredRead ? null : options.Persistence;
        _isStoredRead |= stored is not null;
        _fetch = new QueryFetch<T>(_client, this, options, before) { Stored = stored is null ? null : token => _stored.ReadAsync(stored, token) };
        Change(State.Begun(_client.CanStart(options.NetworkMode) ? FetchStatus.Fetching : FetchStatus.Paused));
        _client.Lock.Afterwards(_fetch.Start);
    }

    /// <summary>Sets data by hand. A fetch that is under way goes on and has the last word; where it is cancelled, what was set stays.</summary>
    public void Set(T data, DateTimeOffset updatedAt)
    {
        Change(State.WithData(Shared(data), updatedAt));
        if (_fetch is not null)
            _fetch.Before = State;
    }

    /// <summary>Back to a state of before, but for what a fetch is doing.</summary>
    public void Restore(QueryState<T> former)
    {
        Change(former with { FetchStatus = State.FetchStatus, FailureCount = State.FailureCount, FailureReason = State.FailureReason });
        if (_fetch is not null)
            _fetch.Before = State;
    }

    /// <summary>Counts one who waits for the outcome, whatever observers do, until <see cref="StopAwaiting"/>.</summary>
    public void Await() => _awaiting++;

    public void StopAwaiting()
    {
        _awaiting--;
        LeaveIfUnwanted();
    }

    /// <summary>The state in which the fetch under way ends; of a cancelled one, the state it went back to.</summary>
    public Task<QueryState<T>> OutcomeAsync() =>
        _fetch is null ? Task.FromResult(State) : (_settled ??= new TaskCompletionSource<QueryState<T>>()).Task;

    // A paused fetch may wait for hours: nobody is kept waiting for it who has not asked for its data.
    internal override Task SettledAsync() => State.FetchStatus == FetchStatus.Fetching ? OutcomeAsync() : Task.CompletedTask;

    internal override void Invalidate()
    {
        _fetch?.Outdate();
        if (!State.IsInvalidated)
            Change(State with { IsInvalidated = true });
    }

    internal override void Refetch(bool restart)
    {
        if (_watchers.FirstOrDefault(watcher => watcher.Options.Enabled) is { } watcher)
            Fetch(watcher.Options, restart);
    }

    internal override void Cancel()
    {
        if (_fetch is not { } fetch)
            return;
        fetch.Abandon();
        End(fetch.Before with { FetchStatus = FetchStatus.Idle, IsInvalidated = fetch.Before.IsInvalidated || State.IsInvalidated });
    }

    internal override void Reset()
    {
        _fetch?.Abandon();
        End(_initial);
    }

    internal override void RefetchOn(Occasion occasion)
    {
        if (_watchers.FirstOrDefault(watcher => Uses(watcher.Options, occasion)) is { } watcher)
            Fetch(watcher.Options, restart: false);
    }

    internal override void PageChanged()
    {
        foreach (var watcher in _watchers)
            watcher.PageChanged();
    }

    internal override void Release()
    {
        _fetch?.Abandon();
        if (_fetch is not null)
            End(_fetch.Before with { FetchStatus = FetchStatus.Idle });
        _collection.Dispose();
    }

    internal override void ForgetStored()
    {
        if (_options?.Persistence is { } persistence)
            _stored.Remove(persistence);
    }

    // What a fetch tells. One that was abandoned has no say any more.

    /// <summary>Shows what was kept, as old as it is, unless something newer has come.</summary>
    /// <returns>Whether that is fresh, so that nothing has to be fetched.</returns>
    internal bool Found(QueryFetch<T> fetch, T data, DateTimeOffset updatedAt, QueryOptions<T> options)
    {
        if (_fetch != fetch)
            return true;
        if (!State.HasData)
        {
            fetch.Before = State.WithData(data, updatedAt) with { FetchStatus = FetchStatus.Idle };
            if (fetch.Before.FreshFor(options.StaleTime ?? _client.Options.StaleTime, _client.Now) is not null && !fetch.IsOutdated)
            {
                End(fetch.Before);
                return true;
            }

            Change(fetch.Before with { FetchStatus = State.FetchStatus });
        }

        return false;
    }

    internal void Paused(QueryFetch<T> fetch, bool isPaused)
    {
        if (_fetch == fetch)
            Change(State with { FetchStatus = isPaused ? FetchStatus.Paused : FetchStatus.Fetching });
    }

    internal void TryFailed(QueryFetch<T> fetch, Exception reason)
    {
        if (_fetch == fetch)
            Change(State with { FailureCount = State.FailureCount + 1, FailureReason = reason });
    }

    internal void Succeeded(QueryFetch<T> fetch, T data)
    {
        if (_fetch != fetch)
            return;
        End(State.WithData(Shared(data), _client.Now) with { FetchStatus = FetchStatus.Idle, FailureCount = 0, FailureReason = null, IsInvalidated = fetch.IsOutdated });
        if (_options?.Persistence is { } persistence)
            _stored.Write(persistence, State.Data!, _client.Now);
    }

    internal void Failed(QueryFetch<T> fetch, Exception error)
    {
        // Data that could not be fetched again counts as stale, so that the next occasion is used.
        if (_fetch == fetch)
            End(State with { Status = QueryStatus.Error, Error = error, FetchStatus = FetchStatus.Idle, IsInvalidated = true });
    }

    private void End(QueryState<T> state)
    {
        _fetch = null;
        Change(state);
        if (_settled is { } settled)
        {
            _settled = null;
            _client.Lock.Afterwards(() => settled.SetResult(state));
        }

        CollectLater();
    }

    private void Change(QueryState<T> state)
    {
        if (ReferenceEquals(State, state))
            return;
        State = state;
        foreach (var watcher in _watchers)
            watcher.QueryChanged();
        _client.Tell(this);
    }

    private T Shared(T data) => State.HasData ? (_options?.Share ?? StructuralSharing.Whole)(State.Data!, data) : data;

    private bool Uses(QueryOptions<T> options, Occasion occasion)
    {
        var mode = occasion == Occasion.Focus ? options.RefetchOnFocus
            : options.RefetchOnReconnect ?? ((options.NetworkMode ?? _client.Options.NetworkMode) == NetworkMode.Always ? RefetchMode.Never : RefetchMode.Stale);
        return options.Enabled && mode switch
        {
            RefetchMode.Always => true,
            RefetchMode.Stale => IsStaleFor(options),
            _ => false,
        };
    }

    private void LeaveIfUnwanted()
    {
        if (_watchers.Count > 0 || _awaiting > 0)
            return;
        Cancel();
        CollectLater();
    }

    private void CollectLater()
    {
        if (_watchers.Count == 0)
            _collection.Change(_gcTime, Timeout.InfiniteTimeSpan);
    }

    private void Collect()
    {
        // A fetch that is under way begins the time anew when it ends.
        using (_client.Lock.Enter())
        {
            if (_watchers.Count == 0 && _awaiting == 0 && _fetch is null)
                _client.Drop(this);
        }
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) =>
        one == Timeout.InfiniteTimeSpan || other == Timeout.InfiniteTimeSpan ? Timeout.InfiniteTimeSpan : one > other ? one : other;
}

/// <summary>An observer as its query sees it. Called within a change of the client's state.</summary>
internal interface IQueryWatcher<T>
{
    /// <summary>What the observer says of the query.</summary>
    QueryOptions<T> Options { get; }

    void QueryChanged();

    /// <summary>The page was hidden or shown.</summary>
    void PageChanged();
}
