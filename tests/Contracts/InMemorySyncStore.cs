using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>
/// A store in memory: one tab on a database that others may have open as well. A model for other stores (the semantics
/// stand in <see cref="InMemoryCollection"/>), and a store for tests of whatever stands on one. Hooks let a test hold
/// it up, fail it and kill it.
/// </summary>
public sealed class InMemorySyncStore(InMemoryDatabase database) : ISyncStore
{
    private readonly List<InMemoryCollectionStore> _opened = [];
    private volatile bool _isKilled;

    /// <summary>
    /// Awaited before a call looks at anything: latency, or a failure by throwing, after which nothing has changed.
    /// A call that was cancelled meanwhile changes nothing either.
    /// </summary>
    public Func<StoreOperation, CancellationToken, ValueTask>? Before { get; set; }

    /// <summary>Awaited after a write has been committed, and before this tab hears of it and the call returns.</summary>
    public Func<StoreOperation, ValueTask>? After { get; set; }

    /// <summary>
    /// Brings this tab the notice that another one has written. A test may keep the notice, or lose it: the tab then shows
    /// an old <see cref="ICollectionStore.Status"/>, until it writes itself.
    /// </summary>
    public Action<Action> Deliver { get; set; } = static notice => notice();

    internal InMemoryDatabase Database => database;

    internal bool IsKilled => _isKilled;

    /// <summary>
    /// Ends the tab as a crash does. Nothing of it comes to light any more: calls that are under way and later ones
    /// never complete, so that the code which awaits them does not go on, and no event is raised. A transaction that has
    /// been committed by then stays so, one that has not been begun never will be.
    /// </summary>
    public void Kill() => _isKilled = true;

    public async ValueTask<ICollectionStore> OpenAsync(CollectionSchema schema, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        await BeginAsync(new StoreOperation("Open", schema.Name, IsStrict: false), cancellationToken);
        lock (database.Gate)
        {
            var collection = database.Open(schema);
            var opened = new InMemoryCollectionStore(this, collection, schema);
            collection.Openings.Add(opened);
            _opened.Add(opened);
            return opened;
        }
    }

    public async ValueTask WipeAsync(CancellationToken cancellationToken)
    {
        var operation = new StoreOperation("Wipe", "", IsStrict: true);
        await BeginAsync(operation, cancellationToken);
        database.Wipe();
        await EndAsync(operation);
    }

    public async ValueTask DisposeAsync()
    {
        InMemoryCollectionStore[] opened;
        lock (database.Gate)
            opened = [.. _opened];
        foreach (var store in opened)
            await store.DisposeAsync();
    }

    internal async ValueTask BeginAsync(StoreOperation operation, CancellationToken cancellationToken)
    {
        await DieIfKilledAsync();
        if (Before is { } before)
        {
            await before(operation, cancellationToken);
            await DieIfKilledAsync();
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    internal async ValueTask EndAsync(StoreOperation operation)
    {
        if (After is { } after)
            await after(operation);
        await DieIfKilledAsync();
    }

    internal void Forget(InMemoryCollectionStore store) => _opened.Remove(store);

    // A source for each call: a shared one would keep alive all that has ever waited for it.
    private async ValueTask DieIfKilledAsync()
    {
        if (_isKilled)
            await new TaskCompletionSource().Task;
    }
}
