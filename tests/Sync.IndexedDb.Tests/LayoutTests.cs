using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>Small segments are merged and dead rows left behind: what is stored has a bound, and nobody notices.</summary>
[Collection(nameof(Chromium))]
public sealed class LayoutTests(Chromium chromium) : BrowserStoreTests(chromium)
{
    // The numbers of Script/limits.ts, and of TinyLimits.
    [Theory]
    [InlineData("{}", 32, 64, 4096)]
    [InlineData(TinyLimits.Json, 2, 3, 5)]
    public async Task After_many_small_deltas_there_are_few_segments(string limits, int tailSegments, int spareSegments, int chunkRows)
    {
        const int deltas = 200;
        await using var activity = new Activity();
        var truth = new Truth(100);
        var (_, store, watcher) = await OpenAsync(activity, limits);
        await PullAsync(store, truth.Snapshot());

        for (var delta = 0; delta < deltas; delta++)
            await PullAsync(store, truth.Update(1 + delta * 37 % truth.Count));

        // Dead rows are at most half as many as those that are shown, or as many as are not worth a compaction.
        var rows = truth.Count + Math.Max(truth.Count / 2, deltas);
        var bound = Math.Max(tailSegments + 1, spareSegments + 2 * ((rows + chunkRows - 1) / chunkRows));
        await UntilAsync(activity, watcher, stored => stored.Segments <= bound);
        await ShouldShowAsync(store, truth);
    }

    [Fact]
    public async Task After_every_row_was_updated_twice_the_bytes_are_at_most_twice_those_of_the_rows()
    {
        await using var activity = new Activity();
        var truth = new Truth(3000);
        var (_, store, watcher) = await OpenAsync(activity, "{}");
        await PullAsync(store, truth.Snapshot());

        for (var round = 0; round < 2; round++)
        {
            foreach (var keys in Enumerable.Range(1, truth.Count).Chunk(500))
                await PullAsync(store, truth.Update(keys));
        }

        var fresh = new IndexedDbStore(watcher, $"{Name}-fresh");
        Opened.Add(fresh);
        var only = await fresh.OpenAsync(History.Schema, default);
        await only.ApplyAsync(truth.Snapshot(), new PullStart(null, 0), await only.LeadAsync(default), default);
        var living = (await Stored.ReadAsync(watcher.Page, $"{Name}-fresh")).Bytes;
        var stored = await UntilAsync(activity, watcher, stored => stored.Bytes <= 2 * living);
        stored.Bytes.ShouldBeGreaterThan(living / 2);
        await ShouldShowAsync(store, truth);
    }

    [Fact]
    public async Task A_diagnosis_tells_what_is_on_disk_and_in_memory()
    {
        await using var activity = new Activity();
        var truth = new Truth(100);
        var (_, store, watcher) = await OpenAsync(activity, "{}");
        var database = new IndexedDbStore(watcher, Name);
        Opened.Add(database);
        await PullAsync(store, truth.Snapshot());
        await PullAsync(store, truth.Update(1, 2, 3));
        await database.OpenAsync(History.Schema, default);

        var before = await database.ReadDiagnosisAsync(History.Schema, default);
        await store.OpenViewAsync(ViewQuery.All, new RowRange(0, 1), default);

        before.Segments.ShouldBeInRange(1, 2);
        before.Changes.ShouldBeInRange(100, 103);
        before.Columns.ShouldBeEmpty();
        before.ColumnBytes.ShouldBePositive();
        await Should.ThrowAsync<SyncStoreException>(async () => await database.ReadDiagnosisAsync(Notes, default));
    }

    [Theory]
    [InlineData("{}", 3000)]
    [InlineData(TinyLimits.Json, 150)]
    public async Task A_view_that_was_opened_before_a_compaction_goes_on_reading_what_it_showed(string limits, int rows)
    {
        await using var activity = new Activity();
        var truth = new Truth(rows);
        var (_, here, watcher) = await OpenAsync(activity, limits, cacheBytes: 0);
        var (_, there, _) = await OpenAsync(activity, limits, cacheBytes: 0, listens: false);
        var known = NextChange(there, status => status.RowCount == rows);
        await PullAsync(here, truth.Snapshot());
        await known;
        var before = await truth.ModelAsync();
        var byName = ViewQuery.All with { Sort = [new("name", Abstractions.SortDirection.Descending)] };
        var (hereView, _) = await here.OpenViewAsync(byName, new RowRange(0, 1), default);
        var (thereView, _) = await there.OpenViewAsync(byName, new RowRange(0, 1), default);
        var first = await Stored.ReadAsync(watcher.Page, Name);

        for (var round = 0; round < 2; round++)
        {
            foreach (var keys in Enumerable.Range(1, rows).Chunk(rows / 3))
                await PullAsync(here, truth.Update(keys));
        }

        await UntilAsync(activity, watcher, stored => stored.Shown != first.Shown);
        foreach (var view in new[] { hereView, thereView })
        {
            $"view of {view.Count}\n{History.Say(await view.ReadAsync(new RowRange(0, rows), default))}".ShouldBe(await History.RowsAsync(before, byName));
            await view.DisposeAsync();
        }

        var caughtUp = NextChange(there, status => status.Writes >= here.Status.Writes);
        if (there.Status.Writes < here.Status.Writes)
            await caughtUp;
        await ShouldShowAsync(here, truth);
        await ShouldShowAsync(there, truth);
        await Stored.SweptAsync(watcher.Page, Name).WaitAsync(Patience);
    }

