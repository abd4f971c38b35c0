using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing.Tests;

public sealed class QueryTests : RowSourceTest
{
    [Fact]
    public void QueryAsync_NewSearchText_WaitsForAPauseInTyping()
    {
        MakeReady();
        var first = Source.QueryAsync(Search("a"));
        Time.Advance(299);
        var second = Source.QueryAsync(Search("ab"));
        ShouldBeCancelled(first);
        Time.Advance(299);
        Store.Openings.ShouldBeEmpty();
        Source.Query.ShouldBe(Search("ab"));
        Time.Advance(1);
        Store.Openings.Single().Query.ShouldBe(Search("ab"));
        Store.Openings.Single().Complete();
        second.IsCompletedSuccessfully.ShouldBeTrue();
        ShouldBe(Rows(Get(0, 10)), 0, 10, "1:ab");
    }

    [Fact]
    public void QueryAsync_SortFilterOrClear_GoesAheadAtOnce()
    {
        MakeReady();
        Source.QueryAsync(Search("a"));
        Time.Advance(300);
        Store.Openings[0].Complete();
        Source.QueryAsync(Search("a") with { Sort = [new("origin")] });
        Source.QueryAsync(Search("a") with { Filters = [new EqualFilter("origin", "x")] });
        Source.QueryAsync(ViewQuery.All);
        Store.Openings.Count.ShouldBe(4);
    }

    [Fact]
    public void QueryAsync_SortDuringThePause_TakesTheTextAlong()
    {
        MakeReady();
        var typed = Source.QueryAsync(Search("a"));
        Source.QueryAsync(Source.Query with { Sort = [new("origin")] });
        ShouldBeCancelled(typed);
        Store.Openings.Single().Query.Search.ShouldBe("a");
        Time.Advance(300);
        Store.Openings.Count.ShouldBe(1);
    }

    [Fact]
    public void QueryAsync_BackToWhatIsShown_NeedsNoView()
    {
        MakeReady();
        var typed = Source.QueryAsync(Search("a"));
        Source.QueryAsync(ViewQuery.All).IsCompletedSuccessfully.ShouldBeTrue();
        ShouldBeCancelled(typed);
        Time.Advance(300);
        Store.Openings.ShouldBeEmpty();
        States.ShouldBeEmpty();
    }

    [Fact]
    public void Rows_shown_so_far_stay_until_the_new_ones_are_there()
    {
        var old = MakeReady();
        Source.QueryAsync(Sorted(SortDirection.Descending));
        ShouldBe(Rows(Get(0, 10)), 0, 10, "1:");
        States.ShouldBeEmpty();
        old.IsDisposed.ShouldBeFalse();
        Store.RowCount = 50;
        Store.Openings.Single().Complete();
        States.ShouldBe([new RowSourceState(RowSourcePhase.Ready, 50, 2, Sorted(SortDirection.Descending))]);
        ShouldBe(Rows(Get(0, 10)), 0, 10, "1:Descending");
        old.IsDisposed.ShouldBeTrue();
    }

    [Fact]
    public void A_new_query_is_read_from_its_first_row()
    {
        var view = MakeReady();
        Get(500, 25);
        view.Reads[0].Complete();
        Source.QueryAsync(Sorted(SortDirection.Ascending));
        Store.Openings.Single().Window.ShouldBe(new RowRange(0, 30));
    }

    [Fact]
    public void QueryAsync_ALaterCall_DropsWhatComesForTheEarlierOne()
    {
        MakeReady();
        var first = Source.QueryAsync(Sorted(SortDirection.Ascending));
        var second = Source.QueryAsync(Sorted(SortDirection.Descending));
        Store.Openings[0].CancellationToken.IsCancellationRequested.ShouldBeTrue();
        Store.Openings[1].Complete();
        second.IsCompletedSuccessfully.ShouldBeTrue();

        // The store did not heed the token.
        var late = Store.Openings[0].Complete();
        ShouldBeCancelled(first);
        late.IsDisposed.ShouldBeTrue();
        States.Count.ShouldBe(1);
        ShouldBe(Rows(Get(0, 10)), 0, 10, "1:Descending");
    }

    [Fact]
    public void QueryAsync_TheEarlierOneFailsLate_NothingIsShownOfIt()
    {
        MakeReady();
        var first = Source.QueryAsync(Sorted(SortDirection.Ascending));
        Source.QueryAsync(Sorted(SortDirection.Descending));
        Store.Openings[0].Answer.SetException(new InvalidOperationException("late"));
        ShouldBeCancelled(first);
        Store.Openings[1].Complete();
        Source.State.Phase.ShouldBe(RowSourcePhase.Ready);
    }

