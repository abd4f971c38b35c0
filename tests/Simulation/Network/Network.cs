using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>
/// What lies between tabs and the server. A request reaches the server, or not; its answer comes back, or not; a tab that
/// is gone by then has asked all the same.
/// </summary>
internal sealed class Network
{
    private readonly World _world;
    private readonly RandomStream _random;
    private int _restarts;

    public Network(World world)
    {
        _world = world;
        _random = world.Stream("network");
        // What is on its way to a server that is taken back to a backup never arrives.
        world.Server.Restarted += () => _restarts++;
        world.Server.Moved += () => world.Scheduler.After(_random.Between(0.001, 0.05), world.Outside, world.Server.Pulse);
    }

    /// <summary>Until then the server does nothing for anybody.</summary>
    public TimeSpan OutUntil { get; set; }

    /// <summary>Asks the server. The answer comes in the tab's lane.</summary>
    public async Task<T> AskAsync<T>(Tab tab, string kind, Func<T> handle, CancellationToken cancellationToken)
    {
        tab.Manners.OnRequest(kind);
        var answered = new TaskCompletionSource<T>();
        using var registration = cancellationToken.Register(() => tab.Lane.Post(() => answered.TrySetCanceled(cancellationToken)));
        var life = _restarts;
        Later(() => Arrive(tab, kind, handle, answered, life));
        try
        {
            return await answered.Task;
        }
        catch (SyncTransportException e)
        {
            tab.Manners.OnFailure(kind, e);
            throw;
        }
    }

    /// <summary>The time that a message takes.</summary>
    public TimeSpan Latency() => _world.Fires(Feature.SlowLine) ? _random.Between(0.5, 15) : _random.Between(0.001, 0.2);

    private void Arrive<T>(Tab tab, string kind, Func<T> handle, TaskCompletionSource<T> answered, int life)
    {
        if (life != _restarts || IsCut(tab.Browser.UpUntil, Seen.PartitionedUp) || Fires(Feature.DropRequest, Seen.RequestDropped))
        {
            GetNoAnswer(tab, kind, answered);
            return;
        }

        var (answer, failure) = Handle(tab, handle);
        if (Fires(Feature.Duplicate, Seen.RequestDuplicated))
        {
            Later(() =>
            {
                if (life == _restarts)
                    Handle(tab, handle);
            });
        }

        if (failure is null && Fires(Feature.ErrorAfterCommit, Seen.ErrorAfterCommit))
            failure = new SyncTransportException(SyncFailure.Retry, "The server answers 500, after it has done what was asked.");
        if (IsCut(tab.Browser.DownUntil, Seen.PartitionedDown) || Fires(Feature.DropReply, Seen.ReplyDropped))
        {
            GetNoAnswer(tab, kind, answered);
            return;
        }

        Later(() => tab.Lane.Post(() =>
        {
            if (failure is null)
                answered.TrySetResult(answer!);
            else
                answered.TrySetException(failure);
        }));
    }

    private (T? Answer, Exception? Failure) Handle<T>(Tab tab, Func<T> handle)
    {
        try
        {
            if (!tab.Browser.User.IsSignedIn)
                throw new SyncTransportException(SyncFailure.SignedOut, "The server answers 401.");
            if (!_world.IsHealed && _world.Scheduler.Elapsed < OutUntil)
                throw new SyncTransportException(SyncFailure.Retry, "The server answers 503.");
            if (Fires(Feature.ServerError, Seen.ServerError))
                throw new SyncTransportException(SyncFailure.Retry, "The server answers 500.");
            if (Fires(Feature.TooManyRequests, Seen.TooManyRequests))
                throw new SyncTransportException(SyncFailure.Retry, "The server answers 429.", _random.Between(0.5, 10));
            return (handle(), null);
        }
        catch (SyncTransportException e)
        {
            return (default, e);
        }
        catch (InvariantException e)
        {
            _world.Fail(e);
            throw;
        }
    }

    private void GetNoAnswer<T>(Tab tab, string kind, TaskCompletionSource<T> answered)
    {
        _world.Trace.Write($"no answer to a {kind} of {tab.Name}");
        _world.Scheduler.After(_random.Between(0.05, 8), _world.Outside, () => tab.Lane.Post(() =>
            answered.TrySetException(new SyncTransportException(SyncFailure.Offline, "No answer came."))));
    }

    private void Later(Action action) => _world.Scheduler.After(Latency(), _world.Outside, action);

    private bool IsCut(TimeSpan until, Seen seen)
    {
        if (_world.IsHealed || _world.Scheduler.Elapsed >= until)
            return false;
        _world.Counters.Add(seen);
        return true;
    }

    private bool Fires(Feature feature, Seen seen)
    {
        if (!_world.Fires(feature))
            return false;
        _world.Counters.Add(seen);
        return true;
    }
}
