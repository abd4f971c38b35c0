using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine.Tests;

/// <summary>The store that the engine's tests stand on keeps the contract of all stores.</summary>
public sealed class InMemoryStoreContractTests : CollectionStoreContract
{
    private readonly InMemoryDatabase _database = new();

    protected override ValueTask<ISyncStore> OpenDatabaseAsync() => ValueTask.FromResult<ISyncStore>(new InMemorySyncStore(_database));
}
