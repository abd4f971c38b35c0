using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing.Tests;

/// <summary>Rows for somebody who scrolls.</summary>
public sealed class LookTests : RowSourceTest
{
    private int _changes;

    [Fact]
    public void What_is_looked_at_first_is_read_with_the_view()
    {
        Make();
        Look(300, 15);
        Store.Openings.Single().Window.ShouldBe(new RowRange(300, 20));
        Store.Openings[0].Complete();

        RowAt(314).ShouldBe("1:");
        Source.State.Viewport.Rows.ShouldBe(new RowRange(300, 15));
    }

    [Fact]
    public void What_is_on_screen_is_read_first_then_a_screen_ahead_and_one_behind_and_each_is_told()
    {
        var view = Ready();
        Look(505, 10);
        Reads(view).ShouldBe([(500, 20)]);
        RowAt(505).ShouldBeNull();
        view.Reads[^1].Complete();
        RowAt(505).ShouldBe("1:");
        _changes.ShouldBe(1);
        Reads(view).ShouldBe([(500, 20), (520, 10)]);
        view.Reads[^1].Complete();
        view.Reads[^1].Complete();

        Reads(view).ShouldBe([(500, 20), (520, 10), (490, 10)]);
        _changes.ShouldBe(3);
    }

    [Fact]
    public void Nothing_that_has_been_scrolled_past_is_read()
    {
        var view = Ready();
        Scroll(from: 20, step: 10, frames: 5);
        Reads(view).ShouldBe([(20, 10), (30, 10)], "one read, and one of what was on screen a frame later");
        view.Reads[0].Complete();

        Reads(view)[2].ShouldBe((70, 10), "what is on screen now");
    }

    [Fact]
    public void A_motion_too_fast_to_be_served_is_not_served_until_it_ends()
    {
        var view = Ready();
        Scroll(from: 10, step: 90, frames: 10);
        var during = view.Reads.Count;
        during.ShouldBeLessThanOrEqualTo(2);
        foreach (var read in view.Reads.ToList())
            read.Complete();
        view.Reads.Count.ShouldBe(during);
        Time.Advance(40);

        Reads(view)[during..].ShouldBe([(910, 10)], "what is on screen where the motion ended");
    }

    [Fact]
    public void A_jump_from_rest_is_served_at_once()
    {
        var view = Ready();
        Time.Advance(1000);
        Look(900, 10);

        Reads(view).ShouldBe([(900, 10)]);
    }

    [Fact]
    public void Scrolling_down_reads_ahead_in_one_read()
    {
        var view = Ready();
        view.IsInMemory = true;
        Scroll(from: 0, step: 2, frames: 20);

        RowAt(60).ShouldBe("1:", "120 rows a second for a quarter of a second are three blocks");
        Source.Counters.BlankRows.ShouldBe(0);
    }

    [Fact]
    public void Somebodys_place_is_kept_where_rows_come_in_above()
    {
        var view = Ready();
        view.IsInMemory = true;
        Look(505, 10);
        Time.Advance(1000);
        Store.Change(rowCount: 1003);
        Store.Openings.Single().Window.ShouldBe(new RowRange(505, 10));
        RowAt(505).ShouldBe("1:");
        Store.Openings[0].Complete(shift: 3, new RowCounts(3, 0, 0));

        Source.State.Viewport.Rows.ShouldBe(new RowRange(508, 10));
        Source.State.ArrivedAbove.ShouldBe(3);
        RowAt(508).ShouldBe("2:");
        Source.TryGetRow(503, out var former).ShouldBeTrue();
        (former.IsStale, former.Position, former.Key).ShouldBe((true, 503, new RowKey(500)));
    }

    [Fact]
    public void Whoever_scrolls_on_during_a_refresh_is_taken_along()
    {
        var view = Ready();
        view.IsInMemory = true;
        Look(505, 10);
        Time.Advance(1000);
        Store.Change(rowCount: 1003);
        Look(530, 10);
        Store.Openings.Single().Complete(shift: 3);

        Source.State.Viewport.Rows.ShouldBe(new RowRange(533, 10));
        Source.TryGetRow(533, out var row).ShouldBeTrue();
        row.Key.ShouldBe(new RowKey(530), "the row before, until it has been read anew");
    }

