using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>The store keeps the contract of all stores, in a real browser.</summary>
[Collection(nameof(Chromium))]
public class IndexedDbStoreContract(Chromium chromium) : CollectionStoreContract
{
    private readonly string _name = $"contract-{Guid.NewGuid()}";
    private readonly List<Tab> _tabs = [];

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var tab in _tabs)
            await tab.DisposeAsync();
    }

    /// <summary>See <c>Script/limits.ts</c>.</summary>
    protected virtual string Limits => "{}";

    protected override async ValueTask<ISyncStore> OpenDatabaseAsync() => Open(_tabs.FirstOrDefault() ?? await OpenTabAsync());

    protected override async ValueTask<ISyncStore> OpenOtherTabAsync() => Open(await OpenTabAsync());

    private IndexedDbStore Open(Tab tab) => new(tab, _name, IndexedDbStore.DefaultCacheBytes, Limits);

    private async Task<Tab> OpenTabAsync()
    {
        var tab = await chromium.OpenTabAsync();
        _tabs.Add(tab);
        return tab;
    }
}

/// <summary>It keeps it as well where few rows make blocks, where segments are merged and compacted all the time, and where no block stays in memory.</summary>
public sealed class SmallLimitsContract(Chromium chromium) : IndexedDbStoreContract(chromium)
{
    protected override string Limits => TinyLimits.Json;

    // The thousand are for the usual limits; here each takes longer.
    protected override int RandomSequences => 250;
}

/// <summary>So small that a handful of rows meets every one of them.</summary>
internal static class TinyLimits
{
    public const string Json = """{"smallChanges":3,"tailSegments":2,"tailChanges":6,"deadRows":4,"chunkRows":5,"spareSegments":3,"saveGap":0,"pause":0,"rest":0}""";
}
