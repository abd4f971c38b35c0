using Collection.Contracts;
using Collection.Sync.Abstractions;
using static Collection.Sync.Engine.Tests.SyncRun;

namespace Collection.Sync.Engine.Tests;

/// <summary>What is pulled when, and what is stored of it.</summary>
public sealed class PullTests
{
    [Fact]
    public async Task First_sync_stores_page_after_page_and_is_live_after_the_last()
    {
        await using var run = await StartAsync();

        (await run.AnswerAsync(Row(1, "a", more: true, isSnapshot: true))).ShouldBeNull();
        (await run.AnswerAsync(Row(2, "b", more: true, isSnapshot: true))).ShouldBe("a");
        (await run.AnswerAsync(Row(3, "c", more: true))).ShouldBe("b");
        (await run.AnswerAsync(Row(4, "d"))).ShouldBe("c");

        var status = await run.WaitForAsync(SyncPhase.Live);
        (status.RowCount, status.PageCount, status.IsComplete, status.Error).ShouldBe((4, 4, true, null));
        run.Phases.ShouldBe([SyncPhase.Following, SyncPhase.Snapshot, SyncPhase.CatchingUp, SyncPhase.Live]);
        run.Store.Status.Cursor.ShouldBe(new SyncCursor("d"));
    }

    [Fact]
    public async Task Status_counts_rows_bytes_and_the_total_that_the_server_tells()
    {
        await using var run = await StartAsync();
        var first = Page().Upsert(new(0, 1), 1L, "one").Build("a", more: true, isSnapshot: true, totalRows: 7);
        var second = Row(2, "b");

        await run.AnswerAsync(first);
        var status = await run.WaitForAsync(status => status.PageCount == 1);
        (status.TotalRows, status.RemainingBytes).ShouldBe((7, 6 * first.Length));
        await run.AnswerAsync(second);

        status = await run.WaitForAsync(SyncPhase.Live);
        (status.ByteCount, status.TotalRows, status.RemainingBytes).ShouldBe((first.Length + second.Length, null, null));
    }

    [Fact]
    public async Task Pull_asks_for_pages_of_the_size_in_the_options()
    {
        await using var run = await StartAsync(options: Quiet with { PageBytes = 12_345 });

        (await run.Transport.NextAsync()).MaxBytes.ShouldBe(12_345);
    }

    [Fact]
    public async Task Next_page_is_fetched_while_one_is_stored_and_no_further_one()
    {
        await using var run = await PrepareAsync();
        var stored = new TaskCompletionSource();
        run.Store.BeforeApply = _ => stored.Task;
        run.Start();
        await run.AnswerAsync(Row(1, "a", more: true));

        var ahead = await run.Transport.NextAsync();
        ahead.After.ShouldBe("a");
        ahead.Answer(Row(2, "b", more: true));
        run.Store.Status.Cursor.ShouldBeNull();
        await run.ShouldRestAsync();

        stored.SetResult();
        (await run.AnswerAsync(Row(3, "c"))).ShouldBe("b");
        (await run.WaitForAsync(SyncPhase.Live)).RowCount.ShouldBe(3);
    }

    [Fact]
    public async Task Page_that_cannot_be_stored_gives_the_next_one_up_and_is_pulled_again()
    {
        await using var run = await PrepareAsync();
        var failure = new TaskCompletionSource();
        run.Store.BeforeApply = _ => failure.Task;
        run.Start();
        await run.AnswerAsync(Row(1, "a", more: true));
        var ahead = await run.Transport.NextAsync();

        failure.SetException(new SyncStoreException(SyncStoreFailure.QuotaExceeded, "The browser has no room left."));
        var status = await run.WaitForAsync(SyncPhase.Faulted);
        ahead.IsCancelled.ShouldBeTrue();
        status.Error.ShouldBeOfType<SyncStoreException>().Failure.ShouldBe(SyncStoreFailure.QuotaExceeded);
        run.Store.Status.Cursor.ShouldBeNull();

        run.Store.BeforeApply = null;
        await run.PassWaitAsync();
        (await run.AnswerAsync(Row(1, "a"))).ShouldBeNull();
        (await run.WaitForAsync(SyncPhase.Live)).Error.ShouldBeNull();
    }