    [Fact]
    public void Whoever_has_not_gone_anywhere_sees_what_comes_in_above()
    {
        var view = Ready();
        view.IsInMemory = true;
        Source.Look(new Viewport(new RowRange(0, 10), FollowsStart: true));
        Time.Advance(1000);
        Store.Change(rowCount: 1003);
        var next = Store.Openings.Single().Complete(shift: 3, new RowCounts(3, 0, 0));
        next.Reads.Single().Complete();

        (Source.State.Viewport.Rows, Source.State.ArrivedAbove).ShouldBe((new RowRange(0, 10), 0));
        RowAt(0).ShouldBe("2:");
    }

    [Fact]
    public void Where_the_view_is_opened_anew_the_place_is_found_by_its_key()
    {
        var view = Ready();
        view.IsInMemory = true;
        Look(505, 10);
        Time.Advance(1000);
        Store.Change(rowCount: 1004);
        Store.Openings[0].Answer.SetException(new SyncStoreException(SyncStoreFailure.Failed, "Open another one."));
        var next = new ScriptedStore.View(1004, Store.Status.Revision, ViewQuery.All, Store) { IsInMemory = true, Moved = 4 };
        Store.Openings[1].Answer.SetResult(new OpenedView(next, next.Rows(Store.Openings[1].Window)));

        Source.State.Viewport.Rows.ShouldBe(new RowRange(509, 10));
        RowAt(509).ShouldBe("2:");
    }

    [Fact]
    public void Rows_that_come_live_on_screen_are_marked_for_a_while()
    {
        var view = Ready();
        view.IsInMemory = true;
        Look(990, 10);
        Time.Advance(1000);
        Store.Change(rowCount: 1001);
        Store.Openings.Single().Complete(shift: 1);
        Source.TryGetRow(1000, out var row).ShouldBeTrue();
        row.IsArrival.ShouldBeFalse("it was there before, farther down");
        Time.Advance(1000);
        Store.Change(rowCount: 1002);
        Store.Openings[1].Complete(shift: 1, new RowCounts(0, 1, 0));
        Source.TryGetRow(1001, out row).ShouldBeTrue();
        row.IsArrival.ShouldBeTrue();
        Time.Advance(5000);
        Source.TryGetRow(1001, out row).ShouldBeTrue();
        row.IsArrival.ShouldBeFalse();
    }

    [Fact]
    public void What_came_above_and_below_is_counted_until_it_has_been_seen()
    {
        var view = Ready();
        view.IsInMemory = true;
        Look(505, 10);
        foreach (var _ in (int[])[1, 2])
        {
            Time.Advance(1000);
            Store.Change(rowCount: Store.RowCount + 5);
            Store.Openings[^1].Complete(shift: 2, new RowCounts(2, 0, 3)).IsInMemory = true;
        }

        (Source.State.ArrivedAbove, Source.State.ArrivedBelow).ShouldBe((4, 6));
        Look(0, 10);
        (Source.State.ArrivedAbove, Source.State.ArrivedBelow).ShouldBe((0, 6));
        Look(1000, 10);
        (Source.State.ArrivedAbove, Source.State.ArrivedBelow).ShouldBe((0, 0));
    }

    [Fact]
    public void Rows_about_which_nothing_has_changed_are_not_read_again()
    {
        var view = Ready();
        view.IsInMemory = true;
        Look(503, 10);
        view.Reads.Count.ShouldBe(3, "the screen, and a block on either side");
        Time.Advance(1000);
        Store.Change(rowCount: 1003);
        var next = Store.Openings.Single().Complete(shift: 3, new RowCounts(3, 0, 0));

        // 490 to 530 were there. The new blocks begin at the screen: of those above it, one row is missing for the first.
        Source.State.Viewport.Rows.ShouldBe(new RowRange(506, 10));
        Source.TryGetRow(525, out var below).ShouldBeTrue();
        (below.Key, below.IsStale).ShouldBe((new RowKey(522), false));
        Reads(next).ShouldBe([(496, 10)], "above it, rows have come in");
    }

