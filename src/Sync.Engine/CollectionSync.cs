using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine;

/// <summary>
/// Keeps one collection of a local store in step with the server's change feed: page by page at first, then whenever
/// it is asked to, and every <see cref="SyncOptions.PullInterval"/>. Each page is stored together with its cursor, so
/// that a run that is cut off anywhere goes on from there. Pages stay bytes: no row is decoded.
/// </summary>
/// <remarks>
/// One run per collection and store at a time. While a page is being stored, the next one is fetched; never more.
/// Everything happens on the thread, or in the synchronization context, that <see cref="RunAsync"/> was called on;
/// only <see cref="RequestPull"/> and <see cref="Status"/> may be used from any.
/// </remarks>
public sealed class CollectionSync
{
    private readonly ISyncTransport _transport;
    private readonly ICollectionStore _store;
    private readonly SyncOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly Recovery _recovery;
    private readonly PullRequests _requests = new();
    private int _isRunning;

    /// <summary>Makes the sync of one collection; nothing runs yet.</summary>
    /// <param name="transport">The way to the server.</param>
    /// <param name="store">Where rows go. It stays open; its owner disposes of it after the run.</param>
    /// <param name="options">Sizes and times.</param>
    /// <param name="timeProvider">The clock by which the sync waits.</param>
    /// <param name="random">Spreads retries, so that clients do not come back together.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public CollectionSync(ISyncTransport transport, ICollectionStore store, SyncOptions options, TimeProvider timeProvider, Random random)
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(timeProvider);
        ArgumentNullException.ThrowIfNull(random);
        options.Check();
        _transport = transport;
        _store = store;
        _options = options;
        _timeProvider = timeProvider;
        _recovery = new Recovery(options, random);
        Status = new SyncStatus(SyncPhase.Stopped, store.Status.RowCount, store.Status.IsComplete);
    }

    /// <summary>Where the sync stands.</summary>
    public SyncStatus Status { get; private set; }

    /// <summary>Raised after <see cref="Status"/> has changed. A handler that throws ends the run.</summary>
    public event Action<SyncStatus>? Changed;

    /// <summary>
    /// Asks for a pull: on focus, when the network is back, on a live event, after signing in. Requests made while a
    /// pull is under way lead to one more after it. Ends every wait but <see cref="SyncPhase.BackingOff"/>.
    /// </summary>
    public void RequestPull() => _requests.Add();

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
        try
        {
            var stored = _store.Status;
            Publish(new SyncStatus(stored.IsComplete ? SyncPhase.CatchingUp : SyncPhase.Snapshot, stored.RowCount, stored.IsComplete));
            await LoopAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Publish(Status with { Phase = SyncPhase.Stopped, RetryAt = null });
            throw;
        }
        catch (Exception e)
        {
            Publish(Status with { Phase = SyncPhase.Faulted, Error = e, RetryAt = null });
            throw;
        }
        finally
        {
            Interlocked.Exchange(ref _isRunning, 0);
        }
    }

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        var mustReset = false;
        while (true)
        {
            _requests.Take();
            Step step;
            try
            {
                if (mustReset)
                    await ResetAsync(cancellationToken);
                mustReset = false;
                while (!await PullToEndAsync(cancellationToken))
                {
                }

                _recovery.OnUpToDate();
                step = new Step(SyncPhase.Live, _options.PullInterval, CanBeWoken: true);
            }
            catch (Exception e) when (Recovery.Covers(e))
            {
                step = _recovery.After(e);
                mustReset |= step.Reset;
                Publish(Status with
                {
                    Phase = step.Phase,
                    Error = e,
                    RetryAt = step.Wait == Timeout.InfiniteTimeSpan ? null : _timeProvider.GetUtcNow() + step.Wait,
                });
            }

            if (step.CanBeWoken)
                await _requests.WaitAsync(step.Wait, _timeProvider, cancellationToken);
            else
                await Task.Delay(step.Wait, _timeProvider, cancellationToken);
            Publish(Status with { RetryAt = null });
        }
    }

    private async Task ResetAsync(CancellationToken cancellationToken)
    {
        Publish(Status with { Phase = SyncPhase.Resetting });
        var stored = await _store.ResetAsync(cancellationToken);
        Publish(Status with { RowCount = stored.RowCount, IsComplete = stored.IsComplete });
    }

    /// <summary>Pulls and stores until the server has no more; false where somebody else has moved the store's cursor.</summary>
    private async Task<bool> PullToEndAsync(CancellationToken cancellationToken)
    {
        var after = _store.Status.Cursor;
        var guard = new FeedGuard(_store.Schema, _options, after);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<byte[]>? next = FetchAsync(after, giveUp.Token);
        try
        {
            while (next is not null)
            {
                var page = await next;
                next = null;
                var header = guard.Check(page, after);
                if (header.More)
                    next = FetchAsync(header.Next, giveUp.Token);

                var stored = await _store.ApplyAsync(page, after, cancellationToken);
                if (stored.Cursor != header.Next)
                    return stored.Cursor == after ? throw Unmoved() : false;
                _recovery.OnPageStored();
                Publish(AfterPage(header, stored));
                after = header.Next;
            }

            return true;
        }
        finally
        {
            if (next is not null)
                await AbandonAsync(next, giveUp);
        }
    }

    private SyncStatus AfterPage(PageHeader header, StoreStatus stored) => Status with
    {
        Phase = !header.More ? SyncPhase.Live : header.IsSnapshot ? SyncPhase.Snapshot : SyncPhase.CatchingUp,
        RowCount = stored.RowCount,
        IsComplete = stored.IsComplete,
        TotalRows = header.TotalRows < 0 ? null : header.TotalRows,
        PageCount = Status.PageCount + 1,
        ByteCount = Status.ByteCount + header.ByteLength,
        Error = null,
        RetryAt = null,
    };

    // As a method of its own, so that a transport that throws before it awaits fails the task like any other.
    private async Task<byte[]> FetchAsync(SyncCursor? after, CancellationToken cancellationToken) =>
        await _transport.PullAsync(_store.Schema, after, _options.PageBytes, cancellationToken);

    // A page that nobody will store: it only matters that its request is over, and how it ended is looked at so that
    // it does not count as unobserved.
    private static async Task AbandonAsync(Task<byte[]> page, CancellationTokenSource giveUp)
    {
        giveUp.Cancel();
        await Task.WhenAny(page);
        _ = page.Exception;
    }

    private InvalidOperationException Unmoved() =>
        new($"The store of '{_store.Schema.Name}' took a page that was pulled after its own cursor, and did not move on. That is a defect of the store.");

    private void Publish(SyncStatus status)
    {
        if (status == Status)
            return;
        Status = status;
        Changed?.Invoke(status);
    }
}
