using Collection.Sync.Abstractions;
using Microsoft.JSInterop;

namespace Collection.Sync.IndexedDb;

/// <summary>
/// The browser's store: packed rows in IndexedDB, columns and views in the memory of a dedicated worker. Any number of
/// tabs may have the same database open; each hears of what the others store. All members belong to the thread of the
/// <see cref="IJSRuntime"/>; its events are raised there.
/// </summary>
/// <remarks>
/// A worker that dies is replaced, up to three times a minute. Reads under way are made again; a write under way fails with
/// <see cref="SyncStoreFailure.Failed"/> and may have been stored all the same. A view that was open goes on if its rows are
/// what they were, and else fails in the same way: open it again.
/// </remarks>
public sealed class IndexedDbStore : ISyncStore
{
    /// <summary>32 MiB: the packed rows of about 100,000 rows of 300 bytes, so that scrolling through them reads no disk.</summary>
    public const int DefaultCacheBytes = 32 * 1024 * 1024;

    private readonly StoreScript _script;
    private readonly List<CollectionStore> _open = [];

    /// <summary>Makes a store; nothing is opened before the first collection is.</summary>
    /// <param name="js">The page's JavaScript.</param>
    /// <param name="databaseName">The name of the database: one for each person who signs in.</param>
    /// <param name="cacheBytes">The memory for packed rows, in bytes. Columns and keys take about 50 bytes a row besides.</param>
    public IndexedDbStore(IJSRuntime js, string databaseName, int cacheBytes = DefaultCacheBytes)
        : this(js, databaseName, cacheBytes, "{}")
    {
    }

    /// <summary>Makes a store with other limits than those of <c>Script/limits.ts</c>, in JSON: tests meet them with few rows.</summary>
    internal IndexedDbStore(IJSRuntime js, string databaseName, int cacheBytes, string limits)
    {
        ArgumentNullException.ThrowIfNull(js);
        ArgumentException.ThrowIfNullOrEmpty(databaseName);
        ArgumentOutOfRangeException.ThrowIfNegative(cacheBytes);
        _script = new StoreScript(js, databaseName, cacheBytes, Publish, PublishAnyway, Publish, limits);
    }

    /// <summary>What a person has to know of the browser's storage; known once a collection has been opened.</summary>
    public StoreHealth Health { get; private set; } = new();

    /// <summary>Raised after <see cref="Health"/> has changed.</summary>
    public event Action? HealthChanged;

    /// <inheritdoc/>
    public async ValueTask<ICollectionStore> OpenAsync(CollectionSchema schema, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        cancellationToken.ThrowIfCancellationRequested();
        var collection = new CollectionStore(schema, _script, Publish, Forget);
        _open.Add(collection);
        try
        {
            var answer = await _script.CallAsync("openCollection", CancellationToken.None, SchemaMessage.Encode(schema));
            collection.Take(answer.Status);
            return collection;
        }
        catch
        {
            Forget(collection);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask WipeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var collection in _open)
            collection.MarkClosed();
        _open.Clear();
        await _script.CallAsync("wipe", CancellationToken.None);
    }

    /// <summary>Reads how much room this site uses and may use; null where the browser does not tell.</summary>
    /// <exception cref="SyncStoreException">The script could not be loaded.</exception>
    public async ValueTask<StorageUsage?> ReadUsageAsync(CancellationToken cancellationToken) =>
        (await _script.CallAsync("usage", cancellationToken)).Usage;

    /// <summary>Reads how an open collection lies on disk and in memory, for a panel for developers.</summary>
    /// <exception cref="SyncStoreException">The collection is not open, or the worker failed.</exception>
    public async ValueTask<StoreDiagnosis> ReadDiagnosisAsync(CollectionSchema schema, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return (await _script.CallAsync("diagnose", cancellationToken, schema.Name)).Diagnosis;
    }

    /// <summary>Forgets <see cref="StoreHealth.Losses"/>, once a person has seen them.</summary>
    /// <exception cref="SyncStoreException">The script could not be loaded.</exception>
    public async ValueTask AcknowledgeLossesAsync(CancellationToken cancellationToken) =>
        await _script.CallAsync("acknowledgeLosses", cancellationToken);

    /// <summary>Waits for the writes under way and ends the worker.</summary>
    public ValueTask DisposeAsync()
    {
        foreach (var collection in _open)
            collection.MarkClosed();
        _open.Clear();
        return _script.DisposeAsync();
    }

    private void Publish(string collection, StoreStatus status)
    {
        foreach (var store in _open.FindAll(store => store.Schema.Name == collection))
            store.Take(status);
    }

    private void PublishAnyway(string collection, StoreStatus status)
    {
        foreach (var store in _open.FindAll(store => store.Schema.Name == collection))
            store.TakeAnyway(status);
    }

    private void Publish(StoreHealth health)
    {
        Health = health;
        HealthChanged?.Invoke();
    }

    private void Forget(CollectionStore collection) => _open.Remove(collection);
}
