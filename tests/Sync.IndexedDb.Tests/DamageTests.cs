using Collection.Sync.Abstractions;
using Xunit.Abstractions;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>Bits that flip in what is stored.</summary>
[Collection(nameof(Chromium))]
public sealed class DamageTests(Chromium chromium, ITestOutputHelper output) : BrowserStoreTests(chromium)
{
    // Blocks and small segments beside each other, saved windows and saved orders; what is put in order stays as it is for a while.
    private const string Limits = """{"smallChanges":20,"tailSegments":8,"tailChanges":60,"deadRows":100000,"orderRows":1,"saveGap":0,"pause":0,"rest":0}""";

    private readonly Random _random = new(Given.Seed);
    private readonly Truth _truth = new(400);
    private readonly List<RowEdit> _edits = [];
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    [Fact]
    public async Task Whatever_is_damaged_no_wrong_row_is_shown_no_edit_is_lost_and_a_refill_mends_it()
    {
        var damages = Given.Count("STRESS_DAMAGES", 16);
        output.WriteLine($"STRESS_SEED={Given.Seed}");
        for (var damage = 0; damage <= damages; damage++)
        {
            var when = $"STRESS_SEED={Given.Seed}, damage {damage}";
            var tab = await OpenTabAsync();
            await using var database = new IndexedDbStore(tab, Name, 0, Limits);
            var store = await database.OpenAsync(History.Schema, default).AsTask().WaitAsync(Patience);
            var fence = await store.LeadAsync(default);
            await ReadAsync(store, when);
            (await History.EditsAsync(store)).ShouldBe(await History.EditsAsync(await _truth.ModelAsync(_edits)), when);
            if (store.Status.Cursor is null || store.Status.IsRefilling)
                await PullAsync(null);
            // What has not been needed so far may turn out to be damaged at any time.
            var update = _truth.Update([.. Enumerable.Range(0, _random.Next(1, 30)).Select(_ => _random.Next(1, _truth.Count + 1))]);
            await MendingAsync(() => PullAsync(update));
            var edit = Truth.Edit(_random.Next(1, _truth.Count + 1), damage);
            await MendingAsync(async () => await store.Outbox.EditAsync([edit], DateTimeOffset.UnixEpoch, default));
            _edits.Add(edit);
            await MendingAsync(() => ShouldShowAsync(store, when));
            var (view, _) = await store.OpenViewAsync(History.Queries[_random.Next(History.Queries.Count)], new RowRange(0, 50), default);
            await using (view)
                await database.DisposeAsync();
            var where = await FlipAsync(tab);
            Count(where);
            if (_random.Next(2) == 0)
                Count(await FlipAsync(tab));
            await tab.DisposeAsync();
            Opened.Remove(tab);

            // A refill may begin at any time, whoever has come upon the damage: upkeep does as well.
            async Task PullAsync(byte[]? page)
            {
                SyncCursor? reached;
                do
                {
                    var start = new PullStart(store.Status.Cursor, store.Status.Writes);
                    page = start.Cursor is null || page is null ? _truth.Snapshot() : page;
                    reached = (await store.ApplyAsync(page, start, fence, default)).Cursor;
                }
                while (reached != _truth.Cursor);
            }

            async Task MendingAsync(Func<Task> action)
            {
                var refilling = NextChange(store, status => status.IsRefilling);
                try
                {
                    await action();
                }
                catch (SyncStoreException exception) when (exception.Failure == SyncStoreFailure.Corrupt)
                {
                    Count("said later that it is corrupt");
                    if (!store.Status.IsRefilling)
                        await refilling;
                    await PullAsync(null);
                    store.Status.IsRefilling.ShouldBeFalse(when);
                    await action();
                }
            }
        }

        output.WriteLine($"flipped: {string.Join(", ", _counts.Select(count => $"{count.Key} {count.Value}"))}");
    }