    [Fact]
    public async Task Failed_prefetch_keeps_the_page_before_it()
    {
        await using var run = await StartAsync();
        await run.AnswerAsync(Row(1, "a", more: true));

        (await run.Transport.NextAsync()).Fail(SyncFailure.Offline);

        (await run.WaitForAsync(SyncPhase.Offline)).RowCount.ShouldBe(1);
        await run.PassWaitAsync();
        (await run.AnswerAsync(Row(2, "b"))).ShouldBe("a");
        (await run.WaitForAsync(SyncPhase.Live)).RowCount.ShouldBe(2);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Run_that_is_cut_off_after_any_page_goes_on_from_there(int pagesBefore)
    {
        string[] cursors = ["a", "b", "c", "d"];
        var database = new InMemoryDatabase();
        await using (var first = await StartAsync(database: database))
        {
            for (var i = 0; i < pagesBefore; i++)
                await first.AnswerAsync(Row(i, cursors[i], more: true));
            await first.WaitForAsync(status => status.PageCount == pagesBefore);
            await first.Transport.NextAsync();
            await first.StopAsync();
            first.Sync.Status.Phase.ShouldBe(SyncPhase.Stopped);
        }

        await using var second = await StartAsync(database: database);
        for (var i = pagesBefore; i < cursors.Length; i++)
            (await second.AnswerAsync(Row(i, cursors[i], more: i < cursors.Length - 1))).ShouldBe(i == 0 ? null : cursors[i - 1]);

        (await second.WaitForAsync(SyncPhase.Live)).RowCount.ShouldBe(cursors.Length);
    }

    [Fact]
    public async Task Run_over_a_complete_collection_catches_up_and_pulls_changes_only()
    {
        var database = new InMemoryDatabase();
        await using (var first = await StartAsync(database: database))
        {
            await first.AnswerAsync(Row(1, "a"));
            await first.WaitForAsync(SyncPhase.Live);
        }

        await using var second = await StartAsync(database: database);

        (await second.WaitForAsync(SyncPhase.CatchingUp)).ShouldBe(new SyncStatus(SyncPhase.CatchingUp, RowCount: 1, IsComplete: true));
        (await second.AnswerAsync(Page().Build("a"))).ShouldBe("a");
        await second.WaitForAsync(SyncPhase.Live);
    }

    [Fact]
    public async Task Run_can_be_called_again_after_it_was_cancelled_but_not_twice_at_once()
    {
        await using var run = await StartAsync();
        await run.Transport.NextAsync();
        await Should.ThrowAsync<InvalidOperationException>(() => run.Sync.RunAsync(default));
        await run.StopAsync();

        run.Start();
        await run.AnswerAsync(Row(1, "a"));
        await run.WaitForAsync(SyncPhase.Live);
    }

    [Fact]
    public async Task Request_pulls_at_once_when_live()
    {
        await using var run = await StartAsync();
        await run.AnswerAsync(Row(1, "a"));
        await run.WaitForAsync(SyncPhase.Live);

        run.Sync.RequestPull();

        (await run.AnswerAsync(Row(2, "b"))).ShouldBe("a");
        (await run.WaitForAsync(status => status.RowCount == 2)).Phase.ShouldBe(SyncPhase.Live);
        run.Phases.ShouldBe([SyncPhase.Following, SyncPhase.Snapshot, SyncPhase.Live]);
    }

    [Fact]
    public async Task Requests_during_a_pull_lead_to_exactly_one_more_after_it()
    {
        await using var run = await StartAsync();
        var underWay = await run.Transport.NextAsync();
        for (var i = 0; i < 10; i++)
            run.Sync.RequestPull();
        await run.ShouldRestAsync();

        underWay.Answer(Row(1, "a"));

        (await run.AnswerAsync(Row(2, "b"))).ShouldBe("a");
        await run.WaitForAsync(status => status.RowCount == 2);
        await run.ShouldRestAsync();
        run.Sync.RequestPull();
        (await run.Transport.NextAsync()).After.ShouldBe("b");
        await run.ShouldRestAsync();
    }

    [Fact]
    public async Task Request_before_the_run_is_answered_by_its_first_pull()
    {
        await using var run = await PrepareAsync(options: Quiet with { PollInterval = TimeSpan.FromMinutes(1) });
        run.Sync.RequestPull();
        run.Start();

        await run.AnswerAsync(Row(1, "a"));

        (await run.Time.WaitForTimerAsync()).ShouldBe(TimeSpan.FromMinutes(1));
        await run.ShouldRestAsync();
    }

    [Fact]
    public async Task Live_collection_is_pulled_at_the_interval()
    {
        await using var run = await StartAsync(options: Quiet with { PollInterval = TimeSpan.FromSeconds(90) });
        await run.AnswerAsync(Row(1, "a"));

        (await run.PassWaitAsync()).ShouldBe(TimeSpan.FromSeconds(90));
        (await run.AnswerAsync(Page().Build("a"))).ShouldBe("a");
        (await run.PassWaitAsync()).ShouldBe(TimeSpan.FromSeconds(90));
        (await run.AnswerAsync(Page().Build("a"))).ShouldBe("a");
    }

    [Fact]
    public async Task Page_that_another_tab_has_overtaken_is_dropped_and_the_pull_goes_on_from_the_stores_cursor()
    {
        await using var run = await PrepareAsync();
        var overtake = true;
        run.Store.BeforeApply = async _ =>
        {
            if (!overtake)
                return;
            overtake = false;
            await run.Store.ApplyAsync(Row(7, "other"), default, fence: 1, default);
        };
        run.Start();

        await run.AnswerAsync(Row(1, "a", more: true));
        var ahead = await run.Transport.NextAsync();
        (await run.AnswerAsync(Row(8, "end"))).ShouldBe("other");

        (await run.WaitForAsync(SyncPhase.Live)).RowCount.ShouldBe(2);
        ahead.IsCancelled.ShouldBeTrue();
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        foreach (var options in new SyncOptions[]
        {
            new() { PageBytes = 0 }, new() { MaxPageBytes = 1 }, new() { MaxPageBytes = PageHeader.MaxByteLength + 1 }, new() { MaxEmptyPages = -1 },
            new() { PullInterval = TimeSpan.Zero }, new() { PullInterval = TimeSpan.FromDays(2) }, new() { FirstRetryDelay = TimeSpan.Zero },
            new() { MaxRetryDelay = TimeSpan.FromMilliseconds(1) }, new() { MaxRetryDelay = TimeSpan.FromDays(2) },
        })
        {
            Should.Throw<ArgumentOutOfRangeException>(options.Check);
        }
    }
}
