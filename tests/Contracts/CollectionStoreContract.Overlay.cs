using Collection.Sync.Abstractions;

namespace Collection.Contracts;

// What views show of rows with edits on top, whatever comes from the server meanwhile.
public abstract partial class CollectionStoreContract
{
    [Fact]
    public async Task EditedRow_ThatTheServerChanges_ShowsTheEditedFieldsAndTheServersOthers()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        await EditAsync(store, Edit(1, ("name", "mine"), ("rank", null)));

        await ApplyNextAsync(store, Page().Thing(1, new RowVersion(0, 2), "theirs", rank: 2, memo: "m"));
        (await ThingAsync(store, 1)).ShouldBe(new Thing(1, "mine") { Memo = "m" });

        await HintAsync(store, Page().Thing(1, new RowVersion(0, 3), "theirs again", rank: 3, memo: "n", active: true));
        (await ThingAsync(store, 1)).ShouldBe(new Thing(1, "mine") { Memo = "n", Active = true });

        await store.Outbox.DiscardAsync([(await PendingAsync(store)).Single().Number], default);
        (await ThingAsync(store, 1)).ShouldBe(new Thing(1, "theirs again") { Rank = 3, Memo = "n", Active = true });
    }

    [Fact]
    public async Task EditedRow_IsFilteredSearchedAndSortedByWhatItShows()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page()
            .Thing(1, new RowVersion(0, 1), "apple", label: "red", rank: 1, amount: 5, score: 1, active: false, seenAt: Noon)
            .Thing(2, new RowVersion(0, 2), "banana", label: null, rank: 2, amount: 6, score: 2, active: true, seenAt: null)
            .Thing(3, new RowVersion(0, 3), "cherry", label: "dark", rank: null, amount: 7, score: null, active: null, seenAt: Noon.AddDays(1)));
        await EditAsync(store,
            Edit(1, ("name", "Straße"), ("label", null), ("rank", null), ("amount", 1L << 40), ("score", -1.5), ("active", null), ("seen_at", Noon.AddYears(1))),
            Edit(2, ("label", "ＤＡＲＫ"), ("rank", int.MaxValue), ("seen_at", Noon)));

        (await KeysAsync(store, Searched("STRASSE"))).ShouldBeEmpty();
        (await KeysAsync(store, Searched("strAẞe"))).ShouldBe([1]);
        (await KeysAsync(store, Searched("apple"))).ShouldBeEmpty();
        (await KeysAsync(store, Searched("dark"))).ShouldBe([2, 3]);
        (await KeysAsync(store, Searched("red"))).ShouldBeEmpty();
        (await KeysAsync(store, Where("name", "STRAẞE"))).ShouldBe([1]);
        (await KeysAsync(store, Where("label", null))).ShouldBe([1]);
        (await KeysAsync(store, Where("label", "Dark"))).ShouldBe([2, 3]);
        (await KeysAsync(store, Where("rank", null))).ShouldBe([1, 3]);
        (await KeysAsync(store, Where("rank", int.MaxValue))).ShouldBe([2]);
        (await KeysAsync(store, Where("rank", 1))).ShouldBeEmpty();
        (await KeysAsync(store, Where("amount", 1L << 40))).ShouldBe([1]);
        (await KeysAsync(store, Where("score", -1.5))).ShouldBe([1]);
        (await KeysAsync(store, Where("active", null))).ShouldBe([1, 3]);
        (await KeysAsync(store, Where("active", false))).ShouldBeEmpty();
        (await KeysAsync(store, Where("seen_at", Noon))).ShouldBe([2]);
        (await KeysAsync(store, Where("seen_at", null))).ShouldBeEmpty();
        (await KeysAsync(store, SortedBy(("name", SortDirection.Ascending)))).ShouldBe([2, 3, 1]);
        (await KeysAsync(store, SortedBy(("label", SortDirection.Ascending)))).ShouldBe([1, 2, 3]);
        (await KeysAsync(store, SortedBy(("rank", SortDirection.Descending)))).ShouldBe([2, 1, 3]);
        (await KeysAsync(store, SortedBy(("score", SortDirection.Descending)))).ShouldBe([2, 1, 3]);
        (await KeysAsync(store, SortedBy(("seen_at", SortDirection.Ascending)))).ShouldBe([2, 3, 1]);
        (await store.ReadValuesAsync("label", 10, default)).ShouldBe(["dark"]);
        (await store.ReadValuesAsync("name", 10, default)).ShouldBe(["banana", "cherry", "straße"]);
        store.Status.RowCount.ShouldBe(3);
    }

    [Fact]
    public async Task EditedRow_WithNewTextThatIsLongerThanAWindow_IsReadWhole()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two"));
        var text = string.Concat(Enumerable.Repeat("Größe \U0001f600 ", 10_000));

        await EditAsync(store, Edit(1, ("memo", text)));

        (await ThingAsync(store, 1)).Memo.ShouldBe(text);
        (await ThingAsync(store, 2)).ShouldBe(new Thing(2, "two"));
    }

    [Fact]
    public async Task EditedRow_ThatTheServerDeletes_IsNotShownAndComesBackWithItsEdit()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two"));
        await EditAsync(store, Edit(1, ("name", "mine")));

        await ApplyNextAsync(store, Page().Delete(1, new(0, 3)));
        (store.Status.RowCount, store.Status.PendingCount).ShouldBe((1, 1));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["two"]);
        (await NamesAsync(store, Searched("mine"))).ShouldBeEmpty();
        (await store.ReadValuesAsync("name", 10, default)).ShouldBe(["two"]);
        (await EditAsync(store, Edit(1, ("name", "x")))).Single().Result.ShouldBe(EditResult.Missing);

        await ApplyNextAsync(store, Page().Thing(1, new RowVersion(0, 4), "back", memo: "m"));
        (await ThingAsync(store, 1)).ShouldBe(new Thing(1, "mine") { Memo = "m" });
        store.Status.RowCount.ShouldBe(2);
    }

    [Fact]
    public async Task EditWhoseConditionTheServersRowBreaks_IsPassedOverUntilItHoldsAgain()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, new RowVersion(0, 1), "one", rank: 1));
        await EditAsync(store,
            Edit(1, ("name", "a")) with { If = Values(("rank", 1)) },
            Edit(1, ("memo", "on a")) with { If = Values(("name", "a"), ("rank", 1)) });
        (await ThingAsync(store, 1)).ShouldBe(new Thing(1, "a") { Rank = 1, Memo = "on a" });

        await HintAsync(store, Page().Thing(1, new RowVersion(0, 2), "one", rank: 2));
        (await ThingAsync(store, 1)).ShouldBe(new Thing(1, "one") { Rank = 2 });
        store.Status.PendingCount.ShouldBe(2);

        await HintAsync(store, Page().Thing(1, new RowVersion(0, 3), "one", rank: 1));
        (await ThingAsync(store, 1)).ShouldBe(new Thing(1, "a") { Rank = 1, Memo = "on a" });
    }

    [Fact]
    public async Task OpenView_StandsStillWhileRowsAreEdited()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two"));
        await EditAsync(store, Edit(1, ("name", "first edit")));
        var (view, _) = await store.OpenViewAsync(ViewQuery.All, default, default);
        await using var opened = view;

        await EditAsync(store, Edit(1, ("name", "second edit")), Edit(2, ("name", "edited")));
        await ApplyNextAsync(store, Page().Thing(1, 3, "by the server").Delete(2, new(0, 4)));

        Decode(await view.ReadAsync(new RowRange(0, 2), default)).ShouldBe([(1L, "first edit"), (2L, "two")]);
        view.Revision.ShouldNotBe(store.Status.Revision);
    }

    [Fact]
    public async Task Hint_IsTakenUnderTheVersionGuardAndLeavesTheCursor()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 5, "one").Thing(2, 6, "two").Thing(3, 7, "three"));
        var before = store.Status;

        var status = await HintAsync(store, Page().Thing(1, 4, "older").Thing(2, 8, "newer").Thing(4, 9, "four").Delete(3, new(0, 10)));

        (status.Cursor, status.IsComplete, status.RowCount, status.Generation).ShouldBe((before.Cursor, true, 3, before.Generation));
        status.Revision.ShouldBeGreaterThan(before.Revision);
        (await RowsAsync(store, ViewQuery.All)).ShouldBe([(1, "one"), (2, "newer"), (4, "four")]);
        await ApplyNextAsync(store, Page().Thing(2, 7, "late").Thing(3, 9, "late"));
        (await RowsAsync(store, ViewQuery.All)).ShouldBe([(1, "one"), (2, "newer"), (4, "four")]);
    }

    [Fact]
    public async Task Hint_OfAnotherEpochOrBeforeAnyPageOrMalformed_ChangesNothing()
    {
        var store = await OpenAsync();
        await FenceAsync(store);
        var empty = store.Status;
        (await HintAsync(store, Page().Thing(1, 1, "early"))).ShouldBe(empty);

        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        var before = store.Status;
        (await HintAsync(store, Page().Thing(1, 2, "of another history"), epoch: 2)).ShouldBe(before);
        var fence = await FenceAsync(store);
        await Should.ThrowAsync<PageFormatException>(async () => await store.ApplyHintAsync(Page().Thing(1, 2).Build("hint")[..^8], fence, default));

        store.Status.ShouldBe(before);
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["one"]);
    }

    private async Task<StoreStatus> HintAsync(ICollectionStore store, ThingPage page, long epoch = 1)
    {
        var fence = await FenceAsync(store);
        return await store.ApplyHintAsync(page.Build("hint", epoch: epoch), fence, default);
    }
}
