namespace Collection.Query.Caching.Tests;

/// <summary>One query: fetching once for all, freshness, collection, cancellation.</summary>
public sealed class QueryTests : CacheTest
{
    [Fact]
    public void A_query_is_pending_and_fetching_and_then_has_data()
    {
        using var run = Client.Observe(Query);
        run.Current.ShouldBe(new QueryResult<Run> { Status = QueryStatus.Pending, FetchStatus = FetchStatus.Fetching, IsStale = true });
        run.IsLoading.ShouldBeTrue();

        Fetch.Answer(Of("new"));

        run.Current.ShouldBe(new QueryResult<Run> { Status = QueryStatus.Success, HasData = true, Data = Of("new"), UpdatedAt = Time.GetUtcNow(), IsStale = true });
    }

    [Fact]
    public void All_who_ask_for_a_key_share_one_fetch()
    {
        using var one = Client.Observe(Query);
        using var other = Client.Observe(Query);
        var fetched = Client.FetchAsync(Query, CancellationToken.None);

        Fetch.Calls.ShouldBe(1);
        Fetch.Answer(Of("new"));
        one.Data.ShouldBeSameAs(other.Data);
        Ended(fetched).ShouldBeSameAs(one.Data);
    }

    [Fact]
    public void Queries_of_other_keys_are_fetched_side_by_side()
    {
        using var one = Client.Observe(Query);
        using var other = Client.Observe(Query with { Key = ["runs", 2] });

        Fetch.Calls.ShouldBe(2);
        Fetch.Answer(Of("second"), 1);
        other.Data.ShouldBe(Of("second"));
        one.HasData.ShouldBeFalse();
    }

    [Fact]
    public void Stale_data_is_shown_while_it_is_fetched_again()
    {
        Fill();
        using var run = Client.Observe(Query);

        run.Data.ShouldBe(Of("new"));
        run.IsFetching.ShouldBeTrue();
        run.IsLoading.ShouldBeFalse();
    }

    [Fact]
    public void Fresh_data_is_not_fetched_again()
    {
        Fill();
        Advance(59);
        using var run = Client.Observe(Query with { StaleTime = TimeSpan.FromSeconds(60) });

        Fetch.Calls.ShouldBe(0);
        run.IsStale.ShouldBeFalse();
    }

    [Fact]
    public void Data_becomes_stale_by_itself_and_says_so()
    {
        Fill();
        using var run = Client.Observe(Query with { StaleTime = TimeSpan.FromSeconds(60) });
        var told = Listen(run);
        run.IsStale.ShouldBeFalse();

        Advance(60);

        run.IsStale.ShouldBeTrue();
        told.Times.ShouldBe(1);
        Fetch.Calls.ShouldBe(0);
    }

    [Fact]
    public void Data_that_stays_fresh_for_ever_is_stale_only_when_it_is_invalidated()
    {
        Fill();
        using var run = Client.Observe(Query with { StaleTime = Timeout.InfiniteTimeSpan, Enabled = false });
        Advance(1_000_000);
        run.IsStale.ShouldBeFalse();

        Client.InvalidateAsync(["runs"]);

        run.IsStale.ShouldBeTrue();
    }

    [Fact]
    public void Data_from_a_clock_that_was_ahead_counts_as_stale()
    {
        Client.SetData(["runs", 1], Of("new"), Time.GetUtcNow().AddDays(1));
        using var run = Client.Observe(Query with { StaleTime = TimeSpan.FromSeconds(60) });

        Fetch.Calls.ShouldBe(1);
    }

    [Fact]
    public void Data_that_nobody_observes_is_collected_after_its_time()
    {
        var run = Client.Observe(Query);
        Fetch.Answer(Of("new"));
        Advance(1_000);
        run.Dispose();

        Advance(299);
        Cached(["runs", 1]).ShouldNotBeNull();
        Advance(1);
        Cached(["runs", 1]).ShouldBeNull();
    }

