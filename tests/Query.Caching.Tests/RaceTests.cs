namespace Collection.Query.Caching.Tests;

/// <summary>Things that happen while a fetch is under way.</summary>
public sealed class RaceTests : CacheTest
{
    [Fact]
    public void Unmounted_during_a_fetch_its_answer_changes_nothing()
    {
        Fill();
        Client.Observe(Query).Dispose();
        Fetch.Answer(Of("late"));

        Cached(["runs", 1])!.Data.ShouldBe(Of("new"));
    }

    [Fact]
    public void Mounted_again_after_a_cancelled_fetch_another_one_begins_and_only_its_answer_counts()
    {
        Client.Observe(Query).Dispose();
        using var run = Client.Observe(Query);
        Fetch.Calls.ShouldBe(2);
        Fetch.Answer(Of("second"), 1);
        Fetch.Answer(Of("first"), 0);

        run.Data.ShouldBe(Of("second"));
    }

    [Fact]
    public void A_late_error_of_a_cancelled_fetch_changes_nothing()
    {
        Client.Observe(Query).Dispose();
        using var run = Client.Observe(Query);
        Fetch.Fail(Broken, 0);

        (run.Status, run.FailureCount, run.FetchStatus).ShouldBe((QueryStatus.Pending, 0, FetchStatus.Fetching));
    }

    [Fact]
    public void Data_set_during_a_fetch_shows_and_the_fetch_has_the_last_word()
    {
        using var run = Client.Observe(Query);
        Client.SetData(["runs", 1], Of("set"));
        (run.Data, run.IsFetching).ShouldBe((Of("set"), true));
        Fetch.Answer(Of("fetched"));

        run.Data.ShouldBe(Of("fetched"));
    }

    [Fact]
    public void Data_set_during_a_fetch_stays_when_the_fetch_is_cancelled()
    {
        var run = Client.Observe(Query);
        Client.SetData(["runs", 1], Of("set"));
        run.Dispose();

        var cached = Cached(["runs", 1])!;
        (cached.Data, cached.FetchStatus, cached.Status).ShouldBe((Of("set"), FetchStatus.Idle, QueryStatus.Success));
    }

    [Fact]
    public void Invalidated_during_a_fetch_it_is_begun_anew_and_the_first_answer_is_ignored()
    {
        using var run = Client.Observe(Query);
        var fetched = Client.FetchAsync(Query, CancellationToken.None);
        Client.InvalidateAsync(["runs"]);
        (Fetch.Calls, Fetch.IsCancelled(0)).ShouldBe((2, true));
        Fetch.Answer(Of("before"), 0);
        run.HasData.ShouldBeFalse();
        Fetch.Answer(Of("after"), 1);

        run.Data.ShouldBe(Of("after"));
        Ended(fetched).ShouldBe(Of("after"));
    }

    [Fact]
    public void Invalidated_during_a_fetch_that_nobody_observes_its_data_is_stale_when_it_comes()
    {
        _ = Client.PrefetchAsync(Query, CancellationToken.None);
        Client.InvalidateAsync(["runs"]);
        Fetch.Answer(Of("before"));
        using var run = Client.Observe(Query with { StaleTime = Timeout.InfiniteTimeSpan });

        Fetch.Calls.ShouldBe(2);
    }

    [Fact]
    public void Invalidated_during_a_fetch_that_is_cancelled_data_stays_invalidated()
    {
        Fill();
        var run = Client.Observe(Query);
        Client.InvalidateAsync(["runs"]);
        run.Dispose();

        Cached(["runs", 1])!.IsStale.ShouldBeTrue();
    }

    [Fact]
    public void Focus_between_two_tries_neither_starts_a_fetch_nor_shortens_the_wait()
    {
        using var run = Client.Observe(Query with { Retry = QueryRetry.Default() });
        Fetch.Fail(Broken);
        Page.Hide();
        Advance(0.5);
        Page.Show();
        Fetch.Calls.ShouldBe(1);
        Advance(0.5);

        Fetch.Calls.ShouldBe(2);
        run.FailureCount.ShouldBe(1);
    }

