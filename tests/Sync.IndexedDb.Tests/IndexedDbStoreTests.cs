using System.Globalization;
using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>What the browser's store does beyond the contract: tabs beside each other, and failures of the browser.</summary>
[Collection(nameof(Chromium))]
public sealed class IndexedDbStoreTests(Chromium chromium) : BrowserStoreTests(chromium)
{
    [Fact]
    public async Task Apply_InOneTab_IsSeenByTheOther()
    {
        var (here, there) = (await OpenAsync(), await OpenAsync());
        var changed = NextChange(there, status => status.RowCount == 200);

        var status = await ApplyAsync(here, Page("a", 1..201));

        (await changed).ShouldBe(status);
        (await TextsAsync(there, ViewQuery.All with { Search = "note 7" })).ShouldBe(["note 7", .. Enumerable.Range(70, 10).Select(i => $"note {i}")]);
    }

    [Fact]
    public async Task Apply_AfterAnotherTabHasAppliedThePage_ChangesNothingAndReadsWhatIsThere()
    {
        var (here, there) = (await OpenAsync(), await OpenAsync());
        var first = await ApplyAsync(here, Page("a", 1..4));

        var second = await ApplyAsync(there, Page("b", 1..9));

        second.ShouldBe(first);
        (await ApplyAsync(there, Page("b", 4..6), "a")).RowCount.ShouldBe(5);
        (await TextsAsync(there, ViewQuery.All)).ShouldBe(["note 1", "note 2", "note 3", "note 4", "note 5"]);
    }

    [Fact]
    public async Task Refill_InOneTab_LeavesTheViewsOfTheOtherAndSweepsTheRowsOnceTheyAreClosed()
    {
        var (here, there) = (await OpenAsync(), await OpenAsync(cacheBytes: 0));
        await ApplyAsync(here, Page("a", 1..201));
        var seen = NextChange(there, status => status.RowCount == 2 && !status.IsRefilling);
        await ApplyAsync(there, Page("b", 1..2));
        var (view, _) = await there.OpenViewAsync(ViewQuery.All, new RowRange(0, 0), default);
        var generation = here.Status.Generation;

        await here.ResetAsync(await FenceAsync(here), default);
        await ApplyAsync(here, Page("c", 1..2, more: true));
        (await TextsAsync(there, ViewQuery.All)).Count.ShouldBe(200);
        await ApplyAsync(here, Page("d", 2..3), "c");
        await seen;

        Texts(await view.ReadAsync(new RowRange(0, 200), default)).ShouldBe(Enumerable.Range(1, 200).Select(i => $"note {i}"));
        (await TextsAsync(there, ViewQuery.All)).ShouldBe(["note 1", "note 2"]);

        await view.DisposeAsync();
        await SweptAsync(generation);
        (await GenerationsAsync()).ShouldBe([here.Status.Generation]);
    }

    [Fact]
    public async Task Open_WithAnotherSchema_FillsItBesideAndTellsTabsOfTheOldOneToReloadOnceItIsWhole()
    {
        var before = await OpenAsync();
        await ApplyAsync(before, Page("a", 1..4));

        var after = await OpenAsync(Schema("title"));

        (after.Status.Cursor, after.Status.RowCount).ShouldBe((null, 0));
        after.Status.Generation.ShouldBeGreaterThan(before.Status.Generation);
        await ApplyAsync(after, Page("b", 1..3, more: true, Schema("title")));
        (await TextsAsync(after, ViewQuery.All)).Count.ShouldBe(2);
        (await ApplyAsync(before, Page("b", 4..6), "a")).RowCount.ShouldBe(5);
        (await OpenAsync()).Status.RowCount.ShouldBe(5);

        await ApplyAsync(after, Page("c", 3..9, more: false, Schema("title")), "b");
        var failure = await Should.ThrowAsync<SyncStoreException>(async () => await ApplyAsync(before, Page("c", 6..7), "b"));
        failure.Failure.ShouldBe(SyncStoreFailure.Unavailable);
        failure.Message.ShouldContain("Reload");
        (await TextsAsync(before, ViewQuery.All)).Count.ShouldBe(5);
        (await TextsAsync(after, ViewQuery.All)).Count.ShouldBe(8);
    }

