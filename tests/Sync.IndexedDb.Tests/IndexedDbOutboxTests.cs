using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>Edits in the browser's store: tabs beside each other, tabs that end, a full disk, and the first version of the database.</summary>
[Collection(nameof(Chromium))]
public sealed class IndexedDbOutboxTests(Chromium chromium) : BrowserStoreTests(chromium)
{
    private static readonly DateTimeOffset Made = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Edit_InTwoTabsAtOnce_GivesEachEditANumberAndShowsThemAllInBoth()
    {
        var (here, there) = (await OpenAsync(), await OpenAsync());
        await ApplyAsync(here, Page("a", 1..101));
        Task[] seen = [NextChange(here, status => status.PendingCount == 100), NextChange(there, status => status.PendingCount == 100)];

        await Task.WhenAll(Enumerable.Range(1, 100).Select(async id => await EditAsync(id % 2 == 0 ? here : there, id, $"edit {id}")));

        await Task.WhenAll(seen);
        here.Status.ShouldBe(there.Status);
        var expected = Enumerable.Range(1, 100).Select(id => $"edit {id}").ToArray();
        (await TextsAsync(here, ViewQuery.All)).ShouldBe(expected);
        (await TextsAsync(there, ViewQuery.All)).ShouldBe(expected);
        var entries = await here.Outbox.ReadAsync(OutboxPart.Pending, int.MaxValue, default);
        entries.Select(entry => entry.Number).ShouldBe(Enumerable.Range(1, 100).Select(number => (long)number));
        entries.Select(entry => entry.Edit.Key.Value).Order().ShouldBe(Enumerable.Range(1, 100).Select(id => (long)id));
    }

    [Fact]
    public async Task Edit_IsThereAfterItsTabWasClosed()
    {
        var tab = await OpenTabAsync();
        var store = await new IndexedDbStore(tab, Name).OpenAsync(Notes, default);
        await ApplyAsync(store, Page("a", 1..4));
        await EditAsync(store, 2, "edited");
        await tab.DisposeAsync();

        var reopened = await OpenAsync();

        reopened.Status.ShouldBe(store.Status);
        (await TextsAsync(reopened, ViewQuery.All)).ShouldBe(["note 1", "edited", "note 3"]);
        (await TextsAsync(reopened, ViewQuery.All with { Search = "edited" })).ShouldBe(["edited"]);
        (await reopened.Outbox.ReadAsync(OutboxPart.Pending, 9, default)).Single().Edit.ShouldBe(Edit(2, "edited"));
    }

    [Fact]
    public async Task Edit_OfAnEarlierVersion_IsReadAndBecomesOneWithTheNext()
    {
        var tab = await OpenTabAsync();
        var store = await new IndexedDbStore(tab, Name).OpenAsync(Notes, default);
        await ApplyAsync(store, Page("a", 1..4));
        await EditAsync(store, 2, "edited");
        // Earlier versions did not write what had caused an edit.
        (await tab.Page.EvaluateAsync<int>(
            """
            name => new Promise(done => {
              const open = indexedDB.open(name);
              open.onsuccess = () => {
                const transaction = open.result.transaction('outbox', 'readwrite');
                const outbox = transaction.objectStore('outbox');
                outbox.getAll().onsuccess = ({ target: { result: entries } }) => {
                  for (const { correlationId, ...entry } of entries)
                    outbox.put(entry);
                  transaction.oncomplete = () => { open.result.close(); done(entries.length); };
                };
              };
            })
            """, Name)).ShouldBe(1);
        await tab.DisposeAsync();

        var reopened = await OpenAsync();
        (await reopened.Outbox.ReadAsync(OutboxPart.Pending, 9, default)).Single().Edit.ShouldBe(Edit(2, "edited"));
        await EditAsync(reopened, 2, "edited again");

        (await reopened.Outbox.ReadAsync(OutboxPart.Pending, 9, default)).Single().Edit.ShouldBe(Edit(2, "edited again"));
    }

    [Fact]
    public async Task Open_AfterATabWasKilledWhileItEdited_HasTheEditsAndTheirRowsOrNeither()
    {
        var tab = await OpenTabAsync();
        var store = await new IndexedDbStore(tab, Name).OpenAsync(Notes, default);
        await ApplyAsync(store, Page("a", 1..2001));
        var torn = store.Outbox.EditAsync([.. Enumerable.Range(1, 2000).Select(id => Edit(id, "edited"))], Made, default).AsTask();
        await tab.DisposeAsync();
        await Should.ThrowAsync<Exception>(torn);

        var reopened = await OpenAsync();

        reopened.Status.PendingCount.ShouldBeOneOf(0, 2000);
        (await reopened.Outbox.ReadAsync(OutboxPart.Pending, int.MaxValue, default)).Count.ShouldBe(reopened.Status.PendingCount);
        (await TextsAsync(reopened, ViewQuery.All)).Count(text => text == "edited").ShouldBe(reopened.Status.PendingCount);
    }

