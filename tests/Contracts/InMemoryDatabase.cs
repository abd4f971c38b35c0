namespace Collection.Contracts;

/// <summary>
/// What in-memory stores keep when they are closed: one instance is one database, and each <see cref="InMemorySyncStore"/>
/// on it is a tab. Safe for concurrent calls.
/// </summary>
public sealed class InMemoryDatabase
{
    private Dictionary<string, InMemoryCollection> _collections = [];

    /// <summary>Held during a transaction, in which nothing is awaited, and while a view is opened.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>A copy of all that is committed.</summary>
    public InMemoryDatabase Copy()
    {
        lock (Gate)
            return new InMemoryDatabase { _collections = _collections.ToDictionary(pair => pair.Key, pair => pair.Value.Copy()) };
    }

    /// <summary>
    /// Goes back to what was committed when the copy was made, as a browser does that was killed before its last
    /// transactions had reached the disk; to a new database, as one that wiped everything. Collections that are open
    /// are closed: their tabs have died with the browser.
    /// </summary>
    public void Restore(InMemoryDatabase copy)
    {
        ArgumentNullException.ThrowIfNull(copy);
        Replace(copy.Copy()._collections);
    }

    internal void Wipe() => Replace([]);

    /// <summary>Finds a collection, or makes an empty one. One of another schema loses its rows and keeps its outbox. Call it under the gate.</summary>
    internal InMemoryCollection Open(Sync.Abstractions.CollectionSchema schema)
    {
        if (!_collections.TryGetValue(schema.Name, out var collection))
            _collections.Add(schema.Name, collection = new InMemoryCollection(schema));
        else if (collection.Schema.Hash != schema.Hash)
            collection.ChangeSchema(schema);
        return collection;
    }

    private void Replace(Dictionary<string, InMemoryCollection> collections)
    {
        lock (Gate)
        {
            foreach (var collection in _collections.Values)
                collection.IsDeleted = true;
            _collections = collections;
        }
    }
}

/// <summary>A call of a store, as the hooks of <see cref="InMemorySyncStore"/> see it.</summary>
/// <param name="Name">The method, without "Async".</param>
/// <param name="Collection">The collection's name; empty where all are meant.</param>
/// <param name="IsStrict">True where the call is a write that reaches the disk before it returns; other writes may be lost with the browser.</param>
public readonly record struct StoreOperation(string Name, string Collection, bool IsStrict);
