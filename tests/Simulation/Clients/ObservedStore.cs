using System.Collections.Immutable;
using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>
/// A tab's store with everything that can happen on the way to it: time passes, quotas run out. The oracle sees each
/// commit before anybody else does.
/// </summary>
internal sealed class ObservedStore : ICollectionStore, IOutbox
{
    private readonly World _world;
    private readonly Tab _tab;
    private readonly ICollectionStore _store;
    private readonly RandomStream _random;
    private StoreCall? _call;

    public ObservedStore(World world, Tab tab, InMemorySyncStore opened, ICollectionStore store)
    {
        _world = world;
        _tab = tab;
        _store = store;
        _random = world.Stream("store");
        opened.After = operation => AfterCommitAsync(operation.IsStrict);
    }

    public CollectionSchema Schema => _store.Schema;

    public StoreStatus Status => _store.Status;

    public IOutbox Outbox => this;

    public event Action<StoreStatus>? Changed
    {
        add => _store.Changed += value;
        remove => _store.Changed -= value;
    }

    public async ValueTask<long> LeadAsync(CancellationToken cancellationToken)
    {
        var fence = await RunAsync(new(StoreCallKind.Lead, _tab), () => _store.LeadAsync(cancellationToken));
        _tab.Manners.Forget();
        return fence;
    }

    public ValueTask<StoreStatus> ApplyAsync(byte[] page, PullStart start, long fence, CancellationToken cancellationToken) =>
        RunAsync(new(StoreCallKind.Apply, _tab) { Page = page, Start = start, Fence = fence }, () => _store.ApplyAsync(page, start, fence, cancellationToken));

    public ValueTask<StoreStatus> ApplyHintAsync(byte[] page, long fence, CancellationToken cancellationToken) =>
        RunAsync(new(StoreCallKind.ApplyHint, _tab) { Page = page, Fence = fence }, () => _store.ApplyHintAsync(page, fence, cancellationToken));

    public ValueTask<StoreStatus> ResetAsync(long fence, CancellationToken cancellationToken) =>
        RunAsync(new(StoreCallKind.Reset, _tab) { Fence = fence }, () => _store.ResetAsync(fence, cancellationToken));

    public async ValueTask<ImmutableArray<EditOutcome>> EditAsync(IReadOnlyList<RowEdit> edits, DateTimeOffset madeAt, CancellationToken cancellationToken)
    {
        var call = new StoreCall(StoreCallKind.Edit, _tab) { Edits = edits, MadeAt = madeAt };
        var outcomes = await RunAsync(call, () => _store.Outbox.EditAsync(edits, madeAt, cancellationToken));
        if (!outcomes.Select(outcome => outcome.Result).SequenceEqual(call.Expected))
            throw _world.Violate("edits do what they say", $"{_tab.Name} was told {string.Join(", ", outcomes.Select(outcome => outcome.Result))} where {string.Join(", ", call.Expected)} is right.");
        return outcomes;
    }

    public ValueTask<IReadOnlyList<OutboxEntry>> ReadAsync(OutboxPart part, int limit, CancellationToken cancellationToken) =>
        _store.Outbox.ReadAsync(part, limit, cancellationToken);

    public ValueTask<StoreStatus> RetryAsync(IReadOnlyList<long> numbers, DateTimeOffset madeAt, CancellationToken cancellationToken) =>
        RunAsync(new(StoreCallKind.Retry, _tab) { Numbers = numbers, MadeAt = madeAt }, () => _store.Outbox.RetryAsync(numbers, madeAt, cancellationToken));

    public ValueTask<StoreStatus> DiscardAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken) =>
        RunAsync(new(StoreCallKind.Discard, _tab) { Numbers = numbers }, () => _store.Outbox.DiscardAsync(numbers, cancellationToken));

    public ValueTask<OutboxBatch> SealAsync(string newClientId, int maxCount, long fence, CancellationToken cancellationToken) =>
        RunAsync(new(StoreCallKind.Seal, _tab) { Fence = fence }, () => _store.Outbox.SealAsync(newClientId, maxCount, fence, cancellationToken));

    public ValueTask<StoreStatus> AcknowledgeAsync(OutboxBatch batch, PushAnswer answer, long fence, CancellationToken cancellationToken) =>
        RunAsync(new(StoreCallKind.Acknowledge, _tab) { Batch = batch, Answer = answer, Fence = fence }, () => _store.Outbox.AcknowledgeAsync(batch, answer, fence, cancellationToken));

    public ValueTask<StoreStatus> SetAsideAsync(long id, string rejection, string? detail, long fence, CancellationToken cancellationToken) =>
        RunAsync(new(StoreCallKind.SetAside, _tab) { Id = id, Fence = fence }, () => _store.Outbox.SetAsideAsync(id, rejection, detail, fence, cancellationToken));

    public ValueTask<StoreStatus> RenumberAsync(long fence, CancellationToken cancellationToken) =>
        RunAsync(new(StoreCallKind.Renumber, _tab) { Fence = fence }, () => _store.Outbox.RenumberAsync(fence, cancellationToken));

    public ValueTask<OpenedView> OpenViewAsync(ViewQuery query, RowRange window, CancellationToken cancellationToken) =>
        _store.OpenViewAsync(query, window, cancellationToken);

    public ValueTask<IReadOnlyList<string>> ReadValuesAsync(string field, int limit, CancellationToken cancellationToken) =>
        _store.ReadValuesAsync(field, limit, cancellationToken);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    // Up to its commit the call itself runs without a pause, so that the hook after the commit knows whose it is.
    private async ValueTask<T> RunAsync<T>(StoreCall call, Func<ValueTask<T>> run)
    {
        await PauseAsync();
        if (_world.Fires(Feature.Quota))
        {
            _world.Counters.Add(Seen.QuotaExceeded);
            // The page that was on its way meanwhile is dropped, with whatever the server said instead of it.
            _tab.Manners.Forget();
            throw new SyncStoreException(SyncStoreFailure.QuotaExceeded, "The simulated browser has no room left.");
        }

        _call = call;
        try
        {
            return await run();
        }
        catch (Exception e) when (e is SyncStoreException or Sync.Abstractions.PageFormatException)
        {
            _tab.Manners.Forget();
            _world.Oracle.OnFailedCall(_tab.Browser, call, e);
            throw;
        }
    }

    private async ValueTask AfterCommitAsync(bool isStrict)
    {
        if (_call is not { } call)
            return;
        _call = null;
        _world.Oracle.OnCommit(_tab.Browser, call, isStrict);
        await PauseAsync();
    }

    private Task PauseAsync() => _world.Scheduler.Delay(_world.Fires(Feature.SlowStore) ? _random.Between(0.05, 3) : _random.Between(0, 0.01));
}
