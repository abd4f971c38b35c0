using Collection.Sync.Abstractions;
using Xunit.Abstractions;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>Tabs that write to one database at the same time, while each of them merges and compacts what is stored.</summary>
[Collection(nameof(Chromium))]
public sealed class TabStressTests(Chromium chromium, ITestOutputHelper output) : BrowserStoreTests(chromium)
{
    private const int Pages = 24;
    private const int EditsEach = 12;

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(7)]
    public async Task Tabs_that_all_write_show_the_same_in_the_end(int tabs)
    {
        output.WriteLine($"STRESS_SEED={Given.Seed}");
        var rounds = Given.Count("STRESS_ROUNDS", 1);
        for (var round = 0; round < rounds; round++)
            await WriteInAllAsync(tabs, $"{Name}-{round}", new Random(Given.Seed + round));
    }

    private async Task WriteInAllAsync(int tabs, string name, Random random)
    {
        var truth = new Truth(90);
        var edits = new List<RowEdit>();
        var stores = new List<ICollectionStore>();
        for (var i = 0; i < tabs; i++)
            stores.Add((await OpenAsync(name, i)).Store);
        var leader = stores[0];
        var fence = await leader.LeadAsync(default);
        await PullAsync(truth.Snapshot());
        var views = new List<(IStoreView View, string Rows)>();
        foreach (var store in stores)
        {
            await ReachAsync(store, leader.Status.Writes);
            var query = History.Queries[random.Next(History.Queries.Count)];
            var (view, rows) = await store.OpenViewAsync(query, new RowRange(0, int.MaxValue), default);
            views.Add((view, History.Say(rows)));
        }

        // A tab edits the rows that nobody else does, so that it does not matter who comes first.
        var writers = stores.Select((store, i) => EditAsync(store, i)).ToList();
        var closing = await OpenAsync(name, tabs);
        var leaving = EditAsync(closing.Store, tabs);
        for (var page = 0; page < Pages; page++)
        {
            await PullAsync(truth.Update([.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => random.Next(1, truth.Count + 1))]));
            if (page != Pages / 2)
                continue;
            await leaving;
            await closing.Tab.DisposeAsync();
            Opened.RemoveAll(opened => opened == closing.Tab || opened == closing.Database);
            leader = (await OpenAsync(name, tabs + 1)).Store;
            stores.Add(leader);
            writers.Add(EditAsync(leader, tabs + 1));
            fence = await leader.LeadAsync(default);
        }

        await Task.WhenAll(writers);
        var model = await truth.ModelAsync(edits);
        var writes = stores.Max(store => store.Status.Writes);
        foreach (var store in stores)
        {
            await ReachAsync(store, writes);
            foreach (var query in History.Queries)
                (await History.RowsAsync(store, query)).ShouldBe(await History.RowsAsync(model, query));
            (await History.EditsAsync(store)).ShouldBe(await History.EditsAsync(model));
        }

        foreach (var (view, rows) in views)
        {
            History.Say(await view.ReadAsync(new RowRange(0, int.MaxValue), default)).ShouldBe(rows);
            await view.DisposeAsync();
        }

        await Stored.SweptAsync((await OpenTabAsync()).Page, name).WaitAsync(Patience);
        foreach (var opened in Enumerable.Reverse(Opened))
            await opened.DisposeAsync();
        Opened.Clear();

        async Task PullAsync(byte[] page) =>
            await leader.ApplyAsync(page, new PullStart(leader.Status.Cursor, leader.Status.Writes), fence, default);

        async Task EditAsync(ICollectionStore store, int writer)
        {
            var choice = new Random(random.Next());
            for (var number = 0; number < EditsEach; number++)
            {
                var edit = Truth.Edit(1 + writer + (tabs + 2) * choice.Next(truth.Count / (tabs + 2)), writer * 100 + number);
                (await store.Outbox.EditAsync([edit], DateTimeOffset.UnixEpoch, default)).Single().Undo.ShouldNotBeNull();
                lock (edits)
                    edits.Add(edit);
            }
        }
    }

    private async Task<(Tab Tab, IndexedDbStore Database, ICollectionStore Store)> OpenAsync(string name, int number)
    {
        var tab = await OpenTabAsync();
        var database = new IndexedDbStore(tab, name, number % 2 * IndexedDbStore.DefaultCacheBytes, TinyLimits.Json);
        Opened.Add(database);
        return (tab, database, await database.OpenAsync(History.Schema, default));
    }

    private static async Task ReachAsync(ICollectionStore store, long writes)
    {
        var reached = NextChange(store, status => status.Writes >= writes);
        if (store.Status.Writes < writes)
            await reached;
    }
}
