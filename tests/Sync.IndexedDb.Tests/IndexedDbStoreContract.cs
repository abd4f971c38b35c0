using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>The store keeps the contract of all stores, in a real browser.</summary>
[Collection(nameof(Chromium))]
public sealed class IndexedDbStoreContract(Chromium chromium) : CollectionStoreContract
{
    private readonly string _name = $"contract-{Guid.NewGuid()}";
    private readonly List<Tab> _tabs = [];

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var tab in _tabs)
            await tab.DisposeAsync();
    }

    protected override async ValueTask<ISyncStore> OpenDatabaseAsync() => new IndexedDbStore(_tabs.FirstOrDefault() ?? await OpenTabAsync(), _name);

    protected override async ValueTask<ISyncStore> OpenOtherTabAsync() => new IndexedDbStore(await OpenTabAsync(), _name);

    private async Task<Tab> OpenTabAsync()
    {
        var tab = await chromium.OpenTabAsync();
        _tabs.Add(tab);
        return tab;
    }
}
