using Collection.Contracts;
using Collection.Sync.Abstractions;
using static Collection.Sync.Engine.Tests.SyncRun;

namespace Collection.Sync.Engine.Tests;

/// <summary>What streams of events lead to.</summary>
public sealed class LiveTests
{
    [Fact]
    public async Task Event_shows_its_rows_and_leaves_the_cursor()
    {
        await using var run = await PushTests.LiveAsync();
        var stream = await run.Transport.NextStreamAsync();
        stream.LastEventId.ShouldBeNull();

        stream.Send(LiveEventKind.Page, "1.0.9", Row(9, "hint"));

        await run.WaitForAsync(status => status.RowCount == 3);
        run.Store.Status.Cursor.ShouldBe(new SyncCursor("a"));
    }

    [Fact]
    public async Task Stream_that_stands_or_has_left_something_out_leads_to_a_pull()
    {
        await using var run = await PushTests.LiveAsync();
        var stream = await run.Transport.NextStreamAsync();

        stream.Send(LiveEventKind.Ready, "1.0.2");
        await run.AnswerAsync(Page().Build("a"));
        await run.WaitForAsync(status => status.IsStreaming);
        stream.Send(LiveEventKind.Behind, "1.0.7");

        (await run.AnswerAsync(Page().Build("b"))).ShouldBe("a");
    }

    [Fact]
    public async Task Broken_stream_goes_on_behind_the_last_event_that_was_applied()
    {
        await using var run = await PushTests.LiveAsync();
        var stream = await run.Transport.NextStreamAsync();
        stream.Send(LiveEventKind.Page, "1.0.9", Row(9, "hint"));
        await run.WaitForAsync(status => status.RowCount == 3);
        run.Tab.Before = (_, _) => throw new SyncStoreException(SyncStoreFailure.QuotaExceeded, "The browser has no room left.");
        stream.Send(LiveEventKind.Page, "1.0.10", Row(10, "hint"));
        await run.Time.WaitForTimerAsync();
        run.Tab.Before = null;
        await run.PassWaitAsync();

        (await run.Transport.NextStreamAsync()).LastEventId.ShouldBe("1.0.9");
    }

    [Fact]
    public async Task Silent_stream_is_opened_anew()
    {
        await using var run = await PushTests.LiveAsync(Quiet with { StreamSilence = TimeSpan.FromSeconds(30) });
        var stream = await run.Transport.NextStreamAsync();
        stream.Send(LiveEventKind.Ready, "1.0.2");
        await run.AnswerAsync(Page().Build("a"));
        await run.WaitForAsync(status => status.IsStreaming);

        run.Time.Advance(TimeSpan.FromSeconds(29));
        stream.Send(LiveEventKind.Ping, "1.0.3");
        await run.ShouldRestAsync();
        run.Time.Advance(TimeSpan.FromSeconds(29));
        await run.ShouldRestAsync();
        run.Sync.Status.IsStreaming.ShouldBeTrue();
        run.Time.Advance(TimeSpan.FromSeconds(1));

        await run.WaitForAsync(status => !status.IsStreaming);
        await run.AnswerAsync(Page().Build("a"));
        await run.PassWaitAsync();
        (await run.Transport.NextStreamAsync()).LastEventId.ShouldBe("1.0.3");
    }

    [Fact]
    public async Task Server_without_streams_is_polled_and_asked_again_much_later()
    {
        await using var run = await PushTests.LiveAsync(Quiet with { PollInterval = TimeSpan.FromSeconds(15), StreamRetryInterval = TimeSpan.FromSeconds(40) });

        var stream = await run.Transport.NextStreamAsync();
        stream.Send(LiveEventKind.Ready, "1.0.2");
        await run.AnswerAsync(Page().Build("a"));
        await run.WaitForAsync(status => status.IsStreaming);
        stream.Fail(SyncFailure.Refused);
        await run.WaitForAsync(status => !status.IsStreaming);
        await run.AnswerAsync(Page().Build("a"));
        await run.ShouldRestAsync();

        foreach (var _ in Enumerable.Range(0, 2))
        {
            (await run.PassWaitAsync()).ShouldBe(TimeSpan.FromSeconds(15));
            await run.AnswerAsync(Page().Build("a"));
            await run.ShouldRestAsync();
        }

        (await run.PassWaitAsync()).ShouldBe(TimeSpan.FromSeconds(10));
        await run.Transport.NextStreamAsync();
    }

    [Fact]
    public async Task Stream_that_ends_whenever_it_stands_is_opened_ever_less_often()
    {
        await using var run = await PushTests.LiveAsync();
        foreach (var seconds in new[] { 0.5, 1, 2, 4 })
        {
            var stream = await run.Transport.NextStreamAsync();
            stream.Send(LiveEventKind.Ready, "1.0.2");
            stream.End();
            (await run.PassWaitAsync()).ShouldBe(TimeSpan.FromSeconds(seconds));
        }
    }

    [Fact]
    public async Task Position_that_the_server_does_not_know_is_given_up()
    {
        await using var run = await PushTests.LiveAsync();
        var stream = await run.Transport.NextStreamAsync();
        stream.Send(LiveEventKind.Ping, "9.0.9");
        stream.Fail(SyncFailure.Offline);
        await run.PassWaitAsync();
        stream = await run.Transport.NextStreamAsync();
        stream.LastEventId.ShouldBe("9.0.9");

        stream.Fail(SyncFailure.Reset);
        await run.PassWaitAsync();

        (await run.Transport.NextStreamAsync()).LastEventId.ShouldBeNull();
    }

    [Fact]
    public async Task Events_asked_for_before_a_refill_bring_no_deleted_row_back()
    {
        await using var run = await PushTests.LiveAsync();
        var early = await run.Transport.NextStreamAsync();
        run.Sync.RequestPull();
        (await run.Transport.NextAsync()).Fail(SyncFailure.Reset);
        await run.AnswerAsync(Row(1, "b", more: true, isSnapshot: true));

        early.Send(LiveEventKind.Page, "1.0.2", Row(2, "hint"));
        (await run.Transport.NextStreamAsync()).LastEventId.ShouldBeNull();
        await run.AnswerAsync(Page().Build("c"));

        await run.WaitForAsync(SyncPhase.Live);
        (await run.NamesAsync()).Keys.ShouldBe([1]);
    }

    [Fact]
    public async Task Malformed_event_ends_the_stream_and_not_the_sync()
    {
        await using var run = await PushTests.LiveAsync();

        (await run.Transport.NextStreamAsync()).Send(LiveEventKind.Page, "1.0.9", [1, 2, 3]);
        await run.PassWaitAsync();

        (await run.Transport.NextStreamAsync()).LastEventId.ShouldBeNull();
        run.Sync.Status.Phase.ShouldBe(SyncPhase.Live);
    }
}
