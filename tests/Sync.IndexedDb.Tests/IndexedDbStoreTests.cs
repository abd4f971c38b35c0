using System.Globalization;
using Collection.Contracts;
using Collection.Sync.Abstractions;
using Microsoft.Playwright;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>What the browser's store does beyond the contract: tabs beside each other, and failures of the browser.</summary>
[Collection(nameof(Chromium))]
public sealed class IndexedDbStoreTests(Chromium chromium) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly CollectionSchema Notes = Schema("text");

    private readonly string _name = $"store-{Guid.NewGuid()}";
    private readonly List<IAsyncDisposable> _opened = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var opened in Enumerable.Reverse(_opened))
            await opened.DisposeAsync();
    }

    [Fact]
    public async Task Apply_InOneTab_IsSeenByTheOther()
    {
        var (here, there) = (await OpenAsync(), await OpenAsync());
        var changed = NextChange(there, status => status.RowCount == 200);

        var status = await here.ApplyAsync(Page("a", 1..201), null, default);

        (await changed).ShouldBe(status);
        (await TextsAsync(there, ViewQuery.All with { Search = "note 7" })).ShouldBe(["note 7", .. Enumerable.Range(70, 10).Select(i => $"note {i}")]);
    }

    [Fact]
    public async Task Apply_AfterAnotherTabHasAppliedThePage_ChangesNothingAndReadsWhatIsThere()
    {
        var (here, there) = (await OpenAsync(), await OpenAsync());
        var first = await here.ApplyAsync(Page("a", 1..4), null, default);

        var second = await there.ApplyAsync(Page("b", 1..9), null, default);

        second.ShouldBe(first);
        (await there.ApplyAsync(Page("b", 4..6), second.Cursor, default)).RowCount.ShouldBe(5);
        (await TextsAsync(there, ViewQuery.All)).ShouldBe(["note 1", "note 2", "note 3", "note 4", "note 5"]);
    }

    [Fact]
    public async Task Reset_InOneTab_LeavesTheViewsOfTheOtherAndSweepsTheRowsOnceTheyAreClosed()
    {
        var (here, there) = (await OpenAsync(), await OpenAsync(cacheBytes: 0));
        await here.ApplyAsync(Page("a", 1..201), null, default);
        var seen = NextChange(there, status => status.RowCount == 0 && status.Cursor is null);
        await there.ApplyAsync(Page("b", 1..2), null, default);
        var (view, _) = await there.OpenViewAsync(ViewQuery.All, new RowRange(0, 0), default);
        var generation = here.Status.Generation;

        await here.ResetAsync(default);
        await seen;

        Texts(await view.ReadAsync(new RowRange(0, 200), default)).ShouldBe(Enumerable.Range(1, 200).Select(i => $"note {i}"));
        (await TextsAsync(there, ViewQuery.All)).ShouldBeEmpty();
        await here.ApplyAsync(Page("c", 1..2), null, default);

        await view.DisposeAsync();
        await SweptAsync(generation);
        (await GenerationsOfRowsAsync()).ShouldBe([here.Status.Generation]);
    }

    [Fact]
    public async Task Open_WithAnotherSchema_IsEmptyAndTellsTabsOfTheOldOneToReload()
    {
        var before = await OpenAsync();
        await before.ApplyAsync(Page("a", 1..4), null, default);

        var after = await OpenAsync(Schema("title"));

        (after.Status.Cursor, after.Status.RowCount).ShouldBe((null, 0));
        after.Status.Generation.ShouldBeGreaterThan(before.Status.Generation);
        var failure = await Should.ThrowAsync<SyncStoreException>(async () => await before.ApplyAsync(Page("b", 4..5), before.Status.Cursor, default));
        failure.Failure.ShouldBe(SyncStoreFailure.Unavailable);
        failure.Message.ShouldContain("Reload");
        (await TextsAsync(before, ViewQuery.All)).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Open_AfterATabWasKilledWhileItWrote_HasWholePages()
    {
        var tab = await OpenTabAsync();
        var store = await new IndexedDbStore(tab, _name).OpenAsync(Notes, default);
        await store.ApplyAsync(Page("a", 1..101), null, default);
        var torn = store.ApplyAsync(Page("b", 101..5001), store.Status.Cursor, default).AsTask();
        await tab.DisposeAsync();
        await Should.ThrowAsync<Exception>(torn);

        var reopened = await OpenAsync();

        reopened.Status.RowCount.ShouldBe(reopened.Status.Cursor == new SyncCursor("a") ? 100 : 5000);
        (await TextsAsync(reopened, ViewQuery.All)).Count.ShouldBe(reopened.Status.RowCount);
    }

    [Fact]
    public async Task Apply_WithoutRoom_SaysQuotaAndChangesNothingAndGoesOnLater()
    {
        // A site of its own: Chromium asks for the quota when a site is first used, and again when that room is used up.
        var tab = await chromium.OpenTabAsync("full");
        _opened.Add(tab);
        var quota = await SetQuotaAsync(tab, 300_000);
        var database = new IndexedDbStore(tab, _name);
        _opened.Add(database);
        var store = await database.OpenAsync(Notes, default);
        await store.ApplyAsync(Page("a", 1..4), null, default);

        var failure = await Should.ThrowAsync<SyncStoreException>(async () => await store.ApplyAsync(Page("b", 4..10_000), store.Status.Cursor, default));

        failure.Failure.ShouldBe(SyncStoreFailure.QuotaExceeded, failure.Message);
        store.Status.Cursor.ShouldBe(new SyncCursor("a"));
        (await TextsAsync(store, ViewQuery.All)).Count.ShouldBe(3);
        await quota.DetachAsync();
        (await store.ApplyAsync(Page("b", 4..10_000), store.Status.Cursor, default)).RowCount.ShouldBe(9999);
    }

    [Fact]
    public async Task Apply_OfAMalformedPage_NamesThePartAndThePlace()
    {
        var store = await OpenAsync();
        var page = Page("a", 1..4);
        page[0] = (byte)'<';

        var failure = await Should.ThrowAsync<PageFormatException>(async () => await store.ApplyAsync(page, null, default));

        (failure.Part, failure.Offset).ShouldBe((PagePart.Header, 0));
        failure.Message.ShouldBe(Should.Throw<PageFormatException>(() => Abstractions.Page.Read(page, Notes)).Message);
    }

    [Fact]
    public async Task Read_WhereBlocksAreMissing_SaysCorruptAndAResetHelps()
    {
        var store = await OpenAsync(cacheBytes: 0);
        await store.ApplyAsync(Page("a", 1..101), null, default);
        await ChangeDatabaseAsync("transaction.objectStore('rows').clear()");

        var failure = await Should.ThrowAsync<SyncStoreException>(async () => await TextsAsync(store, ViewQuery.All));

        failure.Failure.ShouldBe(SyncStoreFailure.Corrupt);
        await store.ResetAsync(default);
        await store.ApplyAsync(Page("a", 1..3), null, default);
        (await TextsAsync(store, ViewQuery.All)).ShouldBe(["note 1", "note 2"]);
    }

    [Fact]
    public async Task Open_WherePagesAreMissing_StartsEmpty()
    {
        await using (var store = new IndexedDbStore(await OpenTabAsync(), _name))
        {
            var collection = await store.OpenAsync(Notes, default);
            await collection.ApplyAsync(Page("a", 1..101), null, default);
        }

        await ChangeDatabaseAsync("transaction.objectStore('segments').clear()");

        var reopened = await OpenAsync();

        (reopened.Status.Cursor, reopened.Status.RowCount).ShouldBe((null, 0));
        (await reopened.ApplyAsync(Page("a", 1..101), null, default)).RowCount.ShouldBe(100);
    }

    [Fact]
    public async Task Wipe_ClosesTheStoresOfOtherTabs()
    {
        var other = await OpenAsync();
        var store = new IndexedDbStore(await OpenTabAsync(), _name);
        _opened.Add(store);
        await (await store.OpenAsync(Notes, default)).ApplyAsync(Page("a", 1..4), null, default);

        await store.WipeAsync(default);

        (await store.OpenAsync(Notes, default)).Status.RowCount.ShouldBe(0);
        var failure = await Should.ThrowAsync<SyncStoreException>(async () => await other.ApplyAsync(Page("b", 1..2), null, default));
        failure.Failure.ShouldBe(SyncStoreFailure.Unavailable);
        failure.Message.ShouldContain("Reload this page");
    }

    [Fact]
    public async Task Wipe_WhileSomethingElseKeepsTheDatabaseOpen_SaysWhatToDo()
    {
        var tab = await OpenTabAsync();
        var store = new IndexedDbStore(tab, _name);
        _opened.Add(store);
        await store.OpenAsync(Notes, default);
        await tab.Page.EvaluateAsync("name => new Promise(done => { const open = indexedDB.open(name); open.onsuccess = () => { window.held = open.result; done(); }; })", _name);

        var failure = await Should.ThrowAsync<SyncStoreException>(async () => await store.WipeAsync(default));

        failure.Failure.ShouldBe(SyncStoreFailure.Unavailable);
        failure.Message.ShouldContain("Close the other tabs");
    }

    [Fact]
    public async Task Open_WithoutTheWorkersScript_SaysThatItIsUnavailable()
    {
        var tab = await OpenTabAsync();
        await tab.Page.Context.RouteAsync("**/sync-indexeddb.worker.js", route => route.AbortAsync());
        try
        {
            var store = new IndexedDbStore(tab, _name);
            _opened.Add(store);
            var failure = await Should.ThrowAsync<SyncStoreException>(async () => await store.OpenAsync(Notes, default));
            failure.Failure.ShouldBe(SyncStoreFailure.Unavailable);
        }
        finally
        {
            await tab.Page.Context.UnrouteAsync("**/sync-indexeddb.worker.js");
        }
    }

    [Fact]
    public async Task OpenView_Cancelled_LeavesNoViewBehind()
    {
        var store = await OpenAsync();
        await store.ApplyAsync(Page("a", 1..4), null, default);
        var generation = store.Status.Generation;
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _opened.OfType<Tab>().Single().Gate = gate.Task;
        using var cancelled = new CancellationTokenSource();
        var opening = store.OpenViewAsync(ViewQuery.All, new RowRange(0, 1), cancelled.Token).AsTask();

        await cancelled.CancelAsync();
        gate.SetResult();

        await Should.ThrowAsync<OperationCanceledException>(opening);
        await store.ResetAsync(default);
        await SweptAsync(generation); // It is swept only if no view holds it.
    }

    private static CollectionSchema Schema(string text) => new(
        "notes", [new("id", FieldKind.Int64) { IsKey = true }, new(text, FieldKind.Text) { IsIndexed = true, IsSearchable = true }]);

    private static byte[] Page(string next, Range ids)
    {
        var page = new PageBuilder(Notes);
        for (long id = ids.Start.Value; id < ids.End.Value; id++)
            page.Upsert(new RowVersion(0, id), id, string.Create(CultureInfo.InvariantCulture, $"note {id}"));
        return page.Build(next);
    }

    private static async Task<IReadOnlyList<string>> TextsAsync(ICollectionStore store, ViewQuery query)
    {
        var (view, rows) = await store.OpenViewAsync(query, new RowRange(0, int.MaxValue), default);
        await using (view)
            return Texts(rows);
    }

    private static List<string> Texts(RowBatch rows)
    {
        var texts = new List<string>();
        for (var i = 0; i < rows.Count; i++)
        {
            var reader = new MessagePackReader(rows[i].Span);
            reader.ReadArrayHeader(2);
            reader.ReadInt64();
            texts.Add(reader.ReadText());
        }

        return texts;
    }

    private static Task<StoreStatus> NextChange(ICollectionStore store, Predicate<StoreStatus> isIt)
    {
        var changed = new TaskCompletionSource<StoreStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        store.Changed += status =>
        {
            if (isIt(status))
                changed.TrySetResult(status);
        };
        return changed.Task.WaitAsync(Patience);
    }

    private async Task<Tab> OpenTabAsync()
    {
        var tab = await chromium.OpenTabAsync();
        _opened.Add(tab);
        return tab;
    }

    private async Task<ICollectionStore> OpenAsync(CollectionSchema? schema = null, int cacheBytes = IndexedDbStore.DefaultCacheBytes)
    {
        var store = new IndexedDbStore(await OpenTabAsync(), _name, cacheBytes);
        _opened.Add(store);
        return await store.OpenAsync(schema ?? Notes, default);
    }

    /// <summary>The quota holds until the session that is returned is detached.</summary>
    private static async Task<ICDPSession> SetQuotaAsync(Tab tab, long bytes)
    {
        var session = await tab.Page.Context.NewCDPSessionAsync(tab.Page);
        await session.SendAsync("Storage.overrideQuotaForOrigin", new Dictionary<string, object> { ["origin"] = new Uri(tab.Page.Url).GetLeftPart(UriPartial.Authority), ["quotaSize"] = bytes });
        return session;
    }

    /// <summary>Locks are granted in the order of the requests: after the sweeper's comes ours.</summary>
    private async Task SweptAsync(long generation) =>
        await (await OpenTabAsync()).Page.EvaluateAsync("name => navigator.locks.request(name, () => {})", $"{_name}/generation/{generation}").WaitAsync(Patience);

    private async Task<long[]> GenerationsOfRowsAsync() => await (await OpenTabAsync()).Page.EvaluateAsync<long[]>(
        """
        name => new Promise(done => {
          const open = indexedDB.open(name);
          open.onsuccess = () => {
            const keys = open.result.transaction('rows').objectStore('rows').getAllKeys();
            keys.onsuccess = () => { open.result.close(); done([...new Set(keys.result.map(key => key[0]))]); };
          };
        })
        """,
        _name);

    private async Task ChangeDatabaseAsync(string script) => await (await OpenTabAsync()).Page.EvaluateAsync(
        $$"""
        name => new Promise(done => {
          const open = indexedDB.open(name);
          open.onsuccess = () => {
            const transaction = open.result.transaction([...open.result.objectStoreNames], 'readwrite');
            {{script}};
            transaction.oncomplete = () => { open.result.close(); done(); };
          };
        })
        """,
        _name);
}