    [Fact]
    public void Requests_that_wait_go_over_to_the_new_view()
    {
        var old = MakeReady();
        var rows = Get(300, 10);
        Source.QueryAsync(Sorted(SortDirection.Descending));
        var view = Store.Openings.Single().Complete();
        old.Reads[0].CancellationToken.IsCancellationRequested.ShouldBeTrue();
        old.IsDisposed.ShouldBeFalse("a read is under way");
        view.Reads.Single().Range.ShouldBe(new RowRange(300, 10));
        old.Reads[0].Complete();
        old.IsDisposed.ShouldBeTrue();
        rows.IsCompleted.ShouldBeFalse("rows of a replaced view were handed out");
        view.Reads.Single().Complete();
        ShouldBe(Rows(rows), 300, 10, "1:Descending");
    }

    [Fact]
    public void A_failed_read_of_a_replaced_view_is_nobodys_failure()
    {
        var old = MakeReady();
        Get(300, 10);
        Source.QueryAsync(Sorted(SortDirection.Descending));
        Store.Openings.Single().Complete();
        old.Reads[0].Answer.SetException(new InvalidOperationException("late"));
        Source.State.Phase.ShouldBe(RowSourcePhase.Ready);
        old.IsDisposed.ShouldBeTrue();
    }

    [Fact]
    public void QueryAsync_StoreFails_KeepsTheRowsAndSaysWhy()
    {
        MakeReady();
        var error = new SyncStoreException(SyncStoreFailure.Failed, "The disk is on fire.");
        var query = Source.QueryAsync(Sorted(SortDirection.Ascending));
        Store.Openings.Single().Answer.SetException(error);
        query.IsCompletedSuccessfully.ShouldBeTrue();
        States.ShouldBe([new RowSourceState(RowSourcePhase.Failed, 1000, 1, ViewQuery.All, error)]);
        ShouldBe(Rows(Get(0, 10)), 0, 10, "1:");

        Source.QueryAsync(Source.Query);
        Store.Openings[1].Complete();
        Source.State.ShouldBe(new RowSourceState(RowSourcePhase.Ready, 1000, 2, Sorted(SortDirection.Ascending)));
    }

    [Fact]
    public void GetAsync_FirstViewFails_FailsUntilAQuerySucceeds()
    {
        Make();
        var error = new SyncStoreException(SyncStoreFailure.Unavailable, "Private mode.");
        var rows = Get(0, 10);
        Store.Openings[0].Answer.SetException(error);
        rows.Exception!.InnerException.ShouldBeSameAs(error);
        Get(0, 10).Exception!.InnerException.ShouldBeSameAs(error);
        Store.Openings.Count.ShouldBe(1);

        Source.QueryAsync(Source.Query);
        var waiting = Get(0, 10);
        Store.Openings[1].Complete();
        ShouldBe(Rows(waiting), 0, 10, "1:");
    }

    [Fact]
    public void A_row_that_does_not_decode_is_an_error_and_its_view_is_closed()
    {
        MakeReady();
        Source.QueryAsync(Sorted(SortDirection.Ascending));
        var view = new ScriptedStore.View(1, 1, ViewQuery.All);
        Store.Openings[0].Answer.SetResult(new OpenedView(view, RowBatch.Over(new byte[] { 0, 0, 0, 0, 1, 0, 0, 0, 0xc0 }, 1)));
        Source.State.Error.ShouldBeOfType<MessagePackFormatException>();
        view.IsDisposed.ShouldBeTrue();
    }

    [Fact]
    public void A_query_from_within_Changed_is_answered()
    {
        MakeReady();
        var asked = false;
        Source.Changed += () =>
        {
            if (asked)
                return;
            asked = true;
            Source.QueryAsync(Sorted(SortDirection.Descending));
        };
        Source.QueryAsync(Sorted(SortDirection.Ascending));
        Store.Openings[0].Complete();
        Store.Openings[1].Complete();
        ShouldBe(Rows(Get(0, 10)), 0, 10, "1:Descending");
    }

    [Fact]
    public async Task OpenSnapshotAsync_IsOfTheQueryAndStaysWithItsCaller()
    {
        MakeReady();
        var snapshot = Source.OpenSnapshotAsync(default);
        Store.Openings.Single().Window.Count.ShouldBe(0);
        Store.Openings.Single().Complete();
        var view = (ScriptedStore.View)await snapshot;
        await Source.DisposeAsync();
        view.IsDisposed.ShouldBeFalse();
    }
}
