using Collection.Contracts;
using Collection.Sync.Abstractions;
using Microsoft.Playwright;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>Browsers that keep nothing, lose what they kept, or have another version's data.</summary>
[Collection(nameof(Chromium))]
public sealed class StoreHealthTests(Chromium chromium) : BrowserStoreTests(chromium)
{
    private const string OtherVersion = "name => new Promise((done, fail) => { const open = indexedDB.open(name, 99); open.onsuccess = () => { open.result.close(); done(); }; open.onblocked = fail; })";

    [Theory]
    [InlineData("self.indexedDB.open = () => { throw new DOMException('no', 'SecurityError'); };")]
    [InlineData("Object.defineProperty(self, 'indexedDB', { value: undefined });")]
    public async Task WithoutStorage_MemoryTakesItsPlaceForThisTabAlone(string browser)
    {
        var tab = await OpenTabAsync();
        await ChangeWorkerAsync(tab, browser);
        var (database, store) = await OpenAsync(tab, cacheBytes: 0);
        var fence = await FenceAsync(store);

        await ApplyAsync(store, Page("a", 1..201));
        await store.Outbox.EditAsync([Edit(1, "mine"), Edit(2, "too")], DateTimeOffset.UnixEpoch, default);
        var sealedOne = await store.Outbox.SealAsync("client", 1, fence, default);
        await store.Outbox.AcknowledgeAsync(sealedOne, new PushAnswer([new MutationResult(sealedOne.Mutations[0].Id, "condition", "why")], null), fence, default);
        await store.ResetAsync(fence, default);
        await ApplyAsync(store, Page("b", 1..4));

        database.Health.MemoryOnlyReason.ShouldNotBeNull();
        (store.Status.PendingCount, store.Status.DeadLetterCount).ShouldBe((1, 1));
        (await TextsAsync(store, ViewQuery.All)).ShouldBe(["note 1", "too", "note 3"]);
        (await store.Outbox.ReadAsync(OutboxPart.DeadLetters, 9, default)).Count.ShouldBe(1);
        var (other, elsewhere) = await OpenAsync(await OpenTabAsync());
        (elsewhere.Status.RowCount, other.Health.MemoryOnlyReason).ShouldBe((0, null));
    }

    [Fact]
    public async Task WithoutStorage_AWorkerThatDiesTakesAllWithItAndTheStoreBeginsAnew()
    {
        var tab = await OpenTabAsync();
        await ChangeWorkerAsync(tab, "Object.defineProperty(self, 'indexedDB', { value: undefined });");
        var (database, store) = await OpenAsync(tab);
        await ApplyAsync(store, Page("a", 1..4));
        var (view, _) = await store.OpenViewAsync(ViewQuery.All, new RowRange(0, 0), default);
        var emptied = NextChange(store, status => status.RowCount == 0 && status.Cursor == null);

        await tab.Page.Workers[^1].EvaluateAsync<bool?>("() => { self.close(); }");

        await emptied;
        await Should.ThrowAsync<SyncStoreException>(async () => await view.ReadAsync(new RowRange(0, 3), default));
        var failure = await Should.ThrowAsync<SyncStoreException>(async () => await ApplyAsync(store, Page("a", 1..4)));
        failure.Failure.ShouldBe(SyncStoreFailure.Superseded);
        database.Health.Losses.ShouldBeEmpty();
    }

