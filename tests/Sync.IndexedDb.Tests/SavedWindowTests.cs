using Collection.Sync.Abstractions;
using Microsoft.Playwright;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>The first rows of the last views, which a start shows before it has read the others.</summary>
[Collection(nameof(Chromium))]
public sealed class SavedWindowTests(Chromium chromium) : BrowserStoreTests(chromium)
{
    private const string SavesAtOnce = """{"rest":0,"pause":0,"saveGap":0}""";
    private const string NeverSaves = """{"rest":600000}""";

    private static readonly RowRange FirstRows = new(0, 40);
    private static readonly ViewQuery ByName = ViewQuery.All with { Sort = [new("name", Abstractions.SortDirection.Ascending)] };

    private readonly Truth _truth = new(3000);
    private long? _fence;

    [Fact]
    public async Task A_start_shows_the_first_rows_before_the_segments_are_read()
    {
        await SaveAsync();
        var tab = await OpenTabAsync();
        await HoldSegmentsAsync(tab.Page);

        var store = await OpenAsync(SavesAtOnce);
        var (view, rows) = await store.OpenViewAsync(ByName, FirstRows, default).AsTask().WaitAsync(Patience);
        var beyond = view.ReadAsync(new RowRange(2000, 40), default).AsTask();
        var again = await view.ReadAsync(new RowRange(10, 20), default).AsTask().WaitAsync(Patience);

        beyond.IsCompleted.ShouldBeFalse();
        (view.Count, store.Status.RowCount).ShouldBe((_truth.Count, _truth.Count));
        var expected = await ModelRowsAsync();
        History.Say(rows).ShouldBe(Part(expected, FirstRows));
        History.Say(again).ShouldBe(Part(expected, new RowRange(10, 20)));

        await LetGoAsync(tab.Page);
        History.Say(await beyond).ShouldBe(Part(expected, new RowRange(2000, 40)));
        foreach (var query in History.Queries)
            (await History.RowsAsync(store, query)).ShouldBe(await History.RowsAsync(await _truth.ModelAsync(), query));
    }

    [Fact]
    public async Task A_tab_that_dies_before_it_has_saved_leaves_no_old_rows_for_the_next_start()
    {
        await SaveAsync();
        var tab = await OpenTabAsync();
        var store = await new IndexedDbStore(tab, Name, IndexedDbStore.DefaultCacheBytes, NeverSaves).OpenAsync(History.Schema, default);
        await PullAsync(store, _truth.Update([.. Enumerable.Range(1, 60)]));
        await store.Outbox.EditAsync([Truth.Edit(70, 1)], DateTimeOffset.UnixEpoch, default);
        await tab.CrashAsync();

        var (view, rows) = await (await OpenAsync(NeverSaves)).OpenViewAsync(ByName, FirstRows, default);

        History.Say(rows).ShouldBe(Part(await ModelRowsAsync(Truth.Edit(70, 1)), FirstRows));
        await view.DisposeAsync();
    }

    [Fact]
    public async Task A_view_of_saved_rows_is_read_further_as_it_was_or_not_at_all_when_another_tab_has_written_meanwhile()
    {
        await SaveAsync();
        var writer = await OpenAsync(NeverSaves);
        await PullAsync(writer, _truth.Update(5));
        await PullAsync(writer, _truth.Update(6));
        // No window fits any more: it is saved anew.
        await SaveAsync();
        var before = await ModelRowsAsync();
        var tab = await OpenTabAsync();
        await HoldSegmentsAsync(tab.Page);
        var store = await OpenAsync(NeverSaves);
        var (view, rows) = await store.OpenViewAsync(ByName, FirstRows, default).AsTask().WaitAsync(Patience);
        var writing = PullAsync(writer, _truth.Update([.. Enumerable.Range(1, 200)]));
        var beyond = view.ReadAsync(new RowRange(1000, 40), default).AsTask();
        await LetGoAsync(tab.Page);
        await writing;

        History.Say(rows).ShouldBe(Part(before, FirstRows));
        try
        {
            History.Say(await beyond).ShouldBe(Part(before, new RowRange(1000, 40)));
        }
        catch (SyncStoreException exception)
        {
            exception.Message.ShouldContain("Open the view again");
        }

        var caughtUp = NextChange(store, status => status.Writes >= writer.Status.Writes);
        if (store.Status.Writes < writer.Status.Writes)
            await caughtUp;
        (await History.RowsAsync(store, ByName)).ShouldBe(await ModelRowsAsync());
    }

    /// <summary>Fills the database where it is empty, and closes it once the first rows of the view are saved.</summary>
    private async Task SaveAsync()
    {
        await using var activity = new Activity();
        var tab = await OpenTabAsync();
        await activity.ListenAsync(tab.Page);
        await using var database = new IndexedDbStore(tab, Name, IndexedDbStore.DefaultCacheBytes, SavesAtOnce);
        var store = await database.OpenAsync(History.Schema, default);
        if (store.Status.RowCount == 0)
            await PullAsync(store, _truth.Snapshot());
        var saved = activity.NextAsync(Doing.Save);
        var (view, _) = await store.OpenViewAsync(ByName, FirstRows, default);
        await using (view)
            await saved.WaitAsync(Patience);
    }

    private async Task<ICollectionStore> OpenAsync(string limits)
    {
        var database = new IndexedDbStore(await OpenTabAsync(), Name, IndexedDbStore.DefaultCacheBytes, limits);
        Opened.Add(database);
        return await database.OpenAsync(History.Schema, default).AsTask().WaitAsync(Patience);
    }

    private async Task PullAsync(ICollectionStore store, byte[] page)
    {
        var fence = _fence ??= await store.LeadAsync(default);
        await store.ApplyAsync(page, new PullStart(store.Status.Cursor, store.Status.Writes), fence, default);
    }

    private async Task<string> ModelRowsAsync(params RowEdit[] edits) => await History.RowsAsync(await _truth.ModelAsync(edits), ByName);

    /// <summary>Some lines of what <see cref="History.RowsAsync"/> has returned.</summary>
    private static string Part(string rows, RowRange range) => string.Join('\n', rows.Split('\n').Skip(1 + range.Start).Take(range.Count));

    /// <summary>Keeps everybody else from the segments.</summary>
    private async Task HoldSegmentsAsync(IPage page) => await page.EvaluateAsync(
        """
        name => new Promise(held => {
          const open = indexedDB.open(name);
          open.onsuccess = () => {
            const transaction = open.result.transaction('segments', 'readwrite');
            window.isHeld = true;
            transaction.oncomplete = () => open.result.close();
            const hold = () => {
              held();
              if (window.isHeld)
                transaction.objectStore('segments').count().onsuccess = hold;
            };
            hold();
          };
        })
        """,
        Name);

    private static async Task LetGoAsync(IPage page) => await page.EvaluateAsync("() => { window.isHeld = false; }");
}
