using Collection.Sync.Abstractions;

namespace Collection.Contracts;

// Pages, versions and cursors: what a store holds after what.
public abstract partial class CollectionStoreContract
{
    [Fact]
    public async Task Open_WithNothingStored_IsEmpty()
    {
        var store = await OpenAsync();

        var status = store.Status;
        (status.Cursor, status.IsComplete, status.RowCount, status.Epoch, status.IsRefilling).ShouldBe((null, false, 0, null, false));
        (status.PendingCount, status.DeadLetterCount).ShouldBe((0, 0));
        (await KeysAsync(store, ViewQuery.All)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Apply_Page_StoresRowsAndCursorTogether()
    {
        var store = await OpenAsync();

        var status = await ApplyAsync(store, Page().Thing(2, 1, "two").Thing(1, 2, "one").Build("a", more: true), null);

        (status.Cursor, status.IsComplete, status.RowCount).ShouldBe((new SyncCursor("a"), false, 2));
        store.Status.ShouldBe(status);
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["one", "two"]);
    }

    [Fact]
    public async Task Apply_LastPage_CompletesTheFirstSyncForGood()
    {
        var store = await OpenAsync();

        (await ApplyAsync(store, Page().Thing(1, 1).Build("a", more: true), null)).IsComplete.ShouldBeFalse();
        (await ApplyAsync(store, Page().Build("b"), "a")).IsComplete.ShouldBeTrue();
        (await ApplyAsync(store, Page().Thing(2, 2).Build("c", more: true), "b")).IsComplete.ShouldBeTrue();
    }

    [Fact]
    public async Task Apply_EmptyPage_MovesTheCursorAlone()
    {
        var store = await OpenAsync();
        await ApplyAsync(store, Page().Thing(1, 1).Build("a"), null);

        var status = await ApplyAsync(store, Page().Build("b"), "a");

        (status.Cursor, status.RowCount).ShouldBe((new SyncCursor("b"), 1));
    }

    [Fact]
    public async Task Apply_AfterAnotherCursor_ChangesNothing()
    {
        var store = await OpenAsync();
        var before = await ApplyAsync(store, Page().Thing(1, 1).Build("a"), null);

        (await ApplyAsync(store, Page().Thing(2, 2).Build("b"), null)).ShouldBe(before);
        (await ApplyAsync(store, Page().Thing(2, 2).Build("b"), "z")).ShouldBe(before);
        (await KeysAsync(store, ViewQuery.All)).ShouldBe([1]);
    }

    [Fact]
    public async Task Apply_SamePageTwice_TakesItOnce()
    {
        var store = await OpenAsync();
        var page = Page().Thing(1, 1).Build("a");
        var first = await ApplyAsync(store, [.. page], null);

        (await ApplyAsync(store, [.. page], null)).ShouldBe(first);
    }

    [Fact]
    public async Task Apply_Upsert_ReplacesTheRow()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "old"), Page().Thing(1, 2, "new"));

        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["new"]);
        store.Status.RowCount.ShouldBe(1);
        (await NamesAsync(store, ViewQuery.All with { Search = "old" })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Apply_Delete_RemovesTheRow()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1).Thing(2, 2), Page().Delete(1, new(0, 3)).Delete(77, new(0, 4)));

        (await KeysAsync(store, ViewQuery.All)).ShouldBe([2]);
        store.Status.RowCount.ShouldBe(1);
    }

    [Fact]
    public async Task Apply_OlderOrSameVersion_IsIgnored()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store,
            Page().Thing(1, new RowVersion(5, 1), "newest"),
            Page().Thing(1, new RowVersion(4, 9), "older transaction"),
            Page().Thing(1, new RowVersion(5, 0), "older sequence"),
            Page().Thing(1, new RowVersion(5, 1), "same"),
            Page().Delete(1, new(5, 0)));

        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["newest"]);
    }

    [Fact]
    public async Task Apply_LateUpsertAfterDelete_DoesNotBringTheRowBack()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Delete(1, new(0, 5)), Page().Thing(1, 4, "late"));
        (await KeysAsync(store, ViewQuery.All)).ShouldBeEmpty();

        await ApplyNextAsync(store, Page().Thing(1, 6, "inserted anew"));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["inserted anew"]);
    }

    [Fact]
    public async Task Apply_KeyTwiceInAPage_NewestVersionWins()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store,
            Page().Thing(1, 9, "newest").Thing(1, 3, "older").Thing(2, 4, "gone").Thing(3, 8, "back").Delete(2, new(0, 5)).Delete(3, new(0, 7)));

        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["newest", "back"]);
        store.Status.RowCount.ShouldBe(2);
    }

    [Fact]
    public async Task Apply_MalformedPage_ChangesNothing()
    {
        var store = await OpenAsync();
        var before = await ApplyAsync(store, Page().Thing(1, 1).Build("a"), null);
        var cut = Page().Thing(2, 2).Build("b");
        var badText = Page().Thing(2, 2).Build("b");
        badText[PageLayout.Of(badText, Things).Column(0).End - 1] = 0xff;

        await Should.ThrowAsync<PageFormatException>(async () => await ApplyAsync(store, cut[..^8], "a"));
        await Should.ThrowAsync<PageFormatException>(async () => await ApplyAsync(store, badText, "a"));

        store.Status.ShouldBe(before);
        (await KeysAsync(store, ViewQuery.All)).ShouldBe([1]);
    }

    [Fact]
    public async Task Apply_PageOfAnotherSchema_IsRefused()
    {
        var store = await OpenAsync();
        var page = new PageBuilder(NewestFirst).Build("a");

        await Should.ThrowAsync<PageFormatException>(async () => await ApplyAsync(store, page, null));
    }

    [Fact]
    public async Task Apply_Cancelled_ChangesNothing()
    {
        var store = await OpenAsync();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(async () => await store.ApplyAsync(Page().Thing(1, 1).Build("a"), default, await FenceAsync(store), cancelled.Token));

        store.Status.Cursor.ShouldBeNull();
    }

    [Fact]
    public async Task Apply_HasRaisedChangedWithTheNewStatusWhenItReturns()
    {
        var store = await OpenAsync();
        await FenceAsync(store);
        List<StoreStatus> raised = [];
        store.Changed += raised.Add;
        var before = store.Status;

        var status = await ApplyAsync(store, Page().Thing(1, 1).Build("a"), null);

        raised.ShouldBe([status]);
        (status.RowCount, status.Epoch).ShouldBe((1, 1));
        status.Revision.ShouldBeGreaterThan(before.Revision);
        status.Writes.ShouldBeGreaterThan(before.Writes);
    }

    [Fact]
    public async Task Reopen_KeepsRowsCursorAndTombstones()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two"), Page().Thing(1, 3, "one again").Delete(2, new(0, 9)));
        var before = store.Status;
        await CloseAsync();

        store = await OpenAsync();

        (store.Status.Cursor, store.Status.IsComplete, store.Status.RowCount).ShouldBe((before.Cursor, before.IsComplete, before.RowCount));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["one again"]);
        (await NamesAsync(store, ViewQuery.All with { Search = "AGAIN" })).ShouldBe(["one again"]);
        await ApplyNextAsync(store, Page().Thing(1, 2, "late").Thing(2, 8, "late"));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["one again"]);
    }

    [Fact]
    public async Task Wipe_DeletesEverything()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1));
        await WipeAsync();

        store = await OpenAsync();

        (store.Status.Cursor, store.Status.RowCount).ShouldBe((null, 0));
    }

    [Fact]
    public async Task Collections_AreKeptApart()
    {
        var things = await OpenAsync();
        var newest = await OpenAsync(NewestFirst);
        await ApplyAllAsync(things, Page().Thing(1, 1));

        newest.Status.RowCount.ShouldBe(0);
        (await KeysAsync(newest, ViewQuery.All)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Apply_ManyPagesInAnyOrder_LeavesTheNewestOfEachKey()
    {
        var store = await OpenAsync();
        var random = new Random(7);
        var versions = Enumerable.Range(0, 60 * 40).ToArray();
        random.Shuffle(versions);
        var newest = new Dictionary<long, (int Version, bool IsDeleted)>();
        foreach (var chunk in versions.Chunk(40))
        {
            var page = Page();
            foreach (var version in chunk)
            {
                var (key, isDeleted) = (random.Next(300), random.Next(4) == 0);
                _ = isDeleted ? page.Delete(key, new(0, version)) : page.Thing(key, version, $"name {version}");
                if (!newest.TryGetValue(key, out var known) || version > known.Version)
                    newest[key] = (version, isDeleted);
            }

            await ApplyNextAsync(store, page);
        }

        var expected = newest.Where(row => !row.Value.IsDeleted).OrderBy(row => row.Key).Select(row => $"name {row.Value.Version}");
        var names = await NamesAsync(store, ViewQuery.All);
        names.ShouldBe(expected);
        store.Status.RowCount.ShouldBe(names.Count);
    }
}