    [Fact]
    public void Refetching_during_the_first_fetch_joins_it()
    {
        using var run = Client.Observe(Query);
        var again = run.RefetchAsync();
        Fetch.Calls.ShouldBe(1);
        Fetch.Answer(Of("new"));

        Ended(again).Data.ShouldBe(Of("new"));
    }

    [Fact]
    public void Refetching_while_fetching_again_begins_anew_and_only_the_last_answer_counts()
    {
        Fill();
        using var run = Client.Observe(Query);
        var again = run.RefetchAsync();
        (Fetch.Calls, Fetch.IsCancelled(0)).ShouldBe((2, true));
        Fetch.Answer(Of("second"), 1);
        Fetch.Answer(Of("first"), 0);

        run.Data.ShouldBe(Of("second"));
        Ended(again).Data.ShouldBe(Of("second"));
    }

    [Fact]
    public void Cancelled_after_several_restarts_it_goes_back_to_before_the_first()
    {
        using var run = Client.Observe(Query);
        Fetch.Fail(Broken);
        var before = run.Current;
        _ = run.RefetchAsync();
        Client.InvalidateAsync(["runs"]);
        Fetch.Calls.ShouldBe(3);
        Client.Cancel(["runs"]);

        run.Current.ShouldBe(before);
        before.Error.ShouldBeSameAs(Broken);
    }

    [Fact]
    public void Nothing_is_collected_while_it_is_fetched_for_somebody()
    {
        var fetched = Client.FetchAsync(Query with { GcTime = TimeSpan.FromSeconds(1) }, CancellationToken.None);
        Advance(400);
        Cached(["runs", 1]).ShouldNotBeNull();
        Fetch.Answer(Of("new"));
        Ended(fetched).ShouldBe(Of("new"));
        Advance(299);
        Cached(["runs", 1]).ShouldBeNull("its own time holds, which begins when the fetch has ended");
    }

    [Fact]
    public void With_another_key_during_a_fetch_that_fetch_ends_and_its_answer_goes_nowhere()
    {
        using var run = Client.Observe(Query);
        run.Show(Query with { Key = ["runs", 2] });
        (Fetch.Calls, Fetch.IsCancelled(0)).ShouldBe((2, true));
        Fetch.Answer(Of("first"), 0);
        run.HasData.ShouldBeFalse();
        Fetch.Answer(Of("second"), 1);

        run.Data.ShouldBe(Of("second"));
        Cached(["runs", 1])!.Data.ShouldBeNull();
    }

    [Fact]
    public void Back_to_the_former_key_its_data_is_there_at_once()
    {
        var fresh = Query with { StaleTime = TimeSpan.FromSeconds(60) };
        using var run = Client.Observe(fresh);
        Fetch.Answer(Of("first"));
        run.Show(fresh with { Key = ["runs", 2] });
        run.Show(fresh);

        (run.Data, run.IsFetching, Fetch.Calls).ShouldBe((Of("first"), false, 2));
    }

    [Fact]
    public void Reset_during_a_fetch_its_answer_is_ignored()
    {
        Fill();
        using var run = Client.Observe(Query);
        Client.ResetAsync(["runs"]);
        Fetch.Answer(Of("old"), 0);
        run.HasData.ShouldBeFalse();
        Fetch.Answer(Of("new"), 1);
        run.Data.ShouldBe(Of("new"));
    }

    [Fact]
    public void Removed_during_a_fetch_who_waits_for_it_is_told_that_it_was_cancelled()
    {
        var fetched = Client.FetchAsync(Query, CancellationToken.None);
        Client.Remove(["runs"]);

        fetched.IsCanceled.ShouldBeTrue();
        Fetch.IsCancelled(0).ShouldBeTrue();
        Client.Queries().ShouldBeEmpty();
    }

    [Fact]
    public void Offline_during_a_try_it_goes_on()
    {
        using var run = Client.Observe(Query);
        Page.GoOffline();
        Fetch.Answer(Of("new"));

        run.Data.ShouldBe(Of("new"));
    }
}
