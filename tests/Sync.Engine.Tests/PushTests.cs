using Collection.Contracts;
using Collection.Sync.Abstractions;
using static Collection.Sync.Engine.Tests.SyncRun;

namespace Collection.Sync.Engine.Tests;

/// <summary>What becomes of edits.</summary>
public sealed class PushTests
{
    [Fact]
    public async Task Edit_shows_at_once_and_is_sent_and_stays_shown_when_it_is_confirmed()
    {
        await using var run = await LiveAsync();

        (await run.EditAsync(1, "edited")).Result.ShouldBe(EditResult.Queued);
        (await run.NamesAsync())[1].ShouldBe("edited");
        run.Sync.Status.PendingCount.ShouldBe(1);
        var push = await run.Transport.NextPushAsync();
        push.Batch.Mutations.Single().Id.ShouldBe(1);
        push.Apply(Named(1, 10, "edited"));

        await run.WaitForAsync(status => status.PendingCount == 0);
        (await run.NamesAsync())[1].ShouldBe("edited");
    }

    [Fact]
    public async Task Batch_whose_answer_is_lost_is_sent_again_as_it_was()
    {
        await using var run = await LiveAsync();
        await run.EditAsync(1, "one");
        var first = await run.Transport.NextPushAsync();
        await run.EditAsync(1, "two");

        first.Fail(SyncFailure.Offline);
        await run.AnswerAsync(Page().Build("a"));
        await run.PassWaitAsync();

        var second = await run.Transport.NextPushAsync();
        second.Batch.ClientId.ShouldBe(first.Batch.ClientId);
        second.Ids.ShouldBe([1, 2]);
        second.Batch.Mutations[0].Edit.ShouldBe(first.Batch.Mutations[0].Edit);
        second.Apply(Named(1, 10, "two"));
        (await run.WaitForAsync(status => status.PendingCount == 0)).PushError.ShouldBeNull();
    }

    [Fact]
    public async Task Push_that_fails_has_its_reason_in_the_status_and_asks_for_a_pull()
    {
        await using var run = await LiveAsync();
        await run.EditAsync(1, "one");

        (await run.Transport.NextPushAsync()).Fail(SyncFailure.Offline);

        (await run.WaitForAsync(status => status.PushError is not null)).Phase.ShouldBe(SyncPhase.Live);
        (await run.Transport.NextAsync()).Fail(SyncFailure.Offline);
        await run.WaitForAsync(SyncPhase.Offline);
    }

