using System.Globalization;
using Collection.Sync.Abstractions;

namespace Collection.Contracts;

// Views that are opened in place of others, and where rows are in a view.
public abstract partial class CollectionStoreContract
{
    [Fact]
    public async Task FindAsync_TellsThePositionOfAKeyInTheView()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, new RowVersion(0, 1), "b", rank: 1).Thing(2, new RowVersion(0, 2), "a", rank: 1).Thing(3, new RowVersion(0, 3), "c", rank: 2));
        var query = SortedBy(("name", SortDirection.Ascending)) with { Filters = [new EqualFilter("rank", 1)] };
        var (view, _) = await store.OpenViewAsync(query, default, default);
        await using var opened = view;

        await ApplyNextAsync(store, Page().Thing(1, new RowVersion(0, 4), "z", rank: 9).Delete(2, new RowVersion(0, 5)));

        (await view.FindAsync(new RowKey(1), default)).ShouldBe(1);
        (await view.FindAsync(new RowKey(2), default)).ShouldBe(0);
        (await view.FindAsync(new RowKey(3), default)).ShouldBeNull();
        (await view.FindAsync(new RowKey(4), default)).ShouldBeNull();
    }

    // Ranks of rows 0 to 9 are ten times their keys; the window has rows 3 to 5.
    public static TheoryData<string, string, ViewChange> Changes => new()
    {
        { "", "0 1 2 3 4 5 6 7 8 9", Told(3) },
        { "11@5", "0 11 1 2 3 4 5 6 7 8 9", Told(4, inserted: (1, 0, 0)) },
        { "11@35", "0 1 2 3 11 4 5 6 7 8 9", Told(3, inserted: (0, 1, 0)) },
        { "11@95", "0 1 2 3 4 5 6 7 8 9 11", Told(3, inserted: (0, 0, 1)) },
        { "0-", "1 2 3 4 5 6 7 8 9", Told(2, removed: (1, 0, 0)) },
        { "3-", "0 1 2 4 5 6 7 8 9", Told(3, removed: (0, 1, 0)) },
        { "9-", "0 1 2 3 4 5 6 7 8", Told(3, removed: (0, 0, 1)) },
        { "0@0", "0 1 2 3 4 5 6 7 8 9", Told(3, changed: (1, 0, 0)) },
        { "3@30", "0 1 2 3 4 5 6 7 8 9", Told(3, changed: (0, 1, 0)) },
        { "3@1", "0 3 1 2 4 5 6 7 8 9", Told(4, changed: (0, 1, 0)) },
        { "3@99", "0 1 2 4 5 6 7 8 9 3", Told(3, changed: (0, 1, 0)) },
        { "9@1", "0 9 1 2 3 4 5 6 7 8", Told(4, changed: (0, 0, 1)) },
        { "3@30 4@40 5@50", "0 1 2 3 4 5 6 7 8 9", Told(3, changed: (0, 3, 0)) },
        { "3- 4- 5-", "0 1 2 6 7 8 9", Told(3, removed: (0, 3, 0)) },
        { "3- 4- 5- 6- 7- 8- 9-", "0 1 2", Told(0, removed: (0, 3, 4)) },
        { "4@777777", "0 1 2 3 5 6 7 8 9", Told(3, removed: (0, 1, 0)) },
        { "11@15 0- 4@41 9@33 8-", "1 11 2 3 9 4 5 6 7", Told(3, inserted: (1, 0, 0), removed: (1, 0, 1), changed: (0, 1, 1)) },
    };

    [Fact]
    public async Task ReopenAsync_TellsWhatHasChangedAboutTheWindowAndReadsItWhereItIsNow()
    {
        foreach (var row in Changes)
        {
            var (changes, keys, expected) = ((string)row[0], (string)row[1], (ViewChange)row[2]);
            var store = await OpenAsync(MakeSchema($"things_{Guid.NewGuid():n}"[..20], SortDirection.Ascending));
            var page = new ThingPage(store.Schema);
            for (var i = 0; i < 10; i++)
                page.Thing(i, new RowVersion(0, i), rank: i * 10);
            await ApplyAllAsync(store, page);
            var query = SortedBy(("rank", SortDirection.Ascending)) with { Filters = [new RangeFilter("rank", null, 1000)] };
            var (view, _) = await store.OpenViewAsync(query, default, default);
            await using var opened = view;

            var next = new ThingPage(store.Schema);
            var version = new RowVersion(1, 0);
            foreach (var change in changes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(change => change.Contains('@')).Select(change => change.Split('@')))
                next.Thing(long.Parse(change[0], CultureInfo.InvariantCulture), version, rank: int.Parse(change[1], CultureInfo.InvariantCulture));
            foreach (var change in changes.Split(' ').Where(change => change.EndsWith('-')))
                next.Delete(long.Parse(change[..^1], CultureInfo.InvariantCulture), version);
            await ApplyNextAsync(store, next);
            var (reopened, window, told) = await view.ReopenAsync(new RowRange(3, 3), default);
            await using var after = reopened;

            told.ShouldBe(expected, changes);
            (await KeysOfAsync(reopened)).ShouldBe(Keys(keys), changes);
            Decode(window).Select(thing => thing.Key).ShouldBe(Keys(keys).Skip(told.Start).Take(3), changes);
            (await KeysOfAsync(view)).ShouldBe(Keys("0 1 2 3 4 5 6 7 8 9"), changes);
            reopened.Revision.ShouldBe(store.Status.Revision);
        }
    }

    [Fact]
    public async Task ReopenAsync_AfterEdits_ShowsThemAndTakesThemBack()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "a").Thing(2, 2, "b").Thing(3, 3, "c"));
        var (view, _) = await store.OpenViewAsync(SortedBy(("name", SortDirection.Ascending)), default, default);
        await store.Outbox.EditAsync([new RowEdit(new RowKey(1), FieldValues.Of(Things, ("name", "z")))], Noon, default);

        var (edited, _, told) = await view.ReopenAsync(new RowRange(0, 1), default);
        told.ShouldBe(Told(2, changed: (0, 1, 0)));
        (await KeysOfAsync(edited)).ShouldBe([2, 3, 1]);

        await store.Outbox.DiscardAsync([(await PendingAsync(store)).Single().Number], default);
        var (restored, _, back) = await edited.ReopenAsync(new RowRange(0, 1), default);
        back.ShouldBe(Told(1, changed: (0, 0, 1)));
        (await KeysOfAsync(restored)).ShouldBe([1, 2, 3]);
        var (same, _, nothing) = await view.ReopenAsync(new RowRange(0, 1), default);
        nothing.ShouldBe(Told(0));
        foreach (var each in new[] { view, edited, restored, same })
            await each.DisposeAsync();
    }

    [Fact]
    public async Task ReopenAsync_AfterARefill_CountsEveryRowThatIsStillThereAsNewer()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1).Thing(2, 2).Thing(3, 3).Thing(4, 4));
        var (view, _) = await store.OpenViewAsync(ViewQuery.All, default, default);
        await using var opened = view;

        await store.ResetAsync(await FenceAsync(store), default);
        await ApplyNextAsync(store, Page().Thing(0, 1).Thing(2, 2).Thing(3, 3), more: true);
        var (during, _, nothing) = await view.ReopenAsync(new RowRange(1, 2), default);
        await ApplyNextAsync(store, Page().Thing(4, 4).Thing(5, 5));
        var (after, window, told) = await view.ReopenAsync(new RowRange(1, 2), default);

        nothing.ShouldBe(Told(1));
        told.ShouldBe(Told(1, inserted: (1, 0, 1), removed: (1, 0, 0), changed: (0, 2, 1)));
        Decode(window).Select(thing => thing.Key).ShouldBe([2, 3]);
        (await KeysOfAsync(after)).ShouldBe([0, 2, 3, 4, 5]);
        await during.DisposeAsync();
        await after.DisposeAsync();
    }

    [Fact]
    public async Task ReopenAsync_AfterManyChanges_TellsThemToo()
    {
        var store = await OpenAsync();
        var page = Page();
        for (var i = 0; i < 1000; i++)
            page.Thing(i * 2, i, $"thing {i % 7}");
        await ApplyAllAsync(store, page);
        var (view, _) = await store.OpenViewAsync(SortedBy(("id", SortDirection.Descending)), default, default);
        await using var opened = view;

        var next = Page();
        for (var i = 0; i < 500; i++)
            next.Thing((i * 4) + 1, i + 2000).Thing(i * 4, i + 3000);
        await ApplyNextAsync(store, next);
        var (reopened, window, told) = await view.ReopenAsync(new RowRange(100, 10), default);
        await using var after = reopened;

        reopened.Count.ShouldBe(1500);
        told.ShouldBe(Told(150, inserted: (50, 3, 447), changed: (50, 5, 445)));
        Decode(window).Select(thing => thing.Key).ShouldBe([1798, 1797, 1796, 1794, 1793, 1792, 1790, 1789, 1788, 1786]);
    }

    private static async Task<IEnumerable<long>> KeysOfAsync(IStoreView view) =>
        Decode(await view.ReadAsync(new RowRange(0, view.Count), default)).Select(thing => thing.Key);

    private static ViewChange Told(int start, (int, int, int) inserted = default, (int, int, int) removed = default, (int, int, int) changed = default)
    {
        static RowCounts Counts((int Above, int Inside, int Below) counts) => new(counts.Above, counts.Inside, counts.Below);
        return new ViewChange(Counts(inserted), Counts(removed), Counts(changed), start);
    }
}
