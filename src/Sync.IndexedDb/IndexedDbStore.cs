using Collection.Sync.Abstractions;
using Microsoft.JSInterop;

namespace Collection.Sync.IndexedDb;

/// <summary>
/// The browser's store: packed rows in IndexedDB, columns and views in the memory of a dedicated worker. Any number of
/// tabs may have the same database open; each hears of what the others store. All members belong to the thread of the
/// <see cref="IJSRuntime"/>; its events are raised there.
/// </summary>
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
        _script = new StoreScript(js, databaseName, cacheBytes, Publish, limits);
    }

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

    private void Forget(CollectionStore collection) => _open.Remove(collection);
}
