using Collection.Sync.Abstractions;

namespace Collection.Contracts;

// Edits on their way to the server, and what its answer makes of them.
public abstract partial class CollectionStoreContract
{
    [Fact]
    public async Task Seal_WithNothingToSend_GivesAnEmptyBatchAndChangesNothing()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1));
        var before = store.Status;

        (await SealAsync(store)).Mutations.ShouldBeEmpty();

        store.Status.ShouldBe(before);
    }

    [Fact]
    public async Task Seal_GivesTheOldestEditsIdsFromOneOn()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1).Thing(2, 2).Thing(3, 3));
        var conditional = Edit(2, ("name", "b")) with { If = Values(("memo", null)) };
        await EditAsync(store, Edit(3, ("name", "a")), conditional, Edit(1, ("name", "c")));
        var before = store.Status;

        var batch = await SealAsync(store, maxCount: 2);

        batch.ClientId.ShouldBe("client");
        batch.Mutations.ShouldBe([new Mutation(1, Edit(3, ("name", "a")), Made), new Mutation(2, conditional, Made)]);
        (await PendingAsync(store)).Select(entry => entry.IsSent).ShouldBe([true, true, false]);
        (store.Status.PendingCount, store.Status.Revision).ShouldBe((3, before.Revision));
        store.Status.Writes.ShouldBeGreaterThan(before.Writes);
        (await RowsAsync(store, ViewQuery.All)).ShouldBe([(1, "c"), (2, "b"), (3, "a")]);
    }

    [Fact]
    public async Task Seal_Again_GivesTheSameIdsAndContentsWhateverWasEditedMeanwhile()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1).Thing(2, 2));
        await EditAsync(store, Edit(1, ("name", "a")), Edit(2, ("name", "b")));
        var first = await SealAsync(store);
        var writes = store.Status.Writes;
        (await SealAsync(store, newClientId: "another")).ShouldBeSame(first);
        store.Status.Writes.ShouldBe(writes);

        await store.Outbox.EditAsync([Edit(1, ("name", "c"))], Made.AddHours(1), default);

        (await SealAsync(store, maxCount: 2)).ShouldBeSame(first);
        (await SealAsync(store, maxCount: 1)).Mutations.ShouldBe(first.Mutations[..1]);
        (await SealAsync(store)).ShouldBeSame(first with { Mutations = [.. first.Mutations, new Mutation(3, Edit(1, ("name", "c")), Made.AddHours(1))] });
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["c", "b"]);
    }

    [Fact]
    public async Task Acknowledge_WithTheRow_ReplacesTheEditByWhatTheServerMadeOfIt()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        await EditAsync(store, Edit(1, ("name", "a")));
        var batch = await SealAsync(store);

        var status = await AcknowledgeAsync(store, batch, Page().Thing(1, 2, "a by the server").Build("rows"));

        (status.PendingCount, status.DeadLetterCount, status.Cursor).ShouldBe((0, 0, new SyncCursor("+")));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["a by the server"]);
        (await PendingAsync(store)).ShouldBeEmpty();
        (await AcknowledgeAsync(store, batch, null)).ShouldBe(status);
    }

    [Fact]
    public async Task Acknowledge_WithTheRowOfAnEditThatWasFollowedByAnother_KeepsTheLaterOneOnTop()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        await EditAsync(store, Edit(1, ("name", "a")));
        var batch = await SealAsync(store);
        await EditAsync(store, Edit(1, ("name", "b")));

        await AcknowledgeAsync(store, batch, Page().Thing(1, new RowVersion(0, 2), "a", memo: "m").Build("rows"));

        (await ThingAsync(store, 1)).ShouldBe(new Thing(1, "b") { Memo = "m" });
        (await SealAsync(store)).Mutations.ShouldBe([new Mutation(2, Edit(1, ("name", "b")), Made)]);
    }

    [Fact]
    public async Task Acknowledge_OfARowThatIsDeletedInTheAnswer_TakesTheEditOff()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        await EditAsync(store, Edit(1, ("name", "a")));

        var status = await AcknowledgeAsync(store, await SealAsync(store), Page().Delete(1, new(0, 2)).Build("rows"));

        (status.PendingCount, status.RowCount).ShouldBe((0, 0));
        await ApplyNextAsync(store, Page().Thing(1, 3, "back"));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["back"]);
    }

    [Fact]
    public async Task Acknowledge_WithoutTheRow_KeepsTheEditOnTopUntilAFeedThatWasAskedForAfterwardsEnds()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two"));
        await EditAsync(store, Edit(1, ("name", "a")), Edit(2, ("name", "b")));
        var batch = await SealAsync(store);
        var askedBefore = Ask(store);

        var status = await AcknowledgeAsync(store, batch, Page().Thing(2, 3, "b").Build("rows"));
        (status.PendingCount, status.DeadLetterCount).ShouldBe((0, 0));
        (await PendingAsync(store)).ShouldBeEmpty();
        (await SealAsync(store)).Mutations.ShouldBeEmpty();
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["a", "b"]);

        await ApplyAsync(store, askedBefore, Page().Build("b"));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["a", "b"]);
        await ApplyNextAsync(store, Page().Thing(1, new RowVersion(0, 4), "somebody's", memo: "m"), more: true);
        (await ThingAsync(store, 1)).ShouldBe(new Thing(1, "a") { Memo = "m" });

        var revision = store.Status.Revision;
        await ApplyNextAsync(store, Page().Thing(2, 5, "b"));
        store.Status.Revision.ShouldBeGreaterThan(revision);
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["somebody's", "b"]);
    }

    [Fact]
    public async Task Acknowledge_WithRowsOfAnotherEpoch_KeepsTheEditOnTop()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        await EditAsync(store, Edit(1, ("name", "a")));

        await AcknowledgeAsync(store, await SealAsync(store), Page().Thing(1, 9, "of another history").Build("rows", epoch: 2));

        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["a"]);
        store.Status.PendingCount.ShouldBe(0);
        await ApplyNextAsync(store, Page().Thing(1, 2, "the server's"));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["the server's"]);
    }

    [Fact]
    public async Task Acknowledge_OfARejectedEdit_GoesBackToTheServersRowAndKeepsADeadLetter()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two"));
        await EditAsync(store, Edit(1, ("name", "a")), Edit(2, ("name", "b")));
        var entries = await PendingAsync(store);
        var batch = await SealAsync(store);
        var fence = await FenceAsync(store);
        var answer = new PushAnswer([new(1, "condition", "It says zwei."), new(2, "missing")], Page().Thing(1, 3, "uno").Build("rows"));

        var status = await store.Outbox.AcknowledgeAsync(batch, answer, fence, default);

        (status.PendingCount, status.DeadLetterCount).ShouldBe((0, 2));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["uno", "two"]);
        (await DeadLettersAsync(store)).ShouldBe([entries[0] with { Rejection = "condition", Detail = "It says zwei." }, entries[1] with { Rejection = "missing" }]);
        (await SealAsync(store)).Mutations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Acknowledge_OfABatchOfAnotherClientOrOfUnknownIds_ChangesNothing()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        await EditAsync(store, Edit(1, ("name", "a")));
        var batch = await SealAsync(store);
        var before = store.Status;

        (await AcknowledgeAsync(store, batch with { ClientId = "another" }, Page().Thing(1, 2, "x").Build("rows"))).ShouldBe(before);
        var fence = await FenceAsync(store);
        (await store.Outbox.AcknowledgeAsync(batch, new PushAnswer([new(0), new(7, "missing")], null), fence, default)).ShouldBe(before);
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["a"]);
    }

    [Fact]
    public async Task Acknowledge_WithMalformedRows_ChangesNothing()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        await EditAsync(store, Edit(1, ("name", "a")));
        var batch = await SealAsync(store);
        var before = store.Status;

        await Should.ThrowAsync<PageFormatException>(async () => await AcknowledgeAsync(store, batch, Page().Thing(1, 2).Build("rows")[..^8]));

        store.Status.ShouldBe(before);
        (await SealAsync(store)).ShouldBeSame(batch);
    }

    [Fact]
    public async Task SetAside_MakesADeadLetterAndSendsAnEmptyMutationUnderTheId()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two"));
        var conditional = Edit(1, ("name", "a")) with { If = Values(("name", "one")), CorrelationId = "import-1" };
        await EditAsync(store, conditional, Edit(2, ("name", "b")));
        var batch = await SealAsync(store);
        var numbers = (await PendingAsync(store)).Select(entry => entry.Number).ToList();
        var fence = await FenceAsync(store);

        var status = await store.Outbox.SetAsideAsync(1, "value", "Not this one.", fence, default);

        status.DeadLetterCount.ShouldBe(1);
        var dead = (await DeadLettersAsync(store)).Single();
        numbers.ShouldNotContain(dead.Number);
        dead.ShouldBe(new OutboxEntry(dead.Number, conditional, Made, IsSent: false, "value", "Not this one."));
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["one", "b"]);
        var again = await SealAsync(store);
        again.Mutations.ShouldBe([new Mutation(1, Edit(1), batch.Mutations[0].MadeAt), batch.Mutations[1]]);
        (await store.Outbox.SetAsideAsync(1, "value", null, fence, default)).ShouldBe(status);
        (await store.Outbox.SetAsideAsync(3, "value", null, fence, default)).ShouldBe(status);

        await AcknowledgeAsync(store, again, Page().Thing(2, 3, "b").Build("rows"));
        (store.Status.PendingCount, store.Status.DeadLetterCount).ShouldBe((0, 1));
        await store.Outbox.RetryAsync([dead.Number], Made, default);
        (await SealAsync(store)).Mutations.ShouldBe([new Mutation(3, Edit(1, ("name", "a")) with { CorrelationId = "import-1" }, Made)]);
    }

    [Fact]
    public async Task Acknowledge_OfAnEditThatWasSetAside_MakesNoSecondDeadLetterWhateverTheAnswer()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two"));
        await EditAsync(store, Edit(1, ("name", "a")), Edit(2, ("name", "b")));
        await SealAsync(store);
        var fence = await FenceAsync(store);
        await store.Outbox.SetAsideAsync(1, "value", null, fence, default);
        await store.Outbox.SetAsideAsync(2, "value", null, fence, default);

        // The server looks for the row before it looks for fields.
        var status = await AcknowledgeAsync(store, await SealAsync(store), null, "missing", null);

        (status.PendingCount, status.DeadLetterCount).ShouldBe((0, 2));
        (await DeadLettersAsync(store)).Select(entry => (entry.Edit, entry.Rejection)).ShouldBe([(Edit(1, ("name", "a")), "value"), (Edit(2, ("name", "b")), "value")]);
    }

    [Fact]
    public async Task Edit_AfterItsRowsLastOneWasSetAside_IsSentByItself()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        await EditAsync(store, Edit(1, ("name", "a")));
        await SealAsync(store);
        await store.Outbox.SetAsideAsync(1, "value", null, await FenceAsync(store), default);

        await EditAsync(store, Edit(1, ("name", "b")));

        (await SealAsync(store)).Mutations.ShouldBe([new Mutation(1, Edit(1), Made), new Mutation(2, Edit(1, ("name", "b")), Made)]);
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["b"]);
    }

    [Fact]
    public async Task Renumber_SealsWhatWaitsAnewFromOneUnderTheNextClientId()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1).Thing(2, 2).Thing(3, 3).Thing(4, 4));
        await EditAsync(store, Edit(1, ("name", "a")), Edit(2, ("name", "b")), Edit(3, ("name", "c")), Edit(4, ("name", "d")));
        var batch = await SealAsync(store, maxCount: 3);
        var fence = await FenceAsync(store);
        await store.Outbox.SetAsideAsync(2, "value", null, fence, default);
        await store.Outbox.AcknowledgeAsync(batch, new PushAnswer([new(1)], null), fence, default);

        await store.Outbox.RenumberAsync(fence, default);

        store.Status.PendingCount.ShouldBe(2);
        (await PendingAsync(store)).ShouldAllBe(entry => !entry.IsSent);
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["a", "", "c", "d"]);
        (await SealAsync(store, newClientId: "next")).ShouldBeSame(new OutboxBatch("next", [new Mutation(1, Edit(3, ("name", "c")), Made), new Mutation(2, Edit(4, ("name", "d")), Made)]));

        // The answer to what was sent under the old name comes late.
        var before = store.Status;
        (await AcknowledgeAsync(store, batch, null)).ShouldBe(before);
    }

    private async Task<OutboxBatch> SealAsync(ICollectionStore store, int maxCount = 100, string newClientId = "client")
    {
        var fence = await FenceAsync(store);
        return await store.Outbox.SealAsync(newClientId, maxCount, fence, default);
    }

    /// <param name="rejections">Why, one a mutation; null for those that are applied, and may be fewer.</param>
    private async Task<StoreStatus> AcknowledgeAsync(ICollectionStore store, OutboxBatch batch, byte[]? rows, params string?[] rejections)
    {
        var fence = await FenceAsync(store);
        var results = batch.Mutations.Select((mutation, i) => new MutationResult(mutation.Id, i < rejections.Length ? rejections[i] : null));
        return await store.Outbox.AcknowledgeAsync(batch, new PushAnswer([.. results], rows), fence, default);
    }

    /// <summary>What the store holds now, for a page that is asked for now and comes later.</summary>
    private static PullStart Ask(ICollectionStore store) => new(store.Status.Cursor, store.Status.Writes);

    private async Task<StoreStatus> ApplyAsync(ICollectionStore store, PullStart start, byte[] page)
    {
        var fence = await FenceAsync(store);
        return await store.ApplyAsync(page, start, fence, default);
    }
}

internal static class OutboxBatchAssertions
{
    public static void ShouldBeSame(this OutboxBatch batch, OutboxBatch expected)
    {
        batch.ClientId.ShouldBe(expected.ClientId);
        batch.Mutations.ShouldBe(expected.Mutations);
    }
}