    [Fact]
    public async Task ALostDatabase_IsToldWithItsEditsAtEachStartUntilItIsAcknowledged()
    {
        var (first, store) = await OpenAsync(await OpenTabAsync());
        await ApplyAsync(store, Page("a", 1..4));
        await store.Outbox.EditAsync([Edit(1, "mine"), Edit(2, "too")], DateTimeOffset.UnixEpoch, default);
        first.Health.Losses.ShouldBeEmpty();
        await first.DisposeAsync();
        await LoseAsync();

        var (second, emptied) = await OpenAsync(await OpenTabAsync());
        second.Health.Losses.ShouldBe([new CollectionLoss("notes", 2)]);
        await ApplyAsync(emptied, Page("a", 1..4), fence: await emptied.LeadAsync(default));
        var (third, _) = await OpenAsync(await OpenTabAsync());
        third.Health.Losses.ShouldBe([new CollectionLoss("notes", 2)]);
        await third.AcknowledgeLossesAsync(default);
        third.Health.Losses.ShouldBeEmpty();

        (await OpenAsync(await OpenTabAsync())).Database.Health.Losses.ShouldBeEmpty();
    }

    [Fact]
    public async Task WhatTheServerHasConfirmed_IsNoEditThatIsLost()
    {
        var (first, store) = await OpenAsync(await OpenTabAsync());
        await ApplyAsync(store, Page("a", 1..4));
        await store.Outbox.EditAsync([Edit(1, "mine")], DateTimeOffset.UnixEpoch, default);
        var (_, leader) = await OpenAsync(await OpenTabAsync());
        var fence = await leader.LeadAsync(default);
        var batch = await leader.Outbox.SealAsync("client", 1, fence, default);
        await leader.Outbox.AcknowledgeAsync(batch, new PushAnswer([new MutationResult(batch.Mutations[0].Id, null, null)], null), fence, default);
        await first.DisposeAsync();
        await LoseAsync();

        (await OpenAsync(await OpenTabAsync())).Database.Health.Losses.ShouldBe([new CollectionLoss("notes", 0)]);
    }

    [Fact]
    public async Task AWipeOnPurposeAndAnotherSchema_AreNoLosses()
    {
        var (first, store) = await OpenAsync(await OpenTabAsync());
        await ApplyAsync(store, Page("a", 1..4));
        await first.DisposeAsync();
        var (second, _) = await OpenAsync(await OpenTabAsync(), Schema("title"));
        second.Health.Losses.ShouldBeEmpty();

        await second.WipeAsync(default);

        (await OpenAsync(await OpenTabAsync())).Database.Health.Losses.ShouldBeEmpty();
    }

    [Fact]
    public async Task WithoutLocalStorage_NothingIsDetectedAndNothingFails()
    {
        const string denied = "() => Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })";
        var tab = await OpenTabAsync();
        await tab.Page.EvaluateAsync(denied);
        var (first, store) = await OpenAsync(tab);
        await ApplyAsync(store, Page("a", 1..4));
        await first.DisposeAsync();
        await LoseAsync();
        var other = await OpenTabAsync();
        await other.Page.EvaluateAsync(denied);

        (await OpenAsync(other)).Database.Health.Losses.ShouldBeEmpty();
    }

    [Fact]
    public async Task TheDataOfANewerVersion_IsLeftAloneAndAReloadIsAskedFor()
    {
        var tab = await OpenTabAsync();
        await tab.Page.EvaluateAsync(OtherVersion, Name);
        var database = new IndexedDbStore(tab, Name);
        Opened.Add(database);

        var failure = await Should.ThrowAsync<SyncStoreException>(async () => await database.OpenAsync(Notes, default));

        failure.Failure.ShouldBe(SyncStoreFailure.Unavailable);
        failure.Message.ShouldContain("newer version of this app");
        database.Health.ReloadReason.ShouldBe(failure.Message);
        (await tab.Page.EvaluateAsync<int>("async name => (await indexedDB.databases()).find(database => database.name === name).version", Name)).ShouldBe(99);
    }

    [Fact]
    public async Task ANewerVersionInAnotherTab_IsNotHeldUpAndAReloadIsAskedFor()
    {
        var (database, store) = await OpenAsync(await OpenTabAsync());
        var changed = 0;
        database.HealthChanged += () => changed++;

        await (await OpenTabAsync()).Page.EvaluateAsync(OtherVersion, Name);

        var failure = await Should.ThrowAsync<SyncStoreException>(async () => await ApplyAsync(store, Page("a", 1..4)));
        failure.Message.ShouldContain("newer version of this app");
        (database.Health.ReloadReason, changed).ShouldBe((failure.Message, 1));
    }