    [Fact]
    public void An_observer_that_comes_in_time_keeps_the_data()
    {
        Fill();
        Advance(299);
        using var run = Client.Observe(Query with { Enabled = false });
        Advance(1_000);

        run.Data.ShouldBe(Of("new"));
        Cached(["runs", 1]).ShouldNotBeNull();
    }

    [Fact]
    public void Of_several_collection_times_the_longest_holds()
    {
        Client.Observe(Query with { GcTime = TimeSpan.FromSeconds(900) }).Dispose();
        Client.Observe(Query with { GcTime = TimeSpan.FromSeconds(10) }).Dispose();

        Advance(899);
        Cached(["runs", 1]).ShouldNotBeNull();
        Advance(1);
        Cached(["runs", 1]).ShouldBeNull();
    }

    [Fact]
    public void Data_without_a_collection_time_is_kept_for_ever()
    {
        Client.Observe(Query with { GcTime = Timeout.InfiniteTimeSpan }).Dispose();
        Advance(1_000_000);
        Cached(["runs", 1]).ShouldNotBeNull();
    }

    [Fact]
    public void The_fetch_is_cancelled_when_the_last_observer_leaves()
    {
        var one = Client.Observe(Query);
        var other = Client.Observe(Query);
        one.Dispose();
        Fetch.IsCancelled(0).ShouldBeFalse();

        other.Dispose();

        Fetch.IsCancelled(0).ShouldBeTrue();
        Cached(["runs", 1])!.FetchStatus.ShouldBe(FetchStatus.Idle);
        Cached(["runs", 1])!.Status.ShouldBe(QueryStatus.Pending);
    }

    [Fact]
    public void A_failed_fetch_shows_its_error_and_keeps_the_data()
    {
        Fill();
        using var run = Client.Observe(Query with { StaleTime = TimeSpan.FromSeconds(60) });
        _ = run.RefetchAsync();
        Fetch.Fail(Broken);

        run.Current.ShouldBe(new QueryResult<Run>
        {
            Status = QueryStatus.Error, Error = Broken, HasData = true, Data = Of("new"), UpdatedAt = Time.GetUtcNow(), IsStale = true, FailureCount = 1, FailureReason = Broken,
        });
    }

    [Fact]
    public void An_error_goes_when_the_next_fetch_succeeds()
    {
        using var run = Client.Observe(Query);
        Fetch.Fail(Broken);
        run.Status.ShouldBe(QueryStatus.Error);
        _ = run.RefetchAsync();
        run.Current.ShouldBe(new QueryResult<Run> { Status = QueryStatus.Pending, FetchStatus = FetchStatus.Fetching, IsStale = true });

        Fetch.Answer(Of("new"));

        run.Current.ShouldBe(new QueryResult<Run> { Status = QueryStatus.Success, HasData = true, Data = Of("new"), UpdatedAt = Time.GetUtcNow(), IsStale = true });
    }

    [Fact]
    public void A_key_has_data_of_one_type()
    {
        Fill();
        Should.Throw<InvalidOperationException>(() => Client.TryGetData<string>(["runs", 1], out _))
            .Message.ShouldBe("The query 'runs/1' holds Run, and String was asked for. Give data of another type a key of its own.");
    }

    [Fact]
    public void A_function_that_throws_at_once_is_a_failed_fetch()
    {
        using var run = Client.Observe(Query with { Fetch = _ => throw Broken });
        run.Error.ShouldBeSameAs(Broken);
    }

    [Fact]
    public void A_client_that_is_gone_cancels_its_fetches_and_forgets()
    {
        using var run = Client.Observe(Query);
        var fetched = Client.FetchAsync(Query with { Key = ["runs", 2] }, CancellationToken.None);
        Client.Dispose();

        Fetch.IsCancelled(0).ShouldBeTrue();
        fetched.IsCanceled.ShouldBeTrue();
        Client.Queries().ShouldBeEmpty();
        Should.Throw<ObjectDisposedException>(() => Client.Observe(Query));
    }
}