    [Fact]
    public void Where_rows_are_newer_all_are_read_again()
    {
        var view = Ready();
        view.IsInMemory = true;
        Look(503, 10);
        Time.Advance(1000);
        Store.Change();
        var next = Store.Openings.Single().Complete(changed: new RowCounts(1, 0, 0));

        Reads(next).ShouldBe([(513, 10)]);
        Source.TryGetRow(515, out var row).ShouldBeTrue();
        row.IsStale.ShouldBeTrue();
    }

    [Fact]
    public void The_focus_goes_where_its_row_went_and_is_read_again_there()
    {
        var view = Ready();
        view.IsInMemory = true;
        Source.Look(new Viewport(new RowRange(500, 10), Focus: 5));
        Time.Advance(1000);
        Store.Change(rowCount: 1004);
        var opening = Store.Openings.Single();
        opening.Moved = 1;
        var next = opening.Complete(shift: 4, new RowCounts(4, 0, 0));
        foreach (var i in (int[])[0, 1])
            next.Reads[i].Complete();

        Source.State.Viewport.Focus.ShouldBe(6);
        Reads(next)[^1].ShouldBe((4, 10), "blocks begin at the screen, at 504");
        Time.Advance(1000);
        Store.Change(rowCount: 6);
        Store.Openings[1].Complete(shift: -504);
        Source.State.Viewport.Focus.ShouldBeNull("the row has gone");
    }

    [Fact]
    public void Where_there_is_room_for_the_screen_alone_nothing_more_is_read()
    {
        Make(new WindowingOptions { BlockRows = 10, MaxCachedBytes = 0 });
        Look(500, 10);
        var view = Store.Openings.Single().Complete();
        view.IsInMemory = true;
        foreach (var read in view.Reads.ToList())
            read.Complete();
        view.Reads.Count.ShouldBe(1, "a block ahead, which had to go at once");
        Look(500, 10);
        view.Reads.Count.ShouldBe(1);
        RowAt(509).ShouldBe("1:");
        Look(520, 10);
        RowAt(520).ShouldBe("1:");
        RowAt(500).ShouldBeNull();
    }

    [Fact]
    public void A_refresh_with_a_full_cache_blanks_nothing_that_is_on_screen()
    {
        Make(new WindowingOptions { BlockRows = 10, MaxCachedBytes = 200 });
        Look(500, 10);
        var view = Store.Openings.Single().Complete();
        view.IsInMemory = true;
        foreach (var read in view.Reads.ToList())
            read.Complete();
        Time.Advance(1000);
        Store.Change();
        Look(530, 10);
        RowAt(539).ShouldBe("1:");
        Store.Openings[^1].Complete(changed: new RowCounts(1, 0, 0));

        Source.TryGetRow(535, out var row).ShouldBeTrue();
        row.IsStale.ShouldBeTrue();
    }

    [Fact]
    public async Task A_row_is_found_in_the_view_that_is_shown_even_if_it_was_replaced_meanwhile()
    {
        var view = Ready();
        view.IsInMemory = true;
        view.Found = new TaskCompletionSource();
        var finding = Source.FindAsync(new RowKey(700), default).AsTask();
        Time.Advance(1000);
        Store.Change(rowCount: 1002);
        Store.Openings.Single().Moved = 2;
        Store.Openings.Single().Complete(shift: 2);
        view.IsDisposed.ShouldBeFalse("somebody is still looking there");
        view.Found.SetResult();

        (await finding).ShouldBe(702);
        view.IsDisposed.ShouldBeTrue();
    }