    [Fact]
    public async Task Open_WithAnotherSchema_LaysTheEditsOnTopAgain()
    {
        var before = await OpenAsync();
        await ApplyAsync(before, Page("a", 1..4));
        await before.Outbox.EditAsync([Edit(2, "mine", Schema("text"))], DateTimeOffset.UnixEpoch, default);
        var wider = new CollectionSchema("notes", [.. Notes.Fields, new("size", FieldKind.Int32) { IsNullable = true }]);

        var after = await OpenAsync(wider);
        var page = new PageBuilder(wider);
        for (var id = 1; id < 4; id++)
            page.Upsert(new RowVersion(0, id), (long)id, $"note {id}", null);
        await ApplyAsync(after, page.Build("b"));

        after.Status.PendingCount.ShouldBe(1);
        (await TextsAsync(after, ViewQuery.All, 3)).ShouldBe(["note 1", "mine", "note 3"]);
    }

    [Fact]
    public async Task Open_OfADatabaseOfTheSecondVersion_KeepsTheEditsAndFetchesTheRowsAgain()
    {
        var tab = await OpenTabAsync();
        await tab.Page.EvaluateAsync(
            """
            ({ name, hash }) => new Promise((done, fail) => {
              const open = indexedDB.open(name, 2);
              open.onupgradeneeded = () => {
                open.result.createObjectStore('collections', { keyPath: 'name' }).put({
                  name: 'notes', schemaHash: hash, retired: [], revision: 9, writes: 12, fence: 3, refill: null,
                  shown: { generation: 4, cursor: 'x', epoch: 1, isComplete: true, segmentCount: 1 },
                  outbox: { clientId: 'c1', lastId: 7, nextNumber: 3, counts: { queued: 1, sent: 1, held: 0, dead: 0 } },
                });
                for (const store of ['segments', 'columns', 'rows'])
                  open.result.createObjectStore(store);
                open.transaction.objectStore('rows').put(new Uint8Array(9), [4, 0]);
                const outbox = open.result.createObjectStore('outbox', { keyPath: ['collection', 'number'] });
                for (const field of ['key', 'state'])
                  outbox.createIndex(field, ['collection', field]);
                const entry = { collection: 'notes', key: 2, fields: { text: 'pG1pbmU=' }, if: {}, madeAt: '1970-01-01T00:00:00.0000000+00:00' };
                outbox.put({ ...entry, number: 1, state: 'sent', id: 7 });
                outbox.put({ ...entry, number: 2, key: 3, state: 'queued' });
              };
              open.onsuccess = () => { open.result.close(); done(); };
              open.onerror = () => fail(open.error);
            })
            """,
            new { name = Name, hash = Notes.Hash.ToString("x16", CultureInfo.InvariantCulture) });

        var store = await OpenAsync();

        (store.Status.Cursor, store.Status.RowCount, store.Status.IsComplete, store.Status.PendingCount).ShouldBe((null, 0, false, 2));
        await ApplyAsync(store, Page("a", 1..4));
        (await TextsAsync(store, ViewQuery.All)).ShouldBe(["note 1", "mine", "mine"]);
        var batch = await store.Outbox.SealAsync("c2", 10, await FenceAsync(store), default);
        (batch.ClientId, string.Join(',', batch.Mutations.Select(mutation => mutation.Id))).ShouldBe(("c1", "7,8"));
        (await StoresWithRecordsAsync()).ShouldNotContain("rows");
    }