    [Theory]
    [InlineData(Doing.Compact, 0)]
    [InlineData(Doing.Compact, 4)]
    [InlineData(Doing.Swap, 0)]
    public async Task A_compaction_that_was_cut_off_leaves_nothing_behind_after_the_next_one(string where, int requests)
    {
        await using var activity = new Activity();
        var truth = new Truth(60);
        var (tab, store, watcher) = await OpenAsync(activity, TinyLimits.Json);
        await PullAsync(store, truth.Snapshot());
        await Activity.StopAsync(watcher.Page, where, requests);
        // The worker stops in the middle of the answer to one of these.
        List<Task> updates = [];
        while (!activity.Stopped.IsCompleted)
        {
            updates.Add(PullAsync(store, truth.Update([.. Enumerable.Range(1, 40)])));
            await Task.WhenAny(Task.WhenAll(updates), activity.Stopped).WaitAsync(Patience);
        }

        await tab.CrashAsync();
        _ = Task.WhenAll(updates).ContinueWith(static calls => calls.Exception, TaskScheduler.Default);
        Opened.RemoveAll(opened => opened == tab || opened is IndexedDbStore);
        var (_, again, _) = await OpenAsync(activity, TinyLimits.Json, listens: false);
        Fence = null;
        await PullAsync(again, truth.Snapshot());
        var unfinished = await Stored.ReadAsync(watcher.Page, Name);
        for (var round = 0; round < 2; round++)
            await PullAsync(again, truth.Update([.. Enumerable.Range(1, truth.Count)]));

        await UntilAsync(activity, watcher, stored => stored.Shown > unfinished.Shown && stored.Rewriting is null);
        var stored = await Stored.SweptAsync(watcher.Page, Name).WaitAsync(Patience);
        stored.Generations.ShouldBe([stored.Shown]);
        await ShouldShowAsync(again, truth);
    }

    [Fact]
    public async Task Edits_on_most_rows_have_nothing_compacted_for_their_sake()
    {
        await using var activity = new Activity();
        var truth = new Truth(60);
        var (_, store, watcher) = await OpenAsync(activity, TinyLimits.Json);
        await PullAsync(store, truth.Snapshot());
        await store.Outbox.EditAsync([.. Enumerable.Range(1, 50).Select(key => Truth.Edit(key, key))], DateTimeOffset.UnixEpoch, default);
        var before = await Stored.ReadAsync(watcher.Page, Name);

        // Upkeep saves the windows of new views after everything else.
        foreach (var query in History.Queries)
        {
            var saved = activity.NextAsync(Doing.Save);
            var (view, _) = await store.OpenViewAsync(query, new RowRange(0, 1), default);
            await view.DisposeAsync();
            await saved.WaitAsync(Patience);
        }

        (await Stored.ReadAsync(watcher.Page, Name)).Shown.ShouldBe(before.Shown);
    }

    private static async Task ShouldShowAsync(ICollectionStore store, Truth truth)
    {
        var model = await truth.ModelAsync();
        foreach (var query in History.Queries)
            (await History.RowsAsync(store, query)).ShouldBe(await History.RowsAsync(model, query));
    }

    /// <summary>Looks at what is stored after every piece of upkeep until it is as expected.</summary>
    private async Task<Stored> UntilAsync(Activity activity, Tab watcher, Predicate<Stored> isIt)
    {
        for (; ; )
        {
            var next = Task.WhenAny(activity.NextAsync(Doing.Merge), activity.NextAsync(Doing.Swap));
            var stored = await Stored.ReadAsync(watcher.Page, Name);
            if (isIt(stored))
                return stored;
            await next.WaitAsync(Patience);
        }
    }

    private async Task PullAsync(ICollectionStore store, byte[] page)
    {
        var fence = Fence ??= await store.LeadAsync(default);
        await store.ApplyAsync(page, new PullStart(store.Status.Cursor, store.Status.Writes), fence, default);
    }

    private long? Fence { get; set; }

    /// <summary>Opens the database in a tab, with another one beside it that watches.</summary>
    private async Task<(Tab Tab, ICollectionStore Store, Tab Watcher)> OpenAsync(Activity activity, string limits, int cacheBytes = IndexedDbStore.DefaultCacheBytes, bool listens = true)
    {
        var watcher = await OpenTabAsync();
        if (listens)
            await activity.ListenAsync(watcher.Page);
        var tab = await OpenTabAsync();
        var database = new IndexedDbStore(tab, Name, cacheBytes, limits);
        Opened.Add(database);
        return (tab, await database.OpenAsync(History.Schema, default), watcher);
    }
}
