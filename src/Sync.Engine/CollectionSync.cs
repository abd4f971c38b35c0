using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine;

/// <summary>
/// Keeps one collection of a local store in step with the server: pulls what has changed, page by page; sends the edits
/// in the outbox; stores rows that arrive by events. Whatever is cut off anywhere goes on from there. Pages stay bytes:
/// no row is decoded.
/// </summary>
/// <remarks>
/// Each tab has one; of all that share a store, the one that <see cref="ISyncLeadership"/> chooses talks to the server.
/// Everything happens on the thread, or in the synchronization context, that <see cref="RunAsync"/> was called on; only
/// <see cref="RequestPull"/> and <see cref="Status"/> may be used from any.
/// </remarks>
public sealed class CollectionSync
{
    private readonly SyncParts _parts;
    private readonly SyncReport _report;
    private readonly ICollectionStore _store;
    private readonly ISyncLeadership _leadership;
    private int _isRunning;

    /// <summary>Makes the sync of one collection; nothing runs yet.</summary>
    /// <param name="transport">The way to the server.</param>
    /// <param name="store">Where rows and edits are. It stays open; its owner disposes of it after the run.</param>
    /// <param name="options">Sizes and times.</param>
    /// <param name="timeProvider">The clock by which the sync waits.</param>
    /// <param name="random">Spreads retries, so that clients do not come back together, and draws client ids.</param>
    /// <param name="leadership">Chooses among those that share the store; null where nobody else has it open.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public CollectionSync(
        ISyncTransport transport, ICollectionStore store, SyncOptions options, TimeProvider timeProvider, Random random, ISyncLeadership? leadership = null)
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(timeProvider);
        ArgumentNullException.ThrowIfNull(random);
        options.Check();
        _store = store;
        _leadership = leadership ?? new SoleLeadership();
        _report = new SyncReport(store.Status);
        _report.Changed += status => Changed?.Invoke(status);
        _parts = new SyncParts(transport, store, options, timeProvider, random, _report);
    }

    /// <summary>Where the sync stands.</summary>
    public SyncStatus Status => _report.Status;

    /// <summary>Raised after <see cref="Status"/> has changed. A handler that throws ends the run.</summary>
    public event Action<SyncStatus>? Changed;

    /// <summary>
    /// Asks for a pull: on focus, when the network is back, when a job has completed, after signing in. Requests made while
    /// a pull is under way lead to one more after it. Ends every wait but those that the server asked for. A tab that
    /// follows keeps the request for when it leads; until then the leader's stream, or its polling, brings what is new.
    /// </summary>
    /// <param name="trigger">What happened, in a few fixed words, for the metrics: "focus", "online", "run completed".</param>
    public void RequestPull(string trigger = "asked")
    {
        _parts.Pull.Set(trigger);
        _parts.Retry();
    }

    /// <summary>Waits until the server has confirmed all edits, for a limited time: before signing out.</summary>
    /// <param name="limit">The longest wait.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The number of edits that are still not confirmed: wait longer, save them elsewhere, or let them go.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<int> FlushAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var drained = new Signal();
        void OnChanged(StoreStatus stored)
        {
            if (stored.PendingCount == 0)
                drained.Set("drained");
        }

        _store.Changed += OnChanged;
        try
        {
            _parts.Edits.Set("flush");
            _parts.Retry();
            if (_store.Status.PendingCount > 0)
                await drained.WaitAsync(limit, _parts.Time, cancellationToken);
            return _store.Status.PendingCount;
        }
        finally
        {
            _store.Changed -= OnChanged;
        }
    }

    /// <summary>
    /// Syncs until cancelled, and can be called again afterwards. What can go wrong with network, server and store
    /// shows in <see cref="Status"/> and is tried again.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="InvalidOperationException">A run is under way.</exception>
    /// <exception cref="Exception">A defect, of a transport, a store or a handler; <see cref="Status"/> has it too.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isRunning, 1) != 0)
            throw new InvalidOperationException($"The sync of '{_store.Schema.Name}' is running already: cancel that run first.");
        _store.Changed += OnStoreChanged;
        try
        {
            _report.On(SyncEvent.Start);
            await FollowAndLeadAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _report.On(SyncEvent.Stop, static status => status with { RetryAt = null, IsStreaming = false });
            throw;
        }
        catch (Exception e)
        {
            _report.On(SyncEvent.Fault, status => status with { Error = e, RetryAt = null, IsStreaming = false });
            throw;
        }
        finally
        {
            _store.Changed -= OnStoreChanged;
            Interlocked.Exchange(ref _isRunning, 0);
        }
    }

    private async Task FollowAndLeadAsync(CancellationToken cancellationToken)
    {
        var backoff = _parts.NewBackoff();
        while (true)
        {
            var pages = _report.Status.PageCount;
            try
            {
                await LeadForATermAsync(cancellationToken);
            }
            catch (SyncStoreException e) when (SyncMachine.Covers(e))
            {
                // Without the store there is nothing to lead.
                _report.On(SyncEvent.Fault, status => status with { Error = e, IsStreaming = false });
            }
            catch (SyncStoreException)
            {
                OnSuperseded();
            }

            if (_report.Status.PageCount > pages)
                backoff.Clear();
            await Task.Delay(backoff.Next(), _parts.Time, cancellationToken);
        }
    }

    private async Task LeadForATermAsync(CancellationToken cancellationToken)
    {
        await using var term = await _leadership.AcquireAsync(_store.Schema.Name, cancellationToken);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, term.Lost);
        try
        {
            await LeadAsync(end);
        }
        catch (OperationCanceledException) when (term.Lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            OnSuperseded();
        }
    }

    private void OnSuperseded() =>
        _report.On(SyncEvent.Superseded, static status => status with { IsStreaming = false, RetryAt = null, Error = null, PushError = null });

    private async Task LeadAsync(CancellationTokenSource end)
    {
        var fence = await _store.LeadAsync(end.Token);
        var stored = _store.Status;
        _report.On(stored.IsRefilling ? SyncEvent.Refill : stored.IsComplete ? SyncEvent.LeadFromStored : SyncEvent.LeadFromEmpty);
        await Task.WhenAll(
            UntilOneEndsAsync(new PullLoop(_parts, fence).RunAsync, end),
            UntilOneEndsAsync(new PushLoop(_parts, fence).RunAsync, end),
            UntilOneEndsAsync(new LiveLoop(_parts, fence).RunAsync, end));
    }

    private static async Task UntilOneEndsAsync(Func<CancellationToken, Task> loop, CancellationTokenSource end)
    {
        try
        {
            await loop(end.Token);
        }
        finally
        {
            end.Cancel();
        }
    }

    private void OnStoreChanged(StoreStatus stored)
    {
        _report.Take(stored);
        if (stored.PendingCount > 0)
            _parts.Edits.Set("edited");
        // A store that has found its rows damaged starts over by itself.
        if (stored is { IsRefilling: true, Cursor: null })
            _parts.Pull.Set("refill");
    }
}