    [Fact]
    public async Task Retry_after_is_obeyed_whatever_is_requested()
    {
        await using var run = await LiveAsync();
        await run.EditAsync(1, "one");
        (await run.Transport.NextPushAsync()).Fail(SyncFailure.Retry, TimeSpan.FromSeconds(30));
        await run.AnswerAsync(Page().Build("a"));
        await run.Time.WaitForTimerAsync();

        await run.EditAsync(1, "two");
        run.Sync.RequestPull();
        await run.AnswerAsync(Page().Build("a"));
        run.Time.Advance(TimeSpan.FromSeconds(30.4));
        await run.ShouldRestAsync();
        run.Time.Advance(TimeSpan.FromSeconds(0.1));

        (await run.Transport.NextPushAsync()).Ids.ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Ended_session_waits_for_a_pull_that_works()
    {
        await using var run = await LiveAsync();
        await run.EditAsync(1, "one");
        (await run.Transport.NextPushAsync()).Fail(SyncFailure.SignedOut);
        (await run.Transport.NextAsync()).Fail(SyncFailure.SignedOut);
        await run.WaitForAsync(SyncPhase.SignedOut);

        run.Time.Advance(TimeSpan.FromDays(1));
        await run.ShouldRestAsync();
        run.Sync.RequestPull("signed in");
        await run.AnswerAsync(Page().Build("a"));

        (await run.Transport.NextPushAsync()).Ids.ShouldBe([1]);
    }

    [Fact]
    public async Task Rejected_edit_goes_back_becomes_a_dead_letter_and_holds_nothing_up()
    {
        await using var run = await LiveAsync();
        await run.EditAsync(1, "refused");
        await run.EditAsync(2, "fine");

        var push = await run.Transport.NextPushAsync();
        if (push.Batch.Mutations.Length == 1)
        {
            push.Fail(SyncFailure.Offline);
            await run.AnswerAsync(Page().Build("a"));
            await run.PassWaitAsync();
            push = await run.Transport.NextPushAsync();
        }

        push.Answer(new PushAnswer([new(1, "constraint", "Names have to be short."), new(2)], Named(2, 10, "fine")));

        var status = await run.WaitForAsync(status => status.PendingCount == 0);
        status.DeadLetterCount.ShouldBe(1);
        (await run.NamesAsync()).ShouldBe(new Dictionary<long, string> { [1] = "thing 1", [2] = "fine" }, ignoreOrder: true);
        (await run.Store.Outbox.ReadAsync(OutboxPart.DeadLetters, 10, default)).Single().Detail.ShouldBe("Names have to be short.");
    }

    [Fact]
    public async Task Edit_that_the_server_does_not_read_is_set_aside_and_its_id_used_up()
    {
        await using var run = await LiveAsync();
        await run.EditAsync(1, "unreadable");
        (await run.Transport.NextPushAsync()).Refuse(PushRefusal.Mutation, id: 1);

        var push = await run.Transport.NextPushAsync();
        push.Batch.Mutations.Single().Edit.Fields.Count.ShouldBe(0);
        push.Apply();

        (await run.WaitForAsync(status => status.PendingCount == 0)).DeadLetterCount.ShouldBe(1);
        (await run.NamesAsync())[1].ShouldBe("thing 1");
    }

    [Fact]
    public async Task Server_that_refuses_the_same_id_for_ever_is_asked_ever_less_often()
    {
        await using var run = await LiveAsync();
        await run.EditAsync(1, "unreadable");
        (await run.Transport.NextPushAsync()).Refuse(PushRefusal.Mutation, id: 1);

        (await run.Transport.NextPushAsync()).Refuse(PushRefusal.Mutation, id: 1);
        await run.AnswerAsync(Page().Build("a"));

        (await run.PassWaitAsync()).ShouldBe(TimeSpan.FromSeconds(0.5));
        (await run.Transport.NextPushAsync()).Refuse(PushRefusal.Mutation, id: 1);
        await run.AnswerAsync(Page().Build("a"));
        (await run.PassWaitAsync()).ShouldBe(TimeSpan.FromSeconds(1));
        (await run.Store.Outbox.ReadAsync(OutboxPart.DeadLetters, 10, default)).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(PushRefusal.Order)]
    [InlineData(PushRefusal.Client)]
    public async Task Server_that_does_not_know_the_client_gets_everything_anew_from_one(PushRefusal refusal)
    {
        await using var run = await LiveAsync();
        await run.EditAsync(1, "one");
        (await run.Transport.NextPushAsync()).Apply(Named(1, 10, "one"));
        await run.WaitForAsync(status => status.PendingCount == 0);
        await run.EditAsync(1, "two");
        var push = await run.Transport.NextPushAsync();
        push.Ids.ShouldBe([2]);

        push.Refuse(refusal);
        await run.AnswerAsync(Page().Build("a"));
        await run.PassWaitAsync();

        (await run.Transport.NextPushAsync()).Ids.ShouldBe([1]);
    }

    [Fact]
    public async Task Batch_that_is_too_large_is_halved_and_a_single_edit_that_is_set_aside()
    {
        await using var run = await LiveAsync();
        await run.InContextAsync(() => run.Store.Outbox.EditAsync([Edit(1, "one"), Edit(2, "two")], run.Time.GetUtcNow(), default).AsTask());
        var push = await run.Transport.NextPushAsync();
        push.Ids.ShouldBe([1, 2]);

        push.Refuse(PushRefusal.Size);
        push = await run.Transport.NextPushAsync();
        push.Ids.ShouldBe([1]);
        push.Refuse(PushRefusal.Size);
        push = await run.Transport.NextPushAsync();
        push.Batch.Mutations.Single().Edit.Fields.Count.ShouldBe(0);
        push.Apply();

        (await run.Transport.NextPushAsync()).Ids.ShouldBe([2]);
        run.Sync.Status.DeadLetterCount.ShouldBe(1);
    }

    [Fact]
    public async Task Answer_for_other_edits_is_no_answer()
    {
        await using var run = await LiveAsync();
        await run.EditAsync(1, "one");

        (await run.Transport.NextPushAsync()).Answer(new PushAnswer([new(7)], null));

        var error = (await run.WaitForAsync(status => status.PushError is not null)).PushError.ShouldBeOfType<SyncTransportException>();
        error.Failure.ShouldBe(SyncFailure.Protocol);
        run.Sync.Status.PendingCount.ShouldBe(1);
    }

    [Fact]
    public async Task Answer_with_malformed_rows_confirms_the_edits_and_leaves_the_rows_to_a_pull()
    {
        await using var run = await LiveAsync();
        await run.EditAsync(1, "one");

        (await run.Transport.NextPushAsync()).Apply([1, 2, 3]);

        await run.WaitForAsync(status => status.PendingCount == 0);
        (await run.NamesAsync())[1].ShouldBe("one");
        (await run.Transport.NextAsync()).Answer(Named(1, 10, "one", next: "b"));
        await run.WaitForAsync(status => status.PageCount == 2);
        (await run.NamesAsync())[1].ShouldBe("one");
    }

    [Fact]
    public async Task Answer_to_edits_that_were_sent_before_a_refill_brings_no_deleted_row_back()
    {
        await using var run = await LiveAsync();
        await run.EditAsync(2, "edited");
        var push = await run.Transport.NextPushAsync();
        run.Sync.RequestPull();
        (await run.Transport.NextAsync()).Fail(SyncFailure.Reset);
        await run.AnswerAsync(Row(1, "b", more: true, isSnapshot: true));
        await run.Transport.NextStreamAsync();

        push.Apply(Named(2, 10, "edited"));
        await run.WaitForAsync(status => status.PendingCount == 0);
        await run.AnswerAsync(Page().Build("c"));

        await run.WaitForAsync(SyncPhase.Live);
        (await run.NamesAsync()).Keys.ShouldBe([1]);
    }

    [Fact]
    public async Task Edit_that_is_confirmed_during_a_refill_is_settled_by_a_pull_after_it()
    {
        await using var run = await LiveAsync();
        run.Sync.RequestPull();
        (await run.Transport.NextAsync()).Fail(SyncFailure.Reset);
        await run.AnswerAsync(Page().Upsert(new(0, 5), 1L, "thing 1").Build("b", more: true, isSnapshot: true, epoch: 2));
        var last = await run.Transport.NextAsync();
        await run.EditAsync(1, "edited");

        (await run.Transport.NextPushAsync()).Apply(Page().Upsert(new(0, 10), 1L, "edited").Build("rows", epoch: 2));
        await run.WaitForAsync(status => status.PendingCount == 0);
        last.Answer(Page().Build("c", epoch: 2));

        (await run.AnswerAsync(Page().Upsert(new(0, 10), 1L, "edited").Build("d", epoch: 2))).ShouldBe("c");
        await run.WaitForAsync(status => status is { Phase: SyncPhase.Live, PageCount: 4 });
        (await run.NamesAsync())[1].ShouldBe("edited");
    }

    [Fact]
    public async Task Flush_ends_with_the_last_confirmation_or_with_its_limit()
    {
        await using var run = await LiveAsync();
        (await run.Sync.FlushAsync(TimeSpan.FromSeconds(5), default)).ShouldBe(0);
        await run.EditAsync(1, "one");
        var push = await run.Transport.NextPushAsync();

        var late = run.InContextAsync(() => run.Sync.FlushAsync(TimeSpan.FromSeconds(5), default).AsTask());
        await run.PassWaitAsync();
        (await late).ShouldBe(1);

        var inTime = run.InContextAsync(() => run.Sync.FlushAsync(TimeSpan.FromSeconds(5), default).AsTask());
        push.Apply(Named(1, 10, "one"));
        (await inTime).ShouldBe(0);
    }

    /// <summary>A run that is up to date, with rows 1 and 2.</summary>
    internal static async Task<SyncRun> LiveAsync(SyncOptions? options = null)
    {
        var run = await StartAsync(options: options);
        await run.AnswerAsync(Page().Upsert(new(0, 1), 1L, "thing 1").Upsert(new(0, 2), 2L, "thing 2").Build("a"));
        await run.WaitForAsync(SyncPhase.Live);
        // The first stream was opened before the first page, and so does not count.
        await run.Transport.NextStreamAsync();
        return run;
    }

    private static RowEdit Edit(long key, string name) => new(new RowKey(key), FieldValues.Of(Things, ("name", name)));

    private static byte[] Named(long key, int version, string name, string next = "rows") =>
        Page().Upsert(new RowVersion(0, version), key, name).Build(next);
}
