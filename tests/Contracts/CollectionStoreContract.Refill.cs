using Collection.Sync.Abstractions;

namespace Collection.Contracts;

// A new generation beside the old one, from a reset to the swap.
public abstract partial class CollectionStoreContract
{
    [Fact]
    public async Task Reset_KeepsTheRowsUntilThePageThatEndsTheFeed()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 8, "old one").Thing(2, 9, "old two"), Page().Delete(2, new(0, 10)).Thing(3, 11, "old three"));
        var before = store.Status;

        var status = await ResetAsync(store);
        (status.Cursor, status.Epoch, status.IsRefilling).ShouldBe((null, null, true));
        (status.IsComplete, status.RowCount, status.Generation, status.Revision).ShouldBe((true, 2, before.Generation, before.Revision));

        // After a restore the server's versions may start over.
        status = await ApplyNextAsync(store, Page().Thing(2, 1, "new two"), more: true, epoch: 2);
        (status.Epoch, status.IsRefilling, status.RowCount, status.Generation, status.Revision).ShouldBe((2, true, 2, before.Generation, before.Revision));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["old one", "old three"]);

        status = await ApplyNextAsync(store, Page().Thing(4, 2, "new four").Thing(1, 3, "new one").Delete(1, new(0, 4)), epoch: 2);
        (status.IsRefilling, status.IsComplete, status.RowCount, status.Epoch).ShouldBe((false, true, 2, 2));
        status.Generation.ShouldNotBe(before.Generation);
        status.Revision.ShouldBeGreaterThan(before.Revision);
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["new two", "new four"]);
        (await NamesAsync(store, Searched("old"))).ShouldBeEmpty();
        (await store.ReadValuesAsync("name", 10, default)).ShouldBe(["new four", "new two"]);
    }

    [Fact]
    public async Task Reset_OfAnEmptyStore_StartsFromTheBeginning()
    {
        var store = await OpenAsync();
        await ApplyNextAsync(store, Page(), more: true);

        var status = await ResetAsync(store);
        (status.Cursor, status.Epoch, status.IsComplete, status.RowCount).ShouldBe((null, null, false, 0));

        await ApplyNextAsync(store, Page().Thing(1, 1, "one"), epoch: 2);
        (store.Status.IsRefilling, store.Status.IsComplete, store.Status.Epoch).ShouldBe((false, true, 2));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["one"]);
    }

    [Fact]
    public async Task Reset_DuringAFirstSync_KeepsWhatIsThereIncomplete()
    {
        var store = await OpenAsync();
        await ApplyNextAsync(store, Page().Thing(1, 1, "one"), more: true);

        await ResetAsync(store);
        (store.Status.IsComplete, store.Status.RowCount, store.Status.Cursor).ShouldBe((false, 1, null));
        await ApplyNextAsync(store, Page().Thing(2, 1, "two"), more: true);
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["one"]);
        await ApplyNextAsync(store, Page());

        store.Status.IsComplete.ShouldBeTrue();
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["two"]);
    }

    [Fact]
    public async Task Reset_DuringARefill_DropsWhatWasRefilled()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "old"));
        await ResetAsync(store);
        await ApplyNextAsync(store, Page().Thing(2, 9, "dropped"), more: true, epoch: 2);

        var status = await ResetAsync(store);
        (status.Cursor, status.Epoch, status.IsRefilling, status.RowCount).ShouldBe((null, null, true, 1));
        await ApplyNextAsync(store, Page().Thing(3, 1, "new"), epoch: 3);

        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["new"]);
        store.Status.RowCount.ShouldBe(1);
    }

    [Fact]
    public async Task Reset_LeavesAPageThatWasAskedForBeforeWithoutEffect()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        var start = Ask(store);

        var status = await ResetAsync(store);

        (await ApplyAsync(store, start, Page().Thing(2, 2, "late").Build("late"))).ShouldBe(status);
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["one"]);
    }

    [Fact]
    public async Task OpenView_OverASwap_StandsStill()
    {
        var store = await OpenAsync();
        var page = Page();
        for (var i = 0; i < 100; i++)
            page.Thing(i, i, $"old {i}");
        await ApplyAllAsync(store, page);
        var (view, _) = await store.OpenViewAsync(ViewQuery.All, default, default);
        await using var opened = view;

        await ResetAsync(store);
        await ApplyNextAsync(store, Page().Thing(1, 1, "new"), epoch: 2);

        Decode(await view.ReadAsync(new RowRange(0, 100), default)).ShouldBe(Enumerable.Range(0, 100).Select(i => ((long)i, $"old {i}")));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["new"]);
    }

    [Fact]
    public async Task Hint_DuringARefill_ReachesBothGenerationsOfItsEpoch()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two"));
        await ResetAsync(store);
        await HintAsync(store, Page().Thing(1, 5, "before any page"));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["before any page", "two"]);

        await ApplyNextAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two"), more: true);
        await HintAsync(store, Page().Thing(2, 6, "hint").Delete(3, new(0, 7)));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["before any page", "hint"]);
        await ApplyNextAsync(store, Page().Thing(2, 4, "late").Thing(3, 3, "late"));

        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["one", "hint"]);
        store.Status.RowCount.ShouldBe(2);
    }

    [Fact]
    public async Task Hint_DuringARefillOfAnotherEpoch_ReachesTheGenerationOfItsEpochAlone()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 10, "one"));
        await ResetAsync(store);
        await ApplyNextAsync(store, Page().Thing(1, 1, "uno"), more: true, epoch: 2);
        var before = store.Status;

        await HintAsync(store, Page().Thing(1, 2, "due"), epoch: 2);
        (store.Status.Revision, store.Status.RowCount).ShouldBe((before.Revision, 1));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["one"]);
        await HintAsync(store, Page().Thing(1, 11, "old history"));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["old history"]);
        await ApplyNextAsync(store, Page(), epoch: 2);

        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["due"]);
    }

    [Fact]
    public async Task Refill_KeepsTheOutboxAndShowsEditsBeforeAndAfterTheSwap()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two").Thing(3, 3, "three"));
        await EditAsync(store, Edit(1, ("name", "before the reset")), Edit(2, ("name", "rejected")));
        await AcknowledgeAsync(store, (await SealAsync(store)) with { Mutations = [.. (await SealAsync(store)).Mutations.Skip(1)] }, null, "constraint");
        var batch = await SealAsync(store);
        await ResetAsync(store);
        await ApplyNextAsync(store, Page().Thing(1, 1, "uno").Thing(2, 2, "due"), more: true, epoch: 2);

        await EditAsync(store, Edit(2, ("name", "during the refill")), Edit(3, ("name", "of a row that goes")));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["before the reset", "during the refill", "of a row that goes"]);
        (await EditAsync(store, Edit(4, ("name", "not shown yet")))).Single().Result.ShouldBe(EditResult.Missing);
        await ApplyNextAsync(store, Page().Thing(4, 4, "quattro"), epoch: 2);

        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["before the reset", "during the refill", "quattro"]);
        (store.Status.PendingCount, store.Status.DeadLetterCount, store.Status.RowCount).ShouldBe((3, 1, 3));
        (await SealAsync(store, maxCount: 1)).ShouldBeSame(batch);
    }

    [Fact]
    public async Task Acknowledge_DuringARefillThatHasNotTheRow_KeepsTheEditOnTopOverTheSwap()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        await EditAsync(store, Edit(1, ("name", "mine")));
        var batch = await SealAsync(store);
        await ResetAsync(store);
        var askedBefore = Ask(store);

        // The new generation has no page yet, so it cannot take the row: the page that was asked for before has the old one.
        await AcknowledgeAsync(store, batch, Page().Thing(1, 2, "mine").Build("rows"));
        await ApplyAsync(store, askedBefore, Page().Thing(1, 1, "one").Build("b"));
        store.Status.IsRefilling.ShouldBeFalse();
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["mine"]);

        await ApplyNextAsync(store, Page().Thing(1, 2, "mine, by the server"));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["mine, by the server"]);
    }

    [Fact]
    public async Task Acknowledge_DuringARefillOfAnotherEpoch_KeepsTheEditOnTopOverTheSwap()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 10, "one"));
        await EditAsync(store, Edit(1, ("name", "mine")));
        var batch = await SealAsync(store);
        await ResetAsync(store);
        await ApplyNextAsync(store, Page().Thing(1, 1, "uno"), more: true, epoch: 2);
        var askedBefore = Ask(store);

        await AcknowledgeAsync(store, batch, Page().Thing(1, 2, "mine, by the server").Build("rows", epoch: 2));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["mine"]);
        await ApplyAsync(store, askedBefore, Page().Build("b", epoch: 2));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["mine"]);
        await ApplyNextAsync(store, Page(), epoch: 2);

        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["mine, by the server"]);
    }

    private async Task<StoreStatus> ResetAsync(ICollectionStore store)
    {
        var fence = await FenceAsync(store);
        return await store.ResetAsync(fence, default);
    }
}
