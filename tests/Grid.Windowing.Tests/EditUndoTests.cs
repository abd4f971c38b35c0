using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing.Tests;

public sealed class EditUndoTests : SelectionTest
{
    private EditUndo? _made;

    private EditUndo Undo => _made ??= new EditUndo(Store, Time);

    [Fact]
    public async Task An_edit_is_taken_back()
    {
        await FillAsync(5);

        var outcomes = await Undo.EditAsync([Flag(2), Flag(3), Flag(9)], "Flagged some", default);
        outcomes.Select(outcome => outcome.Result).ShouldBe([EditResult.Queued, EditResult.Queued, EditResult.Missing]);
        Undo.Last.ShouldNotBeNull().Count.ShouldBe(2);
        (await KeysAsync(Flagged)).ShouldBe([2, 3]);
        var report = (await Undo.UndoAsync(default)).ShouldNotBeNull();

        (report.Description, report.RevertedCount, report.ChangedCount, report.GoneCount).ShouldBe(("Flagged some", 2, 0, 0));
        (await KeysAsync(Flagged)).ShouldBeEmpty();
        Undo.Last.ShouldBeNull();
        (await Undo.UndoAsync(default)).ShouldBeNull();
    }

    [Fact]
    public async Task What_is_taken_back_has_the_cause_of_what_was_made()
    {
        await FillAsync(1);
        await Undo.EditAsync([Flag(1) with { CorrelationId = "export-1" }], "Flagged", default);
        await Store.Outbox.SealAsync("client", 9, 1, default);

        await Undo.UndoAsync(default);

        (await Store.Outbox.ReadAsync(OutboxPart.Pending, 9, default)).Select(entry => entry.Edit.CorrelationId).ShouldBe(["export-1", "export-1"]);
    }

    [Fact]
    public async Task Rows_that_have_changed_since_stay_and_are_told_of()
    {
        await FillAsync(5);
        await Undo.EditAsync([Rename(1, "A"), Rename(2, "B"), Rename(3, "C")], "Renamed", default);
        await Store.Outbox.EditAsync([Rename(2, "somebody else's")], Time.GetUtcNow(), default);
        await DeleteAsync(3);

        var report = (await Undo.UndoAsync(default)).ShouldNotBeNull();

        (report.RevertedCount, report.ChangedCount, report.GoneCount).ShouldBe((1, 1, 1));
        report.Changed.ShouldBe([new ChangedRow(2, FieldValues.Of(Schema, ("name", "somebody else's")))]);
        (await KeysAsync(new ViewQuery { Search = "somebody else's" })).ShouldBe([2]);
        (await KeysAsync(new ViewQuery { Search = "person 1" })).ShouldBe([1]);
    }

    [Fact]
    public async Task A_new_edit_takes_the_place_of_the_last_one()
    {
        await FillAsync(5);
        await Undo.EditAsync([Flag(1)], "first", default);
        await Undo.EditAsync([Flag(2)], "second", default);
        await Undo.EditAsync([Flag(99)], "of nothing", default);

        (await Undo.UndoAsync(default)).ShouldNotBeNull().Description.ShouldBe("second");

        (await KeysAsync(Flagged)).ShouldBe([1]);
    }

    [Fact]
    public async Task A_unit_of_several_steps_goes_back_as_one_and_the_first_values_are_left()
    {
        await FillAsync(5);
        using (var unit = Undo.Begin("Renamed twice"))
        {
            await unit.EditAsync([Rename(1, "A"), Rename(2, "B")], default);
            await unit.EditAsync([Rename(1, "AA"), Rename(1, "AAA")], default);
            (await Undo.UndoAsync(default)).ShouldBeNull("it is not complete");
        }

        (await Undo.UndoAsync(default)).ShouldNotBeNull().RevertedCount.ShouldBe(4);

        (await KeysAsync(new ViewQuery { Search = "person" })).ShouldBe([1, 2, 3, 4, 5]);
    }

    [Fact]
    public async Task What_was_done_of_a_unit_that_is_given_up_goes_back()
    {
        await FillAsync(5);
        using (var unit = Undo.Begin("Flagged"))
        {
            await unit.EditAsync([Flag(1)], default);
            await Should.ThrowAsync<OperationCanceledException>(() => unit.EditAsync([Flag(2)], new CancellationToken(canceled: true)));
        }

        (await Undo.UndoAsync(default)).ShouldNotBeNull().RevertedCount.ShouldBe(1);
        (await KeysAsync(Flagged)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_store_that_fails_leaves_the_unit_whole()
    {
        await FillAsync(5);
        await Undo.EditAsync([Flag(1)], "Flagged", default);
        var unit = Undo.Last;
        Database.Before = (_, _) => throw new SyncStoreException(SyncStoreFailure.QuotaExceeded, "Full.");

        await Should.ThrowAsync<SyncStoreException>(() => Undo.EditAsync([Flag(2)], "more", default));
        Undo.Last.ShouldBe(unit);
        await Should.ThrowAsync<SyncStoreException>(() => Undo.UndoAsync(default));
        Undo.Last.ShouldBe(unit);
        Database.Before = null;

        (await Undo.UndoAsync(default)).ShouldNotBeNull().RevertedCount.ShouldBe(1);
        (await KeysAsync(Flagged)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_large_unit_goes_back_in_batches_and_a_failure_halfway_is_gone_on_from()
    {
        const int Count = 2_500;
        await FillAsync(Count);
        await Undo.EditAsync([.. Enumerable.Range(1, Count).Select(key => Flag(key))], "Flagged all", default);
        var batches = 0;
        Database.Before = (_, _) => ++batches == 3 ? throw new SyncStoreException(SyncStoreFailure.Failed, "Not now.") : ValueTask.CompletedTask;

        await Should.ThrowAsync<SyncStoreException>(() => Undo.UndoAsync(default));
        Undo.Last.ShouldNotBeNull().Count.ShouldBe(500);
        var report = (await Undo.UndoAsync(default)).ShouldNotBeNull();

        report.RevertedCount.ShouldBe(Count);
        batches.ShouldBe(4);
        (await KeysAsync(Flagged)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_unit_that_has_been_replaced_can_no_longer_be_taken_back()
    {
        await FillAsync(5);
        using (var unit = Undo.Begin("long"))
        {
            await unit.EditAsync([Flag(1)], default);
            await Undo.EditAsync([Flag(2)], "short", default);
            await unit.EditAsync([Flag(3)], default);
        }

        Undo.Last.ShouldNotBeNull().Description.ShouldBe("short");
        await Undo.UndoAsync(default);
        (await KeysAsync(Flagged)).ShouldBe([1, 3]);
    }

    [Fact]
    public async Task A_unit_beyond_its_bound_is_refused_before_anything_is_done()
    {
        await FillAsync(1);
        RowEdit[] edits = [.. Enumerable.Repeat(Flag(1), EditUndo.MaxUnitRows + 1)];

        (await Should.ThrowAsync<ArgumentException>(() => Undo.EditAsync(edits, "too much", default))).Message.ShouldContain("several steps");

        (await KeysAsync(Flagged)).ShouldBeEmpty();
    }

    private static RowEdit Rename(long key, string name) => new(key, FieldValues.Of(Schema, ("name", name)));
}
