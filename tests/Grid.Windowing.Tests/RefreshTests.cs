using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing.Tests;

public sealed class RefreshTests : RowSourceTest
{
    [Fact]
    public void A_change_of_the_store_shows_without_a_gap_where_the_user_is()
    {
        var view = MakeReady();
        Get(505, 10);
        view.Reads[0].Complete();
        Time.Advance(1000);
        Store.Change(rowCount: 1001);
        Store.Openings.Single().Window.ShouldBe(new RowRange(500, 20));
        ShouldBe(Rows(Get(505, 10)), 505, 10, "1:");
        Store.Openings.Single().Complete();
        ShouldBe(Rows(Get(505, 10)), 505, 10, "2:");
        States.ShouldBe([new RowSourceState(RowSourcePhase.Ready, 1001, 2, ViewQuery.All)]);
        view.IsDisposed.ShouldBeTrue();
    }

    [Fact]
    public void A_refresh_takes_the_changes_into_the_view_that_is_shown()
    {
        var view = MakeReady();
        Time.Advance(1000);
        Store.Change();
        Store.Openings.Single().Reopened.ShouldBe(view);
        var next = Store.Openings.Single().Complete();
        next.Reads.ShouldBeEmpty();
        Source.QueryAsync(Search("a"));
        Time.Advance(1000);
        Store.Openings[1].Reopened.ShouldBeNull();
    }

    [Fact]
    public void Where_rows_have_come_in_above_positions_stay_what_they_are()
    {
        var view = MakeReady();
        Get(505, 10);
        view.Reads[0].Complete();
        Time.Advance(1000);
        Store.Change(rowCount: 1003);
        var next = Store.Openings.Single().Complete(shift: 3);
        ShouldBe(Rows(Get(505, 10)), 505, 10, "1:");
        next.Reads.Single().Range.ShouldBe(new RowRange(500, 20));
        next.Reads[0].Complete();
        ShouldBe(Rows(Get(505, 10)), 505, 10, "2:");
    }

    [Fact]
    public void Where_the_store_no_longer_knows_the_view_another_one_is_opened()
    {
        MakeReady();
        Time.Advance(1000);
        Store.Change();
        Store.Openings[0].Answer.SetException(new SyncStoreException(SyncStoreFailure.Failed, "Open another one."));
        Store.Openings[1].Reopened.ShouldBeNull();
        Store.Openings[1].Complete();
        ShouldBe(Rows(Get(0, 10)), 0, 10, "2:");
    }

    [Fact]
    public void Changes_during_a_refresh_are_one_more_refresh()
    {
        MakeReady();
        Time.Advance(1000);
        Store.Change();
        var first = Store.Openings.Single();
        var view = new ScriptedStore.View(1000, Store.Status.Revision, ViewQuery.All, Store);
        Store.Change();
        Store.Change();
        Store.Openings.Count.ShouldBe(1);
        first.Answer.SetResult(new OpenedView(view, view.Rows(first.Window)));
        ShouldBe(Rows(Get(0, 10)), 0, 10, "2:");
        Time.Advance(250);
        Store.Openings.Count.ShouldBe(2);
        Store.Openings[1].Complete();
        ShouldBe(Rows(Get(0, 10)), 0, 10, "4:");
        Time.Advance(1000);
        Store.Openings.Count.ShouldBe(2);
    }

    [Fact]
    public void A_change_that_the_refresh_shows_already_needs_no_other()
    {
        MakeReady();
        Time.Advance(1000);
        Store.Change();
        Store.Change();
        Store.Openings.Single().Complete();
        Time.Advance(1000);
        Store.Openings.Count.ShouldBe(1);
    }

    [Fact]
    public void A_change_that_is_none_of_rows_needs_no_refresh()
    {
        MakeReady();
        Time.Advance(1000);
        Store.ChangeOtherwise();
        Store.Openings.ShouldBeEmpty();
    }

    [Fact]
    public void Refreshes_keep_their_distance()
    {
        MakeReady();
        var refreshes = new List<int>();
        for (var at = 0; at < 1000; at += 10)
        {
            Store.Change();
            if (Store.Openings.Count > refreshes.Count)
            {
                refreshes.Add(at);
                Store.Openings[^1].Complete();
            }

            Time.Advance(10);
        }

        refreshes.ShouldBe([250, 500, 750]);
    }

    [Fact]
    public void A_query_during_a_refresh_takes_its_place()
    {
        MakeReady();
        Time.Advance(1000);
        Store.Change();
        var query = Source.QueryAsync(Sorted(SortDirection.Descending));
        Store.Openings[0].CancellationToken.IsCancellationRequested.ShouldBeTrue();
        Store.Openings[1].Complete();
        var late = Store.Openings[0].Complete();
        late.IsDisposed.ShouldBeTrue();
        query.IsCompletedSuccessfully.ShouldBeTrue();
        ShouldBe(Rows(Get(0, 10)), 0, 10, "2:Descending");
        Time.Advance(1000);
        Store.Openings.Count.ShouldBe(2);
    }

    [Fact]
    public void A_change_during_the_pause_in_typing_leaves_the_pause_alone()
    {
        MakeReady();
        Time.Advance(1000);
        Source.QueryAsync(Search("a"));
        Time.Advance(200);
        Store.Change();
        Store.Openings.ShouldBeEmpty();
        Time.Advance(100);
        Store.Openings.Single().Complete();
        ShouldBe(Rows(Get(0, 10)), 0, 10, "2:a");
    }

    [Fact]
    public void Going_back_to_a_view_that_is_stale_opens_it_anew()
    {
        MakeReady();
        Source.QueryAsync(Search("a"));
        Store.Change();
        Source.QueryAsync(ViewQuery.All);
        Store.Openings.Single().Complete();
        ShouldBe(Rows(Get(0, 10)), 0, 10, "2:");
    }

    [Fact]
    public void A_refresh_that_fails_is_tried_again_at_the_next_change()
    {
        MakeReady();
        Time.Advance(1000);
        Store.Change();
        Store.Openings[0].Answer.SetException(new SyncStoreException(SyncStoreFailure.Unavailable, "No."));
        Source.State.Phase.ShouldBe(RowSourcePhase.Failed);
        ShouldBe(Rows(Get(0, 10)), 0, 10, "1:");
        Time.Advance(10_000);
        Store.Openings.Count.ShouldBe(1);
        Store.Change();
        Store.Openings[1].Complete();
        Source.State.Phase.ShouldBe(RowSourcePhase.Ready);
    }

    [Fact]
    public void Where_the_first_view_failed_a_change_of_the_store_is_another_try()
    {
        Make();
        Get(0, 10);
        Store.Openings[0].Answer.SetException(new SyncStoreException(SyncStoreFailure.Unavailable, "No."));
        Time.Advance(1000);
        Store.Change();
        Store.Openings[1].Complete();
        Source.State.Phase.ShouldBe(RowSourcePhase.Ready);
    }

    [Fact]
    public void The_view_that_shrank_below_the_window_answers_with_nothing()
    {
        var view = MakeReady();
        Get(900, 10);
        view.Reads[0].Complete();
        Time.Advance(1000);
        Store.Change(rowCount: 5);
        Store.Openings.Single().Complete();
        Source.State.Count.ShouldBe(5);
        Rows(Get(900, 10)).ShouldBeEmpty();
    }
}
