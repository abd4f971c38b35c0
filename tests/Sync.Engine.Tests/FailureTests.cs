using Collection.Sync.Abstractions;
using static Collection.Sync.Engine.Tests.SyncRun;

namespace Collection.Sync.Engine.Tests;

/// <summary>What each failure leads to, and when the next pull comes.</summary>
public sealed class FailureTests
{
    [Fact]
    public async Task Waits_double_up_to_the_longest_and_start_over_after_a_stored_page()
    {
        await using var run = await StartAsync(random: 0.5, Quiet with { MaxRetryDelay = TimeSpan.FromSeconds(5) });

        foreach (var seconds in new[] { 0.5, 1, 2, 2.5, 2.5 })
        {
            (await run.Transport.NextAsync()).Fail(SyncFailure.Offline);
            (await run.PassWaitAsync()).ShouldBe(TimeSpan.FromSeconds(seconds));
        }

        await run.AnswerAsync(Row(1, "a", more: true));
        (await run.Transport.NextAsync()).Fail(SyncFailure.Offline);
        (await run.PassWaitAsync()).ShouldBe(TimeSpan.FromSeconds(0.5));
    }

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.25)]
    [InlineData(0.999)]
    public async Task Waits_are_any_part_of_the_longest(double random)
    {
        await using var run = await StartAsync(random);

        (await run.Transport.NextAsync()).Fail(SyncFailure.Retry);

        (await run.Time.WaitForTimerAsync()).ShouldBe(TimeSpan.FromSeconds(random));
    }

    [Fact]
    public async Task Offline_is_tried_again_at_once_on_request()
    {
        await using var run = await StartAsync();
        (await run.Transport.NextAsync()).Fail(SyncFailure.Offline);
        var status = await run.WaitForAsync(SyncPhase.Offline);
        status.RetryAt.ShouldBe(run.Time.GetUtcNow() + TimeSpan.FromSeconds(0.5));

        run.Sync.RequestPull();
        var pull = await run.Transport.NextAsync();

        (run.Sync.Status.Phase, run.Sync.Status.RetryAt).ShouldBe((SyncPhase.Offline, null));
        pull.Answer(Row(1, "a"));
        (await run.WaitForAsync(SyncPhase.Live)).Error.ShouldBeNull();
    }

    [Fact]
    public async Task Request_during_a_pull_that_fails_is_not_lost()
    {
        await using var run = await StartAsync();
        var pull = await run.Transport.NextAsync();
        run.Sync.RequestPull();

        pull.Fail(SyncFailure.Offline);

        await run.AnswerAsync(Row(1, "a"));
        await run.WaitForAsync(SyncPhase.Live);
    }

    [Fact]
    public async Task Busy_server_is_left_alone_for_as_long_as_it_asks_whatever_is_requested()
    {
        await using var run = await StartAsync();
        (await run.Transport.NextAsync()).Fail(SyncFailure.Retry, TimeSpan.FromSeconds(30));
        var status = await run.WaitForAsync(SyncPhase.BackingOff);
        status.RetryAt.ShouldBe(run.Time.GetUtcNow() + TimeSpan.FromSeconds(30.5));
        await run.Time.WaitForTimerAsync();

        run.Sync.RequestPull();
        run.Time.Advance(TimeSpan.FromSeconds(30.4));
        await run.ShouldRestAsync();
        run.Time.Advance(TimeSpan.FromSeconds(0.1));

        await run.AnswerAsync(Row(1, "a"));
        await run.WaitForAsync(SyncPhase.Live);
    }

    [Theory]
    [InlineData(-5, 0.5)]
    [InlineData(1e9, 86_400.5)]
    public async Task Unreasonable_wishes_of_a_server_are_bounded(double wish, double expected)
    {
        await using var run = await StartAsync();

        (await run.Transport.NextAsync()).Fail(SyncFailure.Retry, TimeSpan.FromSeconds(wish));

        (await run.Time.WaitForTimerAsync()).ShouldBe(TimeSpan.FromSeconds(expected));
    }

    [Fact]
    public async Task Signed_out_waits_for_a_request_alone()
    {
        await using var run = await StartAsync();
        (await run.Transport.NextAsync()).Fail(SyncFailure.SignedOut);
        (await run.WaitForAsync(SyncPhase.SignedOut)).RetryAt.ShouldBeNull();

        run.Time.Advance(TimeSpan.FromDays(2));
        await run.ShouldRestAsync();
        run.Sync.RequestPull();

        await run.AnswerAsync(Row(1, "a"));
        await run.WaitForAsync(SyncPhase.Live);
    }

    [Theory]
    [InlineData(SyncFailure.Refused)]
    [InlineData(SyncFailure.Protocol)]
    public async Task Fault_shows_its_error_and_is_tried_again_later_or_on_request(SyncFailure failure)
    {
        await using var run = await StartAsync();
        (await run.Transport.NextAsync()).Fail(failure);
        (await run.WaitForAsync(SyncPhase.Faulted)).Error.ShouldBeOfType<SyncTransportException>().Failure.ShouldBe(failure);

        (await run.PassWaitAsync()).ShouldBe(TimeSpan.FromSeconds(0.5));
        (await run.Transport.NextAsync()).Fail(failure);
        await run.Time.WaitForTimerAsync();
        run.Sync.RequestPull();

        await run.AnswerAsync(Row(1, "a"));
        await run.WaitForAsync(SyncPhase.Live);
    }

    [Fact]
    public async Task Reset_fills_from_the_start_and_shows_the_old_rows_until_all_new_ones_are_there()
    {
        await using var run = await StartAsync();
        await run.AnswerAsync(Row(1, "a"));
        await run.WaitForAsync(SyncPhase.Live);
        run.Sync.RequestPull();

        (await run.Transport.NextAsync()).Fail(SyncFailure.Reset);

        (await run.AnswerAsync(Row(2, "b", more: true, isSnapshot: true))).ShouldBeNull();
        await run.WaitForAsync(status => status.PageCount == 2);
        (await run.NamesAsync()).Keys.ShouldBe([1]);
        (await run.AnswerAsync(Row(3, "c"))).ShouldBe("b");
        await run.WaitForAsync(status => status is { RowCount: 2, Phase: SyncPhase.Live });
        run.Phases.ShouldBe([SyncPhase.Following, SyncPhase.Snapshot, SyncPhase.Live, SyncPhase.Resetting, SyncPhase.Live]);
    }

    [Fact]
    public async Task Reset_in_the_middle_of_a_first_sync_starts_over()
    {
        await using var run = await StartAsync();
        await run.AnswerAsync(Row(1, "a", more: true, isSnapshot: true));
        (await run.Transport.NextAsync()).Fail(SyncFailure.Reset);

        (await run.AnswerAsync(Row(2, "b"))).ShouldBeNull();
        (await run.WaitForAsync(SyncPhase.Live)).RowCount.ShouldBe(1);
    }

    [Fact]
    public async Task Resets_without_end_are_slowed_down_until_the_feed_is_read_to_its_end()
    {
        await using var run = await StartAsync(random: 1);
        await run.AnswerAsync(Row(1, "a", more: true, isSnapshot: true));
        (await run.Transport.NextAsync()).Fail(SyncFailure.Reset);
        foreach (var seconds in new[] { 1, 2, 4 })
        {
            await run.AnswerAsync(Row(1, "a", more: true, isSnapshot: true));
            (await run.Transport.NextAsync()).Fail(SyncFailure.Reset);
            (await run.PassWaitAsync()).ShouldBe(TimeSpan.FromSeconds(seconds));
        }

        await run.AnswerAsync(Row(1, "a"));
        await run.WaitForAsync(SyncPhase.Live);
        run.Sync.RequestPull();
        (await run.Transport.NextAsync()).Fail(SyncFailure.Reset);
        (await run.Transport.NextAsync()).After.ShouldBeNull();
    }

    [Fact]
    public async Task Corrupt_store_is_filled_anew()
    {
        await using var run = await StartAsync();
        await run.AnswerAsync(Row(1, "a"));
        await run.WaitForAsync(SyncPhase.Live);
        run.Store.BeforeApply = _ =>
        {
            run.Store.BeforeApply = null;
            throw new SyncStoreException(SyncStoreFailure.Corrupt, "A block does not read back.");
        };

        run.Sync.RequestPull();
        await run.AnswerAsync(Row(2, "b"));

        (await run.AnswerAsync(Row(3, "c"))).ShouldBeNull();
        (await run.WaitForAsync(status => status is { PageCount: 2, Phase: SyncPhase.Live })).RowCount.ShouldBe(1);
        await run.ShouldRestAsync();
    }

    [Fact]
    public async Task Store_that_starts_over_by_itself_is_filled_anew_at_once()
    {
        await using var run = await StartAsync();
        await run.AnswerAsync(Row(1, "a"));
        await run.WaitForAsync(SyncPhase.Live);

        const long firstFence = 1;
        await run.InContextAsync(() => run.Store.ResetAsync(firstFence, default).AsTask());

        (await run.AnswerAsync(Row(3, "c"))).ShouldBeNull();
        (await run.WaitForAsync(status => status is { PageCount: 2, Phase: SyncPhase.Live })).RowCount.ShouldBe(1);
        (await run.NamesAsync()).Keys.ShouldBe([3]);
        await run.ShouldRestAsync();
    }

    [Fact]
    public async Task Defect_ends_the_run_and_shows_in_status_and_task()
    {
        await using var run = await StartAsync();

        (await run.Transport.NextAsync()).Fail(new InvalidTimeZoneException("A defect of the test's transport."));

        await Should.ThrowAsync<InvalidTimeZoneException>(run.Completion);
        run.Sync.Status.Phase.ShouldBe(SyncPhase.Faulted);
        run.Sync.Status.Error.ShouldBeOfType<InvalidTimeZoneException>();
    }

    [Fact]
    public async Task Handler_that_throws_ends_the_run()
    {
        await using var run = await PrepareAsync();
        run.Sync.Changed += status =>
        {
            if (status.Phase == SyncPhase.Live)
                throw new InvalidTimeZoneException("A defect of the test's handler.");
        };
        run.Start();

        await run.AnswerAsync(Row(1, "a"));

        await Should.ThrowAsync<InvalidTimeZoneException>(run.Completion);
        run.Store.Status.Cursor.ShouldBe(new SyncCursor("a"));
    }

    [Fact]
    public async Task Cancelling_gives_the_request_up_in_any_wait()
    {
        await using var pulling = await StartAsync();
        var pull = await pulling.Transport.NextAsync();
        await pulling.StopAsync();
        pull.IsCancelled.ShouldBeTrue();

        await using var backingOff = await StartAsync();
        (await backingOff.Transport.NextAsync()).Fail(SyncFailure.Retry);
        await backingOff.Time.WaitForTimerAsync();
        await backingOff.StopAsync();

        await using var live = await StartAsync();
        await live.AnswerAsync(Row(1, "a"));
        await live.WaitForAsync(SyncPhase.Live);
        await live.StopAsync();
        live.Sync.Status.Phase.ShouldBe(SyncPhase.Stopped);
    }
}
