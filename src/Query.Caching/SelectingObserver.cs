namespace Collection.Query.Caching;

/// <summary>An observer of a query of <typeparamref name="T"/> that shows what a function makes of it. Its timers say when data becomes stale, and when to poll.</summary>
internal sealed class SelectingObserver<T, TData> : QueryObserver<TData>, IQueryWatcher<T>
{
    private readonly QueryClient _client;
    private readonly Action _tell;
    private readonly Action _follow;
    private readonly Action _poll;
    private readonly Selection<T, TData> _selection = new();
    private SelectedQuery<T, TData> _shown;
    private TypedQuery<T> _query;
    private QueryResult<TData>? _previous;
    private ITimer? _staleTimer;
    private ITimer? _pollTimer;
    private DateTimeOffset _pollFrom;
    private bool _isTelling;
    private bool _isDisposed;

    public SelectingObserver(QueryClient client, SelectedQuery<T, TData> shown)
    {
        _client = client;
        _shown = shown;
        (_tell, _follow, _poll) = (Tell, Follow, Poll);
        using (client.Lock.Enter())
        {
            _query = client.QueryOf(Options.Key, Options);
            _pollFrom = client.Now;
            _query.Add(this);
            if (Options.Enabled && WantsFetchOnMount())
                _query.Fetch(Options, restart: false);
            Follow();
        }
    }

    public QueryOptions<T> Options => _shown.Options;

    public override void Show(QueryDefinition<TData> definition)
    {
        var next = definition switch
        {
            SelectedQuery<T, TData> selected => selected,
            QueryOptions<TData> options when options.Unselected() is SelectedQuery<T, TData> whole => whole,
            _ => throw new ArgumentException($"The observer shows a query of {typeof(T).Name}, and this definition is of another type. Observe it with an observer of its own.", nameof(definition)),
        };
        using (_client.Lock.Enter())
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var former = _shown.Options;
            _shown = next;
            var isOther = former.Key != Options.Key || _client.Find(Options.Key) != _query;
            if (isOther)
                MoveTo(_client.QueryOf(Options.Key, Options));
            else
                _query.Use(Options);
            if (Options.Enabled && (isOther || !former.Enabled) && WantsFetchOnMount())
                _query.Fetch(Options, restart: false);
            Follow();
        }
    }

    public override async Task<QueryResult<TData>> RefetchAsync()
    {
        Task outcome;
        using (_client.Lock.Enter())
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _query.Fetch(Options, restart: _query.State.HasData);
            outcome = _query.OutcomeAsync();
        }

        await outcome;
        return Latest;
    }

    public override void Dispose()
    {
        using (_client.Lock.Enter())
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            _staleTimer?.Dispose();
            _pollTimer?.Dispose();
            _query.Remove(this);
        }
    }

    void IQueryWatcher<T>.QueryChanged()
    {
        // The next poll is due an interval after the last thing that happened, so that slow answers do not pile up.
        _pollFrom = _client.Now;
        Follow();
    }

    void IQueryWatcher<T>.PageChanged() => ArmPoll();

    private bool WantsFetchOnMount() => !_query.State.HasData || Options.RefetchOnMount switch
    {
        RefetchMode.Always => true,
        RefetchMode.Stale => _query.IsStaleFor(Options),
        _ => false,
    };

    private void MoveTo(TypedQuery<T> query)
    {
        if (Latest is { HasData: true, IsPlaceholder: false })
            _previous = Latest;
        var former = _query;
        _query = query;
        _pollFrom = _client.Now;
        query.Add(this);
        former.Remove(this);
    }

    private void Follow()
    {
        if (Replace(Result()) && !_isTelling)
        {
            _isTelling = true;
            _client.Lock.Afterwards(_tell);
        }

        ArmStale();
        ArmPoll();
    }

    private void Tell()
    {
        using (_client.Lock.Enter())
        {
            _isTelling = false;
            if (_isDisposed)
                return;
        }

        RaiseChanged();
    }

    private QueryResult<TData> Result()
    {
        var state = _query.State;
        var result = new QueryResult<TData>
        {
            Status = state.Status,
            FetchStatus = state.FetchStatus,
            Error = state.Error,
            UpdatedAt = state.UpdatedAt,
            IsStale = _query.IsStaleFor(Options),
            FailureCount = state.FailureCount,
            FailureReason = state.FailureReason,
        };
        if (state.HasData)
            return _selection.Apply(_shown, state.Data!, result);
        if (state.Status != QueryStatus.Pending)
            return result;
        if (Options.KeepPreviousData && _previous is { } previous)
            return result with { Status = QueryStatus.Success, HasData = true, Data = previous.Data, IsPlaceholder = true };
        return Options.PlaceholderData is { } placeholder
            ? _selection.Apply(_shown, placeholder(), result with { Status = QueryStatus.Success, IsPlaceholder = true })
            : result;
    }

    private void ArmStale()
    {
        var fresh = _query.State.FreshFor(Options.StaleTime ?? _client.Options.StaleTime, _client.Now);
        Arm(ref _staleTimer, fresh, _follow);
    }

    private void ArmPoll()
    {
        var isResting = !Options.Enabled || (!Options.RefetchInBackground && !_client.Page.IsVisible);
        var interval = isResting ? null : Options.RefetchInterval?.Invoke(Unselected());
        TimeSpan? due = interval > TimeSpan.Zero ? _pollFrom + interval.Value - _client.Now : null;
        Arm(ref _pollTimer, due < TimeSpan.Zero ? TimeSpan.Zero : due, _poll);
    }

    private void Poll()
    {
        _pollFrom = _client.Now;
        _query.Fetch(Options, restart: false);
        ArmPoll();
    }

    private QueryResult<T> Unselected() => new()
    {
        Status = _query.State.Status,
        FetchStatus = _query.State.FetchStatus,
        HasData = _query.State.HasData,
        Data = _query.State.Data,
        Error = _query.State.Error,
        UpdatedAt = _query.State.UpdatedAt,
        IsStale = _query.IsStaleFor(Options),
        FailureCount = _query.State.FailureCount,
        FailureReason = _query.State.FailureReason,
    };

    /// <summary>Sets a timer, or stops it where there is no time. Most observers never need one, so it is made when it is first set.</summary>
    private void Arm(ref ITimer? timer, TimeSpan? due, Action act)
    {
        var dueTime = _isDisposed ? Timeout.InfiniteTimeSpan : due ?? Timeout.InfiniteTimeSpan;
        if (timer is not null)
            timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        else if (dueTime != Timeout.InfiniteTimeSpan)
            timer = MakeTimer(dueTime, act);
    }

    // Apart, so that no closure is made where no timer is.
    private ITimer MakeTimer(TimeSpan dueTime, Action act) => _client.TimeProvider.CreateTimer(_ => Ring(act), null, dueTime, Timeout.InfiniteTimeSpan);

    private void Ring(Action act)
    {
        using (_client.Lock.Enter())
        {
            if (!_isDisposed)
                act();
        }
    }
}