    [Fact]
    public async Task Edit_WithoutRoom_SaysQuotaAndChangesNothingAndGoesOnLater()
    {
        var tab = await OpenTabAsync("cramped");
        var quota = await SetQuotaAsync(tab, 300_000);
        var database = new IndexedDbStore(tab, Name);
        Opened.Add(database);
        var store = await database.OpenAsync(Notes, default);
        await ApplyAsync(store, Page("a", 1..4));
        await EditAsync(store, 1, "first");
        var before = store.Status;

        var failure = await Should.ThrowAsync<SyncStoreException>(() => EditAsync(store, 2, new string('x', 1_000_000)));

        failure.Failure.ShouldBe(SyncStoreFailure.QuotaExceeded, failure.Message);
        store.Status.ShouldBe(before);
        (await TextsAsync(store, ViewQuery.All)).ShouldBe(["first", "note 2", "note 3"]);
        (await store.Outbox.ReadAsync(OutboxPart.Pending, 9, default)).Count.ShouldBe(1);
        await quota.DetachAsync();
        await EditAsync(store, 2, new string('x', 1_000_000));
        (await TextsAsync(store, ViewQuery.All))[1].Length.ShouldBe(1_000_000);
        store.Status.PendingCount.ShouldBe(2);
    }

    [Fact]
    public async Task Open_OfADatabaseOfTheFirstVersion_FetchesTheRowsAgain()
    {
        await (await OpenTabAsync()).Page.EvaluateAsync(FirstVersion, new { name = Name, hash = Notes.Hash.ToString("x16", System.Globalization.CultureInfo.InvariantCulture) });

        var store = await OpenAsync();

        (store.Status.Cursor, store.Status.IsComplete, store.Status.RowCount).ShouldBe((null, false, 0));
        await ApplyAsync(store, Page("b", 1..3));
        await EditAsync(store, 1, "Edited");
        (await TextsAsync(store, ViewQuery.All)).ShouldBe(["Edited", "note 2"]);
    }

    // Rows 1 and 2, and row 3 deleted, as the first version stored them.
    private const string FirstVersion = """
        ({ name, hash }) => new Promise(done => {
          const open = indexedDB.open(name, 1);
          open.onupgradeneeded = () => {
            open.result.createObjectStore('collections', { keyPath: 'name' });
            for (const store of ['segments', 'columns', 'rows'])
              open.result.createObjectStore(store);
          };
          open.onsuccess = () => {
            const transaction = open.result.transaction(['collections', 'segments', 'columns', 'rows'], 'readwrite');
            const bytes = (offsets, values) => {
              const table = new Uint8Array(Uint32Array.from(offsets).buffer);
              const all = new Uint8Array(table.length + values.length);
              all.set(table);
              all.set(values, table.length);
              return all;
            };
            const text = value => [...new TextEncoder().encode(value)];
            transaction.objectStore('collections').put({ name: 'notes', schemaHash: hash, generation: 4, firstRevision: 7, cursor: 'a', isComplete: true, segmentCount: 1, retired: [] });
            transaction.objectStore('segments').put(
              { upserts: 2, keys: Float64Array.of(1, 2, 3), transactions: Float64Array.of(0, 0, 0), sequences: Float64Array.of(1, 2, 2), firstBlock: 0 }, [4, 0]);
            transaction.objectStore('columns').put(bytes([0, 3, 6], text('onetwo')), [4, 1, 0]);
            transaction.objectStore('rows').put(bytes([12, 18, 24], [0x92, 1, 0xa3, ...text('One'), 0x92, 2, 0xa3, ...text('Two')]), [4, 0]);
            transaction.oncomplete = () => { open.result.close(); done(); };
          };
        })
        """;

    private static RowEdit Edit(long id, string text) => new(new RowKey(id), FieldValues.Of(Notes, ("text", text)));

    private static async Task EditAsync(ICollectionStore store, long id, string text) =>
        (await store.Outbox.EditAsync([Edit(id, text)], Made, default)).Single().Result.ShouldBe(EditResult.Queued);
}