    [Fact]
    public async Task Open_AfterATabWasKilledWhileItWrote_HasWholePages()
    {
        var tab = await OpenTabAsync();
        var store = await new IndexedDbStore(tab, Name).OpenAsync(Notes, default);
        await ApplyAsync(store, Page("a", 1..101));
        var torn = ApplyAsync(store, Page("b", 101..5001), "a");
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
        var tab = await OpenTabAsync("full");
        var quota = await SetQuotaAsync(tab, 300_000);
        var database = new IndexedDbStore(tab, Name);
        Opened.Add(database);
        var store = await database.OpenAsync(Notes, default);
        await ApplyAsync(store, Page("a", 1..4));

        var failure = await Should.ThrowAsync<SyncStoreException>(async () => await ApplyAsync(store, Page("b", 4..10_000), "a"));

        failure.Failure.ShouldBe(SyncStoreFailure.QuotaExceeded, failure.Message);
        store.Status.Cursor.ShouldBe(new SyncCursor("a"));
        (await TextsAsync(store, ViewQuery.All)).Count.ShouldBe(3);
        await quota.DetachAsync();
        (await ApplyAsync(store, Page("b", 4..10_000), "a")).RowCount.ShouldBe(9999);
    }

    [Fact]
    public async Task Apply_OfAMalformedPage_NamesThePartAndThePlace()
    {
        var store = await OpenAsync();
        var page = Page("a", 1..4);
        page[0] = (byte)'<';

        var failure = await Should.ThrowAsync<PageFormatException>(async () => await ApplyAsync(store, page));

        (failure.Part, failure.Offset).ShouldBe((PagePart.Header, 0));
        failure.Message.ShouldBe(Should.Throw<PageFormatException>(() => Abstractions.Page.Read(page, Notes)).Message);
    }

    [Fact]
    public async Task Read_WhereABlockIsDamaged_SaysCorruptAndFillsTheCollectionAgainWithItsEdits()
    {
        var store = await OpenAsync(cacheBytes: 0);
        await ApplyAsync(store, Page("a", 1..5001));
        await store.Outbox.EditAsync([Edit(2, "mine", Notes)], DateTimeOffset.UnixEpoch, default);
        var refilling = NextChange(store, status => status.IsRefilling);
        await ChangeDatabaseAsync(FlipAByte("rows", "[1, 3]"));

        var (view, _) = await store.OpenViewAsync(ViewQuery.All, new RowRange(0, 1), default);
        Opened.Add(view);
        var failure = await Should.ThrowAsync<SyncStoreException>(async () => await view.ReadAsync(new RowRange(90, 40), default));

        failure.Failure.ShouldBe(SyncStoreFailure.Corrupt, failure.Message);
        (await refilling).Cursor.ShouldBeNull();
        Texts(await view.ReadAsync(new RowRange(0, 3), default)).ShouldBe(["note 1", "mine", "note 3"]);
        await ApplyAsync(store, Page("a", 1..3001));
        (store.Status.IsRefilling, store.Status.PendingCount).ShouldBe((false, 1));
        (await TextsAsync(store, ViewQuery.All)).ShouldBe(["note 1", "mine", .. Enumerable.Range(3, 2998).Select(i => $"note {i}")]);
    }

    [Theory]
    [InlineData("transaction.objectStore('rows').clear()")]
    [InlineData("transaction.objectStore('columns').clear()")]
    public async Task Read_WhereRowsAreMissing_SaysCorruptAndFillsTheCollectionAgain(string damage)
    {
        await using (var before = new IndexedDbStore(await OpenTabAsync(), Name))
            await ApplyAsync(await before.OpenAsync(Notes, default), Page("a", 1..5001));
        await ChangeDatabaseAsync(damage);
        var store = await OpenAsync();
        var refilling = NextChange(store, status => status.IsRefilling);

        var failure = await Should.ThrowAsync<SyncStoreException>(async () => await TextsAsync(store, ViewQuery.All with { Search = "note" }));

        failure.Failure.ShouldBe(SyncStoreFailure.Corrupt, failure.Message);
        await refilling;
        await ApplyAsync(store, Page("a", 1..3));
        (await TextsAsync(store, ViewQuery.All with { Search = "note" })).ShouldBe(["note 1", "note 2"]);
    }

    [Theory]
    [InlineData("transaction.objectStore('segments').clear()")]
    [InlineData(null)]
    public async Task Open_WherePagesAreMissingOrDamaged_StartsEmpty(string? damage)
    {
        await using (var store = new IndexedDbStore(await OpenTabAsync(), Name))
        {
            var collection = await store.OpenAsync(Notes, default);
            await ApplyAsync(collection, Page("a", 1..101));
        }

        await ChangeDatabaseAsync(damage ?? FlipAByte("segments", "[1, 0]"));

        var reopened = await OpenAsync();

        (reopened.Status.Cursor, reopened.Status.RowCount).ShouldBe((null, 0));
        (await ApplyAsync(reopened, Page("a", 1..101))).RowCount.ShouldBe(100);
    }

