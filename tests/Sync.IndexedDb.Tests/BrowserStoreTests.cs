using System.Globalization;
using Collection.Contracts;
using Collection.Sync.Abstractions;
using Microsoft.Playwright;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>Tests on one database, opened by any number of tabs; one of them leads.</summary>
public abstract class BrowserStoreTests(Chromium chromium) : IAsyncLifetime
{
    private long? _fence;

    protected static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    protected static CollectionSchema Notes { get; } = Schema("text");

    protected string Name { get; } = $"store-{Guid.NewGuid()}";

    /// <summary>Closed after the test, the last one first.</summary>
    protected List<IAsyncDisposable> Opened { get; } = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var opened in Enumerable.Reverse(Opened))
            await opened.DisposeAsync();
    }

    protected static CollectionSchema Schema(string text) => new(
        "notes", [new("id", FieldKind.Int64) { IsKey = true }, new(text, FieldKind.Text) { IsIndexed = true, IsSearchable = true }]);

    protected static byte[] Page(string next, Range ids, bool more = false, CollectionSchema? schema = null)
    {
        var page = new PageBuilder(schema ?? Notes);
        for (long id = ids.Start.Value; id < ids.End.Value; id++)
            page.Upsert(new RowVersion(0, id), id, string.Create(CultureInfo.InvariantCulture, $"note {id}"));
        return page.Build(next, more);
    }

    protected static async Task<IReadOnlyList<string>> TextsAsync(ICollectionStore store, ViewQuery query, int fields = 2)
    {
        var (view, rows) = await store.OpenViewAsync(query, new RowRange(0, int.MaxValue), default);
        await using (view)
            return Texts(rows, fields);
    }

    protected static List<string> Texts(RowBatch rows, int fields = 2)
    {
        var texts = new List<string>();
        for (var i = 0; i < rows.Count; i++)
        {
            var reader = new MessagePackReader(rows[i].Span);
            reader.ReadArrayHeader(fields);
            reader.ReadInt64();
            texts.Add(reader.ReadText());
        }

        return texts;
    }

    /// <summary>The fence of this test's leader, whichever tab writes.</summary>
    protected async Task<long> FenceAsync(ICollectionStore store) => _fence ??= await store.LeadAsync(default);

    protected async Task<StoreStatus> ApplyAsync(ICollectionStore store, byte[] page, string? after = null) =>
        await store.ApplyAsync(page, new PullStart(after is null ? null : new SyncCursor(after), store.Status.Writes), await FenceAsync(store), default);

    protected static Task<StoreStatus> NextChange(ICollectionStore store, Predicate<StoreStatus> isIt)
    {
        var changed = new TaskCompletionSource<StoreStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        store.Changed += status =>
        {
            if (isIt(status))
                changed.TrySetResult(status);
        };
        return changed.Task.WaitAsync(Patience);
    }

    private protected async Task<Tab> OpenTabAsync(string site = "www")
    {
        var tab = await chromium.OpenTabAsync(site);
        Opened.Add(tab);
        return tab;
    }

    protected async Task<ICollectionStore> OpenAsync(CollectionSchema? schema = null, int cacheBytes = IndexedDbStore.DefaultCacheBytes)
    {
        var store = new IndexedDbStore(await OpenTabAsync(), Name, cacheBytes);
        Opened.Add(store);
        return await store.OpenAsync(schema ?? Notes, default);
    }

    /// <summary>The quota holds until the session that is returned is detached.</summary>
    private protected static async Task<ICDPSession> SetQuotaAsync(Tab tab, long bytes)
    {
        var session = await tab.Page.Context.NewCDPSessionAsync(tab.Page);
        await session.SendAsync("Storage.overrideQuotaForOrigin", new Dictionary<string, object> { ["origin"] = new Uri(tab.Page.Url).GetLeftPart(UriPartial.Authority), ["quotaSize"] = bytes });
        return session;
    }
}
