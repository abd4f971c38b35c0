using Collection.Sync.Abstractions;

namespace Collection.Contracts;

// Leaders, several tabs on one database, and what is there after it was closed.
public abstract partial class CollectionStoreContract
{
    [Fact]
    public async Task Lead_GivesRisingFencesAndShowsNothingNew()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1));
        var before = store.Status;

        var first = await store.LeadAsync(default);
        var second = await store.LeadAsync(default);

        second.ShouldBeGreaterThan(first);
        store.Status.ShouldBe(before with { Writes = store.Status.Writes });
        store.Status.Writes.ShouldBeGreaterThan(before.Writes);
    }

    [Fact]
    public async Task WritesOfAnEarlierLeader_AreRefusedAndThoseOfAnyTabAreNot()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two").Thing(3, 3, "three"));
        await EditAsync(store, Edit(1, ("name", "a")), Edit(2, ("name", "b")));
        var batch = await SealAsync(store, maxCount: 1);
        var old = await FenceAsync(store);
        var other = await OpenInOtherTabAsync();
        var fence = await other.LeadAsync(default);
        await NextAsync(store, status => status == other.Status);
        var before = store.Status;

        foreach (var wrong in new[] { old, 0, fence + 1 })
        {
            await ShouldBeSupersededAsync(async () => await store.ApplyAsync(Page().Thing(1, 9).Build("x"), Ask(store), wrong, default));
            await ShouldBeSupersededAsync(async () => await store.ApplyHintAsync(Page().Thing(1, 9).Build("x"), wrong, default));
            await ShouldBeSupersededAsync(async () => await store.ResetAsync(wrong, default));
            await ShouldBeSupersededAsync(async () => await store.Outbox.SealAsync("client", 9, wrong, default));
            await ShouldBeSupersededAsync(async () => await store.Outbox.AcknowledgeAsync(batch, new PushAnswer([new(1)], null), wrong, default));
            await ShouldBeSupersededAsync(async () => await store.Outbox.SetAsideAsync(1, "value", null, wrong, default));
            await ShouldBeSupersededAsync(async () => await store.Outbox.RenumberAsync(wrong, default));
        }

        store.Status.ShouldBe(before);
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["a", "b", "three"]);
        (await EditAsync(store, Edit(3, ("name", "c")))).Single().Result.ShouldBe(EditResult.Queued);
        (await store.Outbox.DiscardAsync([(await PendingAsync(store))[1].Number], default)).PendingCount.ShouldBe(2);

        // The fence is the collection's: whoever holds it may write, in whichever tab.
        (await store.Outbox.SealAsync("client", 1, fence, default)).ShouldBeSame(batch);
        (await other.Outbox.AcknowledgeAsync(batch, new PushAnswer([new(1, "missing")], null), fence, default)).DeadLetterCount.ShouldBe(1);
        await NextAsync(store, status => status.DeadLetterCount == 1);
        (await store.Outbox.RetryAsync([(await DeadLettersAsync(store)).Single().Number], Made, default)).DeadLetterCount.ShouldBe(0);
    }

    [Fact]
    public async Task Edit_InOneTab_IsShownByTheOtherAndSentByIt()
    {
        var leader = await OpenAsync();
        await ApplyAllAsync(leader, Page().Thing(1, 1, "one").Thing(2, 2, "two"));
        var other = await OpenInOtherTabAsync();
        other.Status.ShouldBe(leader.Status);
        var changed = NextAsync(leader, status => status.PendingCount == 1);

        await EditAsync(other, Edit(1, ("name", "there")));

        (await changed).ShouldBe(other.Status);
        leader.Status.ShouldBe(other.Status);
        (await NamesAsync(leader, ViewQuery.All)).ShouldBe(["there", "two"]);
        var batch = await SealAsync(leader);
        batch.Mutations.ShouldBe([new Mutation(1, Edit(1, ("name", "there")), Made)]);
        changed = NextAsync(other, status => status.PendingCount == 0);
        await AcknowledgeAsync(leader, batch, Page().Thing(1, 3, "there, by the server").Build("rows"));

        (await changed).ShouldBe(leader.Status);
        (await NamesAsync(other, ViewQuery.All)).ShouldBe(["there, by the server", "two"]);
    }

    [Fact]
    public async Task Edits_OfTwoTabs_BecomeOneWhereTheyConcernTheSameRow()
    {
        var here = await OpenAsync();
        await ApplyAllAsync(here, Page().Thing(1, 1, "one").Thing(2, 2, "two"));
        var there = await OpenInOtherTabAsync();

        // Without a pause, so that neither has heard of the other yet: a transaction goes by what is committed.
        await EditAsync(here, Edit(1, ("name", "here")));
        await EditAsync(there, Edit(1, ("memo", "there")));
        await EditAsync(here, Edit(2, ("name", "here")) with { If = Values(("name", "two")) });

        here.Status.PendingCount.ShouldBe(2);
        (await PendingAsync(here)).Select(entry => entry.Edit).ShouldBe([Edit(1, ("name", "here"), ("memo", "there")), Edit(2, ("name", "here")) with { If = Values(("name", "two")) }]);
        await NextAsync(there, status => status == here.Status);
        (await ThingsAsync(there)).ShouldBe([new Thing(1, "here") { Memo = "there" }, new Thing(2, "here")]);
    }

    [Fact]
    public async Task Refill_InOneTab_IsSwappedInTheOther()
    {
        var here = await OpenAsync();
        await ApplyAllAsync(here, Page().Thing(1, 1, "old"));
        var there = await OpenInOtherTabAsync();
        var changed = NextAsync(there, status => !status.IsRefilling && status.Epoch == 2);

        await ResetAsync(here);
        await ApplyNextAsync(here, Page().Thing(2, 1, "new"), more: true, epoch: 2);
        await ApplyNextAsync(here, Page().Thing(3, 2, "newer"), epoch: 2);

        (await changed).ShouldBe(here.Status);
        (await NamesAsync(there, ViewQuery.All)).ShouldBe(["new", "newer"]);
    }

    [Fact]
    public async Task Reopen_KeepsTheOutbox()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two").Thing(3, 3, "three").Thing(4, 4, "four"));
        await EditAsync(store, Edit(1, ("name", "rejected")), Edit(2, ("name", "held")), Edit(3, ("name", "sent")));
        var batch = await SealAsync(store);
        await AcknowledgeAsync(store, batch with { Mutations = batch.Mutations[..2] }, null, "constraint");
        await EditAsync(store, Edit(4, ("name", "queued"), ("memo", null)) with { If = Values(("name", "four")) });
        var (pending, dead, status) = (await PendingAsync(store), await DeadLettersAsync(store), store.Status);
        await CloseAsync();

        store = await OpenAsync();

        (store.Status.PendingCount, store.Status.DeadLetterCount).ShouldBe((2, 1));
        store.Status.Writes.ShouldBeGreaterThanOrEqualTo(status.Writes);
        (await PendingAsync(store)).ShouldBe(pending);
        (await DeadLettersAsync(store)).ShouldBe(dead);
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["one", "held", "sent", "queued"]);
        (await SealAsync(store, newClientId: "another")).ShouldBeSame(new OutboxBatch("client", [batch.Mutations[2], new Mutation(4, pending[1].Edit, Made)]));
        await ApplyNextAsync(store, Page());
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["one", "two", "sent", "queued"]);
    }

    [Fact]
    public async Task Reopen_GivesNoNumberIdOrFenceTwice()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        await EditAsync(store, Edit(1, ("name", "a")));
        var number = (await PendingAsync(store)).Single().Number;
        await AcknowledgeAsync(store, await SealAsync(store), Page().Thing(1, 2, "a").Build("rows"));
        store.Status.PendingCount.ShouldBe(0);
        var fence = await FenceAsync(store);
        await CloseAsync();

        store = await OpenAsync();

        (await FenceAsync(store)).ShouldBeGreaterThan(fence);
        await EditAsync(store, Edit(1, ("name", "b")));
        (await PendingAsync(store)).Single().Number.ShouldBeGreaterThan(number);
        (await SealAsync(store, newClientId: "another")).ShouldBeSame(new OutboxBatch("client", [new Mutation(2, Edit(1, ("name", "b")), Made)]));
    }

    [Fact]
    public async Task Reopen_DuringARefill_GoesOnWithIt()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 5, "old"));
        await ResetAsync(store);
        await ApplyNextAsync(store, Page().Thing(2, 1, "new"), more: true, epoch: 2);
        var before = store.Status;
        await CloseAsync();

        store = await OpenAsync();

        (store.Status.IsRefilling, store.Status.Cursor, store.Status.Epoch, store.Status.RowCount, store.Status.IsComplete)
            .ShouldBe((true, before.Cursor, 2, 1, true));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["old"]);
        var generation = store.Status.Generation;
        await ApplyNextAsync(store, Page().Thing(3, 2, "newer"), epoch: 2);
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["new", "newer"]);
        store.Status.Generation.ShouldNotBe(generation);
    }

    [Fact]
    public async Task Open_WithAnotherSchema_IsEmptyAndKeepsTheOutbox()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 7, "one").Thing(2, 8, "two"));
        await EditAsync(store, Edit(1, ("name", "mine"), ("memo", "mine too")), Edit(2, ("rank", 3)));
        var batch = await SealAsync(store, maxCount: 1);
        var (pending, generation) = (await PendingAsync(store), store.Status.Generation);
        await CloseAsync();
        var smaller = new CollectionSchema(Things.Name, Things.Fields.Where(field => field.Name is "id" or "name" or "label"));

        store = await OpenAsync(smaller);

        (store.Status.Cursor, store.Status.IsComplete, store.Status.RowCount, store.Status.PendingCount).ShouldBe((null, false, 0, 2));
        store.Status.Generation.ShouldNotBe(generation);
        (await PendingAsync(store)).ShouldBe(pending);
        var page = new PageBuilder(smaller).Upsert(new RowVersion(0, 1), 1L, "uno", "u").Upsert(new RowVersion(0, 2), 2L, "due", null).Build("a");
        await ApplyAsync(store, page, null);
        var (view, window) = await store.OpenViewAsync(Searched("mine"), new RowRange(0, 9), default);
        await using (view)
            window[0].ToArray().ShouldBe([0x93, 1, 0xa4, .. "mine"u8, 0xa1, .. "u"u8]);
        view.Count.ShouldBe(1);
        (await SealAsync(store, maxCount: 1)).ShouldBeSame(batch);
    }

    /// <summary>Waits until the store has heard of it.</summary>
    private static async Task<StoreStatus> NextAsync(ICollectionStore store, Func<StoreStatus, bool> condition)
    {
        var heard = new TaskCompletionSource<StoreStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Hear(StoreStatus status)
        {
            if (condition(status))
                heard.TrySetResult(status);
        }

        store.Changed += Hear;
        Hear(store.Status);
        try
        {
            return await heard.Task.WaitAsync(ManualTimeProvider.Patience);
        }
        finally
        {
            store.Changed -= Hear;
        }
    }

    private static async Task ShouldBeSupersededAsync(Func<Task> call) =>
        (await Should.ThrowAsync<SyncStoreException>(call)).Failure.ShouldBe(SyncStoreFailure.Superseded);
}
