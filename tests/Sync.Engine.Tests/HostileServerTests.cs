using System.Diagnostics.CodeAnalysis;
using Collection.Contracts;
using Collection.Sync.Abstractions;
using static Collection.Sync.Engine.Tests.SyncRun;

namespace Collection.Sync.Engine.Tests;

/// <summary>A server that answers as no sync server does costs a bounded number of requests and ends in a typed error.</summary>
public sealed class HostileServerTests
{
    [Fact]
    public async Task Cursor_that_does_not_advance_faults_at_once()
    {
        await using var run = await StartAsync();
        await run.AnswerAsync(Row(1, "a", more: true));

        await run.AnswerAsync(Row(2, "a", more: true));

        await ShouldFaultAsync(run, "come back");
        run.Store.Status.RowCount.ShouldBe(1);
    }

    [Fact]
    public async Task Cursor_may_stand_still_where_nothing_more_is_to_come()
    {
        await using var run = await StartAsync();
        await run.AnswerAsync(Row(1, "a", more: true));

        await run.AnswerAsync(Page().Build("a"));

        await run.WaitForAsync(SyncPhase.Live);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(5, 3)]
    [InlineData(40, 7)]
    public void Feed_that_goes_in_circles_is_noticed_within_three_rounds_of_it(int lead, int circle)
    {
        var guard = new FeedGuard(Things, Quiet, start: null, epoch: null);
        SyncCursor? after = null;
        var pages = 0;

        var fault = Should.Throw<SyncTransportException>(() =>
        {
            for (; pages < 10_000; pages++)
            {
                var next = pages < lead ? $"lead-{pages}" : $"circle-{(pages - lead) % circle}";
                after = guard.Check(Row(pages, next, more: true), after).Next;
            }
        });

        fault.Failure.ShouldBe(SyncFailure.Protocol);
        pages.ShouldBeLessThanOrEqualTo(3 * (lead + circle));
    }

    [Fact]
    public void Feed_of_many_pages_that_advances_is_no_fault()
    {
        var guard = new FeedGuard(Things, Quiet, new SyncCursor("start"), epoch: null);
        SyncCursor? after = new SyncCursor("start");

        for (var i = 0; i < 5_000; i++)
            after = guard.Check(Row(i, $"page-{i}", more: true), after).Next;

        after.ShouldBe(new SyncCursor("page-4999"));
    }

    [Fact]
    public async Task Empty_pages_without_end_fault_after_as_many_as_allowed()
    {
        await using var run = await StartAsync(options: Quiet with { MaxEmptyPages = 3 });

        for (var i = 0; i < 4; i++)
            await run.AnswerAsync(Page().Build($"c{i}", more: true));

        await ShouldFaultAsync(run, "empty pages");
    }

    [Fact]
    public void Empty_pages_between_full_ones_are_no_fault()
    {
        var guard = new FeedGuard(Things, Quiet with { MaxEmptyPages = 1 }, start: null, epoch: null);
        SyncCursor? after = null;

        for (var i = 0; i < 100; i++)
            after = guard.Check(i % 2 == 0 ? Page().Build($"c{i}", more: true) : Row(i, $"c{i}", more: true), after).Next;

        after.ShouldBe(new SyncCursor("c99"));
    }

    [Fact]
    public async Task Page_of_another_schema_faults_and_names_both()
    {
        await using var run = await StartAsync();
        var other = new CollectionSchema("things", [new("id", FieldKind.Int64) { IsKey = true }]);

        await run.AnswerAsync(new PageBuilder(other).Build("a"));

        await ShouldFaultAsync(run, $"{other.Hash:x16}");
    }

    [Fact]
    public async Task Page_beyond_the_cap_faults_and_is_not_stored()
    {
        await using var run = await StartAsync(options: Quiet with { PageBytes = 100, MaxPageBytes = 1_000 });

        await run.AnswerAsync(Page().Upsert(new(0, 1), 1L, new string('x', 1_000)).Build("a"));

        await ShouldFaultAsync(run, "1000 are accepted");
    }

    [Fact]
    [SuppressMessage("Performance", "CA1861:Avoid constant arrays as arguments", Justification = "Read once.")]
    public async Task Bytes_that_are_no_page_fault_and_are_tried_again()
    {
        await using var run = await StartAsync();
        byte[][] answers = [[], [.. "<!doctype html>"u8, .. new byte[100]], Row(1, "a")[..^8]];
        foreach (var answer in answers)
        {
            await run.AnswerAsync(answer);
            (await run.WaitForAsync(status => status is { Phase: SyncPhase.Faulted, RetryAt: not null })).Error.ShouldBeOfType<PageFormatException>();
            await run.PassWaitAsync();
            await run.WaitForAsync(status => status.RetryAt is null);
        }

        await run.AnswerAsync(Row(1, "a"));
        await run.WaitForAsync(SyncPhase.Live);
    }

    [Fact]
    public async Task Page_that_only_the_store_finds_malformed_changes_nothing()
    {
        await using var run = await StartAsync();
        var page = Row(1, "a");
        page[PageLayout.Of(page, Things).Keys.Data + 7] = 0xff;

        await run.AnswerAsync(page);

        (await run.WaitForAsync(SyncPhase.Faulted)).Error.ShouldBeOfType<PageFormatException>().Part.ShouldBe(PagePart.Keys);
        run.Store.Status.Cursor.ShouldBeNull();
    }

    private static async Task ShouldFaultAsync(SyncRun run, string what)
    {
        var status = await run.WaitForAsync(SyncPhase.Faulted);
        var error = status.Error.ShouldBeOfType<SyncTransportException>();
        error.Failure.ShouldBe(SyncFailure.Protocol);
        error.Message.ShouldContain(what);

        // No hot loop: nothing more is asked for until time has passed.
        (await run.Time.WaitForTimerAsync()).ShouldBeGreaterThan(TimeSpan.Zero);
        await run.ShouldRestAsync();
    }
}
