using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>The store keeps the contract of all stores, in a real browser.</summary>
[Collection(nameof(Chromium))]
public sealed class IndexedDbStoreContract(Chromium chromium) : CollectionStoreContract
{
    private readonly string _name = $"contract-{Guid.NewGuid()}";
    private Tab? _tab;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        if (_tab is not null)
            await _tab.DisposeAsync();
    }

    protected override async ValueTask<ISyncStore> OpenDatabaseAsync() => new IndexedDbStore(_tab ??= await chromium.OpenTabAsync(), _name);
}