    [Fact]
    public async Task Wipe_ClosesTheStoresOfOtherTabs()
    {
        var other = await OpenAsync();
        var store = new IndexedDbStore(await OpenTabAsync(), Name);
        Opened.Add(store);
        await ApplyAsync(await store.OpenAsync(Notes, default), Page("a", 1..4));

        await store.WipeAsync(default);

        (await store.OpenAsync(Notes, default)).Status.RowCount.ShouldBe(0);
        var failure = await Should.ThrowAsync<SyncStoreException>(async () => await ApplyAsync(other, Page("b", 1..2)));
        failure.Failure.ShouldBe(SyncStoreFailure.Unavailable);
        failure.Message.ShouldContain("Reload this page");
    }

    [Fact]
    public async Task Wipe_WhileSomethingElseKeepsTheDatabaseOpen_SaysWhatToDo()
    {
        var tab = await OpenTabAsync();
        var store = new IndexedDbStore(tab, Name);
        Opened.Add(store);
        await store.OpenAsync(Notes, default);
        await tab.Page.EvaluateAsync("name => new Promise(done => { const open = indexedDB.open(name); open.onsuccess = () => { window.held = open.result; done(); }; })", Name);

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
            var store = new IndexedDbStore(tab, Name);
            Opened.Add(store);
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
        await ApplyAsync(store, Page("a", 1..4));
        var generation = store.Status.Generation;
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Opened.OfType<Tab>().Single().Gate = gate.Task;
        using var cancelled = new CancellationTokenSource();
        var opening = store.OpenViewAsync(ViewQuery.All, new RowRange(0, 1), cancelled.Token).AsTask();

        await cancelled.CancelAsync();
        gate.SetResult();

        await Should.ThrowAsync<OperationCanceledException>(opening);
        await store.ResetAsync(await FenceAsync(store), default);
        await ApplyAsync(store, Page("b", 1..2));
        await SweptAsync(generation); // It is swept only if no view holds it.
    }

    /// <summary>Locks are granted in the order of the requests: after the sweeper's comes ours.</summary>
    private async Task SweptAsync(long generation) =>
        await (await OpenTabAsync()).Page.EvaluateAsync("name => navigator.locks.request(name, () => {})", $"{Name}/generation/{generation}").WaitAsync(Patience);

    private async Task<long[]> GenerationsAsync() => await (await OpenTabAsync()).Page.EvaluateAsync<long[]>(
        """
        name => new Promise(done => {
          const open = indexedDB.open(name);
          open.onsuccess = () => {
            const keys = open.result.transaction('segments').objectStore('segments').getAllKeys();
            keys.onsuccess = () => { open.result.close(); done([...new Set(keys.result.map(key => key[0]))]); };
          };
        })
        """,
        Name);

    private static RowEdit Edit(long key, string text, CollectionSchema schema) => new(new RowKey(key), FieldValues.Of(schema, ("text", text)));

    private static string FlipAByte(string store, string key) =>
        $"const store = transaction.objectStore('{store}'); const found = store.get({key}); found.onsuccess = () => {{ found.result[found.result.length >> 1] ^= 4; store.put(found.result, {key}); }}";

    private async Task<string[]> StoresWithRecordsAsync() => await (await OpenTabAsync()).Page.EvaluateAsync<string[]>(
        """
        name => new Promise(done => {
          const open = indexedDB.open(name);
          open.onsuccess = () => {
            const stores = [...open.result.objectStoreNames];
            const transaction = open.result.transaction(stores);
            const counts = stores.map(store => transaction.objectStore(store).count());
            transaction.oncomplete = () => { open.result.close(); done(stores.filter((_, i) => counts[i].result > 0)); };
          };
        })
        """,
        Name);

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
        Name);
}