    [Fact]
    public void Whoever_looks_each_frame_is_at_rest_although_no_timer_said_so()
    {
        var time = new ManualTime();
        var motion = new ScrollMotion(time);
        for (var frame = 0; frame < 8; frame++)
        {
            motion.Look(new RowRange(Math.Min(frame, 3) * 10, 10));
            time.Advance(16);
        }

        (motion.IsMoving, motion.Velocity).ShouldBe((false, 0));
    }

    [Fact]
    public void Another_query_begins_at_its_start_and_nothing_is_blank_meanwhile()
    {
        var view = Ready();
        view.IsInMemory = true;
        Look(505, 10);
        Source.QueryAsync(Sorted(SortDirection.Descending));
        RowAt(505).ShouldBe("1:");
        Store.Openings.Single().Complete();

        Source.State.Viewport.Rows.ShouldBe(new RowRange(0, 10));
        RowAt(0).ShouldBe("1:Descending");
        Source.TryGetRow(505, out _).ShouldBeFalse("rows of another query are not those that stand here");
    }

    [Fact]
    public void A_read_that_fails_is_said_once_and_is_tried_again_when_a_person_wants_it()
    {
        var view = Ready();
        Look(505, 10);
        var error = new SyncStoreException(SyncStoreFailure.Unavailable, "The database is closed.");
        view.Reads[0].Answer.SetException(error);

        (Source.State.Phase, Source.State.Error, view.Reads.Count).ShouldBe((RowSourcePhase.Failed, error, 1));
        Look(700, 10);
        view.Reads.Count.ShouldBe(1);
        Source.QueryAsync(Source.Query);
        Store.Openings.Single().Complete();
        RowAt(700).ShouldBe("1:");
        Source.State.Phase.ShouldBe(RowSourcePhase.Ready);
    }

    [Fact]
    public async Task Disposed_while_somebody_scrolls_everything_ends()
    {
        var view = Ready();
        Look(10, 10);
        Time.Advance(16);
        Look(12, 10);
        view.Reads.Count.ShouldBe(1);
        var disposal = Source.DisposeAsync().AsTask();
        view.Reads[0].CancellationToken.IsCancellationRequested.ShouldBeTrue();
        view.Reads[0].Answer.SetCanceled();
        await disposal;

        view.IsDisposed.ShouldBeTrue();
        Should.Throw<ObjectDisposedException>(() => Look(0, 10));
    }

    [Fact]
    public void What_was_shown_and_fetched_is_counted()
    {
        var view = Ready();
        Look(500, 10);
        Look(505, 10);
        view.Reads[0].Complete();
        Look(505, 10);

        var counters = Source.Counters;
        (counters.RowsShown, counters.BlankRows, counters.RowsFetched, counters.Reads).ShouldBe((10 + 10 + 5, 10 + 10 + 5, 30, 3));
        counters.CachedBytes.ShouldBe(counters.PeakCachedBytes);
        counters.CachedBytes.ShouldBePositive();
    }

    /// <summary>A source that shows the first ten rows in blocks of ten, with nothing being read.</summary>
    private ScriptedStore.View Ready()
    {
        Make();
        Look(0, 10);
        var view = Store.Openings.Single().Complete();
        foreach (var read in view.Reads.ToList())
            read.Complete();
        Time.Advance(1000);
        view.Reads.Clear();
        Store.Openings.Clear();
        _changes = 0;
        Source.Changed += () => _changes++;
        return view;
    }

    private void Look(int start, int count) => Source.Look(new Viewport(new RowRange(start, count)));

    /// <summary>Frames of a motion of so many rows each.</summary>
    private void Scroll(int from, int step, int frames)
    {
        for (var frame = 0; frame <= frames; frame++)
        {
            Time.Advance(16);
            Look(from + (frame * step), 10);
        }
    }

    private string? RowAt(int position) => Source.TryGetRow(position, out var row) ? row.Value.Origin : null;

    private static List<(int Start, int Count)> Reads(ScriptedStore.View view) => [.. view.Reads.Select(read => (read.Range.Start, read.Range.Count))];
}