    [Fact]
    public async Task A_tab_that_cannot_read_what_another_one_has_stored_starts_empty_and_keeps_the_edits()
    {
        var tab = await OpenTabAsync();
        var database = new IndexedDbStore(tab, Name, 0, """{"rest":600000}""");
        Opened.Add(database);
        var store = await database.OpenAsync(History.Schema, default);
        var fence = await store.LeadAsync(default);
        await PullAsync(_truth.Snapshot());
        _edits.Add(Truth.Edit(3, 3));
        await store.Outbox.EditAsync(_edits, DateTimeOffset.UnixEpoch, default);
        await tab.Page.EvaluateAsync(
            """
            name => new Promise((done, fail) => {
              const open = indexedDB.open(name);
              open.onsuccess = () => {
                const transaction = open.result.transaction(['collections', 'segments'], 'readwrite');
                transaction.objectStore('collections').getAll().onsuccess = ({ target: { result: [record] } }) => {
                  transaction.objectStore('segments').put(new Uint8Array(64).fill(7), [record.shown.generation, record.shown.changeCount++]);
                  record.writes++;
                  transaction.objectStore('collections').put(record);
                };
                transaction.oncomplete = () => { open.result.close(); done(); };
                transaction.onabort = () => fail(transaction.error);
              };
            })
            """,
            Name);

        // The page goes on where there is nothing any more, so it is not taken.
        await PullAsync(_truth.Update(7)).WaitAsync(Patience);
        (store.Status.Cursor, store.Status.RowCount, store.Status.PendingCount).ShouldBe((null, 0, 1));

        await PullAsync(_truth.Snapshot());
        await ShouldShowAsync(store, "after a refill");
        await Stored.SweptAsync(tab.Page, Name).WaitAsync(Patience);

        async Task PullAsync(byte[] page) =>
            await store.ApplyAsync(page, new PullStart(store.Status.Cursor, store.Status.Writes), fence, default);
    }

    /// <summary>Reads all there is: each answer is right, or says that what it needs is damaged, and then a refill begins.</summary>
    private async Task ReadAsync(ICollectionStore store, string when)
    {
        if (store.Status.RowCount == 0)
        {
            store.Status.Cursor.ShouldBeNull(when);
            Count("started empty");
            return;
        }

        var model = await _truth.ModelAsync(_edits);
        var refilling = NextChange(store, status => status.IsRefilling || status.Cursor is null);
        foreach (var query in History.Queries.OrderBy(_ => _random.Next()))
        {
            try
            {
                (await History.RowsAsync(store, query)).ShouldBe(await History.RowsAsync(model, query), when);
            }
            catch (SyncStoreException exception)
            {
                exception.Failure.ShouldBe(SyncStoreFailure.Corrupt, when);
                if (!store.Status.IsRefilling)
                    await refilling;
                Count("said that it is corrupt");
            }
        }
    }

    private async Task ShouldShowAsync(ICollectionStore store, string when)
    {
        var model = await _truth.ModelAsync(_edits);
        foreach (var query in History.Queries)
            (await History.RowsAsync(store, query)).ShouldBe(await History.RowsAsync(model, query), when);
    }

    /// <summary>Flips one bit of a random record of one of the object stores, and says of which.</summary>
    private async Task<string> FlipAsync(Tab tab) => await tab.Page.EvaluateAsync<string>(
        """
        ({ name, random }) => new Promise((done, fail) => {
          const open = indexedDB.open(name);
          open.onsuccess = () => {
            const stores = ['segments', 'columns', 'rows', 'orders', 'windows'];
            const transaction = open.result.transaction(stores, 'readwrite');
            const keys = stores.map(store => transaction.objectStore(store).getAllKeys());
            let flipped;
            const pick = (items, part) => items[Math.floor(random[part] * items.length)];
            keys.at(-1).onsuccess = () => {
              const store = pick(stores.filter((_, i) => keys[i].result.length > 0), 0);
              const key = pick(keys[stores.indexOf(store)].result, 1);
              transaction.objectStore(store).get(key).onsuccess = ({ target: { result: record } }) => {
                const bytes = record instanceof Uint8Array ? record : record.rows;
                bytes[Math.floor(random[2] * bytes.length)] ^= 1 << Math.floor(random[3] * 8);
                transaction.objectStore(store).put(record, key);
                flipped = store;
              };
            };
            transaction.oncomplete = () => { open.result.close(); done(flipped); };
            transaction.onabort = () => fail(transaction.error);
          };
        })
        """,
        new { name = Name, random = Enumerable.Range(0, 4).Select(_ => _random.NextDouble()).ToArray() });

    private void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;
}
