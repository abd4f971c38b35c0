using System.Collections.Immutable;
using Collection.Sync.Abstractions;

namespace Collection.Contracts;

// Edits before they are sent: what they change, what becomes one with what, and how they are taken back.
public abstract partial class CollectionStoreContract
{
    private static readonly DateTimeOffset Made = Noon.AddHours(1);

    [Fact]
    public async Task Edit_OfARow_IsShownAtOnceAndWaitsToBeSent()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, new RowVersion(0, 1), "one", memo: "old").Thing(2, 2, "two"));
        List<StoreStatus> raised = [];
        store.Changed += raised.Add;
        var before = store.Status;
        var edit = Edit(1, ("name", "ONE"), ("memo", null), ("amount", 7L));

        var outcomes = await EditAsync(store, edit);

        outcomes.ShouldBe([new EditOutcome(EditResult.Queued, Edit(1, ("name", "one"), ("memo", "old"), ("amount", 0L)) with { If = edit.Fields })]);
        (await ThingsAsync(store)).ShouldBe([new Thing(1, "ONE") { Amount = 7 }, new Thing(2, "two")]);
        var entry = (await PendingAsync(store)).Single();
        entry.ShouldBe(new OutboxEntry(entry.Number, edit, Made, IsSent: false));
        raised.ShouldBe([store.Status]);
        (store.Status.PendingCount, store.Status.RowCount, store.Status.Cursor).ShouldBe((1, 2, before.Cursor));
        store.Status.Revision.ShouldBeGreaterThan(before.Revision);
        store.Status.Writes.ShouldBeGreaterThan(before.Writes);
    }

    [Fact]
    public async Task Edit_OfARowThatIsNotThere_IsMissingAndHoldsUpNoOther()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2), Page().Delete(2, new(0, 3)));

        var outcomes = await EditAsync(store, Edit(2, ("name", "deleted")), Edit(1, ("name", "ONE")), Edit(3, ("name", "unknown")));

        outcomes.Select(outcome => outcome.Result).ShouldBe([EditResult.Missing, EditResult.Queued, EditResult.Missing]);
        outcomes.Where(outcome => outcome.Result == EditResult.Missing).ShouldAllBe(outcome => outcome.Undo == null && outcome.Current == null);
        (await RowsAsync(store, ViewQuery.All)).ShouldBe([(1, "ONE")]);
        store.Status.PendingCount.ShouldBe(1);
    }

    [Fact]
    public async Task Edit_WithACondition_IsMadeOnlyWhereTheRowAsShownHoldsIt()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, new RowVersion(0, 1), "one", rank: 4, memo: "m"));
        var before = store.Status;

        var refused = await EditAsync(store, Edit(1, ("name", "no")) with { If = Values(("rank", 4), ("memo", null)) });

        refused.ShouldBe([new EditOutcome(EditResult.Condition, Current: Values(("rank", 4), ("memo", "m")))]);
        store.Status.ShouldBe(before);

        // The second condition holds by the first edit alone.
        var made = await EditAsync(store, Edit(1, ("rank", null)) with { If = Values(("memo", "m")) }, Edit(1, ("name", "yes")) with { If = Values(("rank", null)) });
        made.ShouldAllBe(outcome => outcome.Result == EditResult.Queued);
        (await ThingAsync(store, 1)).ShouldBe(new Thing(1, "yes") { Memo = "m" });
    }

    [Fact]
    public async Task Edit_ThatDoesNotFitTheSchema_ChangesNothing()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        var before = store.Status;
        var number = Values(("rank", 1)).Single().Value;
        FieldValues[] bad = [new([new("nothing", number)]), new([new("id", number)]), new([new("name", number)]), new([new("name", new byte[] { 0xc0 })])];

        foreach (var values in bad)
        {
            await Should.ThrowAsync<ArgumentException>(async () => await EditAsync(store, Edit(1, ("name", "x")), new RowEdit(new RowKey(1), values)));
            await Should.ThrowAsync<ArgumentException>(async () => await EditAsync(store, Edit(1, ("name", "x")), Edit(1, ("name", "y")) with { If = values }));
        }

        store.Status.ShouldBe(before);
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["one"]);
    }

    [Fact]
    public async Task Edit_WithoutFieldsOrCancelled_ChangesNothing()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        var before = store.Status;
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        (await EditAsync(store, Edit(1))).ShouldBe([new EditOutcome(EditResult.Queued)]);
        (await EditAsync(store)).ShouldBeEmpty();
        await Should.ThrowAsync<OperationCanceledException>(async () => await store.Outbox.EditAsync([Edit(1, ("name", "x"))], Made, cancelled.Token));

        store.Status.ShouldBe(before);
    }

    [Fact]
    public async Task Edit_OfARowWhoseLastEditIsUnsent_BecomesOneWithIt()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two"));
        await EditAsync(store, Edit(1, ("name", "a"), ("rank", 1)), Edit(2, ("name", "b")));

        await store.Outbox.EditAsync([Edit(1, ("name", "c"), ("memo", "m"))], Made.AddMinutes(1), default);
        await store.Outbox.EditAsync([Edit(1, ("rank", 2)) with { If = Values(("rank", 1), ("memo", "m")) }], Made.AddMinutes(2), default);

        var pending = await PendingAsync(store);
        pending.Select(entry => (entry.Edit, entry.MadeAt)).ShouldBe(
        [
            (Edit(1, ("name", "c"), ("rank", 2), ("memo", "m")), Made.AddMinutes(2)),
            (Edit(2, ("name", "b")), Made),
        ]);
        store.Status.PendingCount.ShouldBe(2);
        (await ThingAsync(store, 1)).ShouldBe(new Thing(1, "c") { Rank = 2, Memo = "m" });
    }

    [Fact]
    public async Task Edit_ThatDependsOnMoreThanTheLastOneSays_StaysByItself()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        var first = Edit(1, ("name", "a"));
        var onAnotherField = Edit(1, ("name", "b")) with { If = Values(("name", "a"), ("rank", null)) };

        await EditAsync(store, first, onAnotherField);

        (await PendingAsync(store)).Select(entry => entry.Edit).ShouldBe([first, onAnotherField]);
    }

    [Fact]
    public async Task Edit_WithoutCondition_DoesNotTakeOverThatOfTheLastOne()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        var conditional = Edit(1, ("name", "a")) with { If = Values(("rank", null)) };
        var free = Edit(1, ("memo", "m"));
        await EditAsync(store, conditional, free);
        (await PendingAsync(store)).Select(entry => entry.Edit).ShouldBe([conditional, free]);

        await ApplyNextAsync(store, Page().Thing(1, new RowVersion(0, 2), "changed", rank: 5));
        (await ThingAsync(store, 1)).ShouldBe(new Thing(1, "changed") { Rank = 5, Memo = "m" });
    }

    [Fact]
    public async Task Edit_OnConditionOfWhatAConditionalOneSets_BecomesOneWithItAndKeepsItsCondition()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        var condition = Values(("rank", null));

        await EditAsync(store, Edit(1, ("name", "a")) with { If = condition }, Edit(1, ("name", "b")) with { If = Values(("name", "a")) });

        (await PendingAsync(store)).Select(entry => entry.Edit).ShouldBe([Edit(1, ("name", "b")) with { If = condition }]);
    }

    [Fact]
    public async Task Edit_OfAnotherCause_StaysByItselfAndKeepsItThroughUndoRejectionAndRetry()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        var free = Edit(1, ("name", "a"));
        var exported = Edit(1, ("name", "c")) with { CorrelationId = "export-1" };

        await EditAsync(store, free, Edit(1, ("name", "b")) with { CorrelationId = "export-1" });
        var undo = (await EditAsync(store, exported)).Single().Undo!;
        await EditAsync(store, free);

        undo.ShouldBe(Edit(1, ("name", "b")) with { If = exported.Fields, CorrelationId = "export-1" });
        (await PendingAsync(store)).Select(entry => entry.Edit).ShouldBe([free, exported, free]);
        var batch = await SealAsync(store);
        batch.Mutations.Select(mutation => mutation.Edit).ShouldBe([free, exported, free]);
        await AcknowledgeAsync(store, batch, null, null, "constraint", null);
        var dead = (await DeadLettersAsync(store)).Single();
        dead.Edit.ShouldBe(exported);
        await store.Outbox.RetryAsync([dead.Number], Made, default);
        (await PendingAsync(store)).Single().Edit.ShouldBe(exported);
    }

    // One with it, it would not be shown either, although the row as shown holds its condition.
    [Fact]
    public async Task Edit_AfterOneWhoseConditionHoldsNoMore_StaysByItselfAndIsShown()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one"));
        await EditAsync(store, Edit(1, ("name", "a")) with { If = Values(("rank", null)) });
        await ApplyNextAsync(store, Page().Thing(1, new RowVersion(0, 2), "a", rank: 5));

        (await EditAsync(store, Edit(1, ("name", "b")) with { If = Values(("name", "a")) })).Single().Result.ShouldBe(EditResult.Queued);

        (await ThingAsync(store, 1)).Name.ShouldBe("b");
        store.Status.PendingCount.ShouldBe(2);
    }

    [Fact]
    public async Task Edit_AfterAnEditOfAnotherRow_StillBecomesOneWithTheLastOfItsOwn()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two"));

        await EditAsync(store, Edit(1, ("name", "a")), Edit(2, ("name", "b")), Edit(1, ("name", "c")));

        (await PendingAsync(store)).Select(entry => entry.Edit).ShouldBe([Edit(1, ("name", "c")), Edit(2, ("name", "b"))]);
    }

    [Fact]
    public async Task Undo_BringsTheOldValuesBackUnlessTheRowHoldsOthersByNow()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, new RowVersion(0, 1), "one", label: "L", rank: 3, score: 0.5, active: true, seenAt: Noon, memo: "m"));
        var original = await ThingAsync(store, 1);

        var outcome = (await EditAsync(store, Edit(1, ("name", "x"), ("label", null), ("rank", null), ("score", -1.5), ("active", false), ("seen_at", null), ("memo", "n")))).Single();
        (await ThingAsync(store, 1)).ShouldBe(new Thing(1, "x") { Score = -1.5, Active = false, Memo = "n" });
        var redo = (await EditAsync(store, outcome.Undo!)).Single();
        (await ThingAsync(store, 1)).ShouldBe(original);
        await EditAsync(store, redo.Undo!);
        (await ThingAsync(store, 1)).Name.ShouldBe("x");

        await EditAsync(store, Edit(1, ("memo", "mine")));
        var late = (await EditAsync(store, outcome.Undo!)).Single();
        (late.Result, late.Undo).ShouldBe((EditResult.Condition, null));
        late.Current!.TryGet("memo", out var memo).ShouldBeTrue();
        memo.ToArray().ShouldBe(Values(("memo", "mine")).Single().Value.ToArray());
    }

    [Fact]
    public async Task Read_GivesEntriesInTheirOrderUpToTheLimit()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1).Thing(2, 2).Thing(3, 3));
        await EditAsync(store, Edit(3, ("name", "a")), Edit(1, ("name", "b")), Edit(2, ("name", "c")));

        var pending = await PendingAsync(store);
        pending.Select(entry => entry.Edit.Key.Value).ShouldBe([3, 1, 2]);
        pending.Select(entry => entry.Number).ShouldBeInOrder();
        (await store.Outbox.ReadAsync(OutboxPart.Pending, 2, default)).ShouldBe(pending.Take(2));
        (await DeadLettersAsync(store)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Discard_OfUnsentEdits_TakesThemBack()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two").Thing(3, 3, "three"));
        await EditAsync(store, Edit(1, ("name", "a")));
        await SealAsync(store);
        await EditAsync(store, Edit(2, ("name", "b")), Edit(3, ("name", "c")));
        var pending = await PendingAsync(store);
        var revision = store.Status.Revision;

        // The first one has been sent.
        var status = await store.Outbox.DiscardAsync([pending[0].Number, pending[1].Number, 4711], default);

        status.PendingCount.ShouldBe(2);
        status.Revision.ShouldBeGreaterThan(revision);
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["a", "two", "c"]);
        (await PendingAsync(store)).ShouldBe([pending[0], pending[2]]);
        (await store.Outbox.DiscardAsync([pending[1].Number], default)).ShouldBe(status);
    }

    [Fact]
    public async Task Retry_OfRejectedEdits_QueuesThemAnewWithoutConditions()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two").Thing(3, 3, "three"));
        var conditional = Edit(2, ("name", "b")) with { If = Values(("name", "two")) };
        await EditAsync(store, Edit(1, ("name", "a")), conditional, Edit(3, ("name", "c")));
        await AcknowledgeAsync(store, await SealAsync(store), null, "constraint", "condition", "missing");
        await EditAsync(store, Edit(1, ("memo", "newer")));
        await ApplyNextAsync(store, Page().Delete(3, new(0, 9)));
        var dead = await DeadLettersAsync(store);
        dead.Select(entry => entry.Edit.Key.Value).ShouldBe([1, 2, 3]);

        var status = await store.Outbox.RetryAsync([dead[0].Number, dead[1].Number, dead[2].Number, 4711], Made.AddDays(1), default);

        (status.PendingCount, status.DeadLetterCount).ShouldBe((3, 1));
        (await DeadLettersAsync(store)).ShouldBe([dead[2]]);
        var pending = await PendingAsync(store);
        pending.Select(entry => entry.Edit).ShouldBe([Edit(1, ("memo", "newer")), Edit(1, ("name", "a")), Edit(2, ("name", "b"))]);
        pending.Skip(1).ShouldAllBe(entry => entry.Number > dead[2].Number && entry.MadeAt == Made.AddDays(1) && entry.Rejection == null && !entry.IsSent);
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["a", "b"]);
        (await store.Outbox.RetryAsync([dead[0].Number, dead[2].Number, pending[0].Number], Made, default)).ShouldBe(status);
    }

    [Fact]
    public async Task Discard_OfRejectedEdits_ForgetsThem()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1, "one").Thing(2, 2, "two"));
        await EditAsync(store, Edit(1, ("name", "a")), Edit(2, ("name", "b")));
        await AcknowledgeAsync(store, await SealAsync(store), null, "missing", "missing");
        var dead = await DeadLettersAsync(store);

        (await store.Outbox.DiscardAsync([dead[0].Number], default)).DeadLetterCount.ShouldBe(1);

        (await DeadLettersAsync(store)).ShouldBe([dead[1]]);
        (await NamesAsync(store, ViewQuery.All)).ShouldBe(["one", "two"]);
    }

    private static FieldValues Values(params ReadOnlySpan<(string Field, object? Value)> values) => FieldValues.Of(Things, values);

    private static RowEdit Edit(long key, params ReadOnlySpan<(string Field, object? Value)> fields) => new(new RowKey(key), Values(fields));

    private static async Task<ImmutableArray<EditOutcome>> EditAsync(ICollectionStore store, params RowEdit[] edits) =>
        await store.Outbox.EditAsync(edits, Made, default);

    private static async Task<IReadOnlyList<OutboxEntry>> PendingAsync(ICollectionStore store) =>
        await store.Outbox.ReadAsync(OutboxPart.Pending, int.MaxValue, default);

    private static async Task<IReadOnlyList<OutboxEntry>> DeadLettersAsync(ICollectionStore store) =>
        await store.Outbox.ReadAsync(OutboxPart.DeadLetters, int.MaxValue, default);
}