    [Fact]
    public async Task ALostConnection_IsOpenedAgain()
    {
        var tab = await OpenTabAsync();
        var (_, store) = await OpenAsync(tab);
        await tab.Page.Workers[^1].EvaluateAsync<bool?>(
            """
            () => {
              const begin = IDBDatabase.prototype.transaction;
              let failures = 2;
              IDBDatabase.prototype.transaction = function (...args) {
                if (failures-- > 0)
                  throw new DOMException('The database connection is closing.', 'InvalidStateError');
                return begin.apply(this, args);
              };
            }
            """);

        (await ApplyAsync(store, Page("a", 1..4))).RowCount.ShouldBe(3);
    }

    [Fact]
    public async Task Persistence_IsAskedForOnceAtTheFirstEdit()
    {
        var tab = await OpenTabAsync();
        await tab.Page.EvaluateAsync("() => { window.asked = 0; navigator.storage.persist = async () => { window.asked++; return true; }; }");
        var (_, store) = await OpenAsync(tab);
        await ApplyAsync(store, Page("a", 1..4));
        (await tab.Page.EvaluateAsync<int>("window.asked")).ShouldBe(0);

        for (var i = 0; i < 2; i++)
            await store.Outbox.EditAsync([Edit(1, $"edit {i}")], DateTimeOffset.UnixEpoch, default);

        (await tab.Page.EvaluateAsync<int>("window.asked")).ShouldBe(1);
    }

    [Fact]
    public async Task Usage_IsWhatTheBrowserTells()
    {
        var tab = await OpenTabAsync();
        var (database, _) = await OpenAsync(tab);
        await tab.Page.EvaluateAsync("() => { navigator.storage.estimate = async () => ({ usage: 5, quota: 7_000_000_000 }); navigator.storage.persisted = async () => true; }");

        (await database.ReadUsageAsync(default)).ShouldBe(new StorageUsage(5, 7_000_000_000, true));

        await tab.Page.EvaluateAsync("() => { navigator.storage.estimate = async () => ({}); }");
        (await database.ReadUsageAsync(default)).ShouldBeNull();
    }

    private static RowEdit Edit(long key, string text) => new(new RowKey(key), FieldValues.Of(Notes, ("text", text)));

    /// <summary>Runs a script in the tab's workers before theirs: a browser that is another one there.</summary>
    private static async Task ChangeWorkerAsync(Tab tab, string script) => await tab.Page.RouteAsync("**/sync-indexeddb.worker.js", async route => await route.FulfillAsync(new RouteFulfillOptions
    {
        ContentType = "text/javascript",
        Body = script + await File.ReadAllTextAsync(RepositoryFiles.PathOf("src", "Sync.IndexedDb", "wwwroot", "sync-indexeddb.worker.js")),
    }));

    private async Task<(IndexedDbStore Database, ICollectionStore Store)> OpenAsync(Tab tab, CollectionSchema? schema = null, int cacheBytes = IndexedDbStore.DefaultCacheBytes)
    {
        var database = new IndexedDbStore(tab, Name, cacheBytes);
        Opened.Add(database);
        return (database, await database.OpenAsync(schema ?? Notes, default));
    }

    private static async Task ApplyAsync(ICollectionStore store, byte[] page, long fence) =>
        await store.ApplyAsync(page, new PullStart(null, store.Status.Writes), fence, default);

    /// <summary>Deletes the database as a browser does that cannot read it.</summary>
    private async Task LoseAsync() => await (await OpenTabAsync()).Page.EvaluateAsync(
        "name => new Promise((done, fail) => { const request = indexedDB.deleteDatabase(name); request.onsuccess = () => done(); request.onblocked = fail; })", Name);
}
