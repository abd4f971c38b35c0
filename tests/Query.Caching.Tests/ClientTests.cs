namespace Collection.Query.Caching.Tests;

/// <summary>What the client does with one query or with many.</summary>
public sealed class ClientTests : CacheTest
{
    [Fact]
    public void Data_that_is_fresh_is_not_fetched_for_who_asks_for_it()
    {
        Fill();
        Ended(Client.FetchAsync(Query with { StaleTime = TimeSpan.FromSeconds(60) }, CancellationToken.None)).ShouldBe(Of("new"));
        Fetch.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task An_error_reaches_who_asks_for_the_data()
    {
        var fetched = Client.FetchAsync(Query, CancellationToken.None);
        Fetch.Fail(Broken);
        (await Should.ThrowAsync<HttpRequestException>(fetched)).ShouldBeSameAs(Broken);
    }

    [Fact]
    public void An_error_of_a_prefetch_is_none_and_the_next_observer_tries_again()
    {
        var prefetch = Client.PrefetchAsync(Query, CancellationToken.None);
        Fetch.Fail(Broken);
        prefetch.IsCompletedSuccessfully.ShouldBeTrue();
        using var run = Client.Observe(Query);

        Fetch.Calls.ShouldBe(2);
    }

    [Fact]
    public void Prefetched_data_is_there_for_its_observer_and_collected_without_one()
    {
        _ = Client.PrefetchAsync(Query, CancellationToken.None);
        Fetch.Answer(Of("new"));
        Client.TryGetData<Run>(["runs", 1], out var data).ShouldBeTrue();
        data.ShouldBe(Of("new"));
        Advance(300);

        Client.Queries().ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_stops_waiting_cancels_the_fetch_unless_somebody_else_wants_it()
    {
        using var one = new CancellationTokenSource();
        using var other = new CancellationTokenSource();
        var first = Client.FetchAsync(Query, one.Token);
        var second = Client.FetchAsync(Query, other.Token);
        one.Cancel();
        await Should.ThrowAsync<OperationCanceledException>(first);
        Fetch.IsCancelled(0).ShouldBeFalse();
        other.Cancel();
        await Should.ThrowAsync<OperationCanceledException>(second);
        Fetch.IsCancelled(0).ShouldBeTrue();
    }

    [Fact]
    public void An_observer_that_leaves_does_not_cancel_what_another_waits_for()
    {
        var fetched = Client.FetchAsync(Query, CancellationToken.None);
        Client.Observe(Query).Dispose();
        Fetch.IsCancelled(0).ShouldBeFalse();
        Fetch.Answer(Of("new"));

        Ended(fetched).ShouldBe(Of("new"));
    }

    [Fact]
    public void Data_that_is_set_shows_at_once_and_is_fresh()
    {
        using var run = Client.Observe(Query with { StaleTime = TimeSpan.FromSeconds(60), Enabled = false });
        Client.SetData(["runs", 1], Of("set"));

        run.Current.ShouldBe(new QueryResult<Run> { Status = QueryStatus.Success, HasData = true, Data = Of("set"), UpdatedAt = Time.GetUtcNow() });
    }

    [Fact]
    public void Data_is_updated_from_what_is_there_and_only_then()
    {
        Client.UpdateData<Run>(["runs", 1], run => run with { Phase = "over" });
        Client.Queries().ShouldBeEmpty();
        Fill();
        Client.UpdateData<Run>(["runs", 1], run => run with { Phase = "over" });
        Client.TryGetData<Run>(["runs", 1], out var data).ShouldBeTrue();
        data.ShouldBe(Of("over"));
    }

    [Fact]
    public void Invalidation_fetches_what_is_shown_and_marks_the_rest_below_the_prefix()
    {
        Client.SetData(["runs", 2], Of("hidden"));
        Client.SetData(["sellers"], Of("other"));
        Fill();
        using var run = Client.Observe(Query with { StaleTime = TimeSpan.FromSeconds(60) });
        var done = Client.InvalidateAsync(["runs"]);

        Fetch.Calls.ShouldBe(1);
        Client.Queries().Where(query => query.IsStale).Select(query => query.Key).ShouldBe([["runs", 1], ["runs", 2]], ignoreOrder: true);
        done.IsCompleted.ShouldBeFalse();
        Fetch.Answer(Of("newer"));
        done.IsCompletedSuccessfully.ShouldBeTrue();
        (run.Data, run.IsStale).ShouldBe((Of("newer"), false));
    }

    [Fact]
    public void What_was_invalidated_is_fetched_when_it_is_shown_again()
    {
        Fill();
        Client.InvalidateAsync(["runs"]);
        using var run = Client.Observe(Query with { StaleTime = Timeout.InfiniteTimeSpan });

        Fetch.Calls.ShouldBe(1);
    }

    [Fact]
    public void A_condition_narrows_down_what_is_meant()
    {
        Client.SetData(["runs"], Of("list"));
        Fill();
        Client.InvalidateAsync(["runs"], query => query.Key == ["runs"]);

        Client.Queries().Where(query => query.IsStale).ShouldHaveSingleItem().Key.ShouldBe(["runs"]);
    }

    [Fact]
    public void Refetching_fetches_what_is_shown_however_fresh()
    {
        Fill();
        Client.SetData(["runs", 2], Of("hidden"));
        using var run = Client.Observe(Query with { StaleTime = Timeout.InfiniteTimeSpan });
        Client.RefetchAsync(QueryKey.All);

        Fetch.Calls.ShouldBe(1);
    }

    [Fact]
    public void Resetting_goes_back_to_the_initial_data_and_fetches()
    {
        using var run = Client.Observe(Query with { InitialData = () => Of("known"), StaleTime = TimeSpan.FromSeconds(60) });
        Client.SetData(["runs", 1], Of("set"));
        Client.ResetAsync(["runs"]);

        (run.Data, run.IsFetching).ShouldBe((Of("known"), true));
    }

    [Fact]
    public void Removing_forgets_what_nobody_observes_and_empties_the_rest()
    {
        Fill();
        Client.SetData(["runs", 2], Of("hidden"));
        using var run = Client.Observe(Query with { StaleTime = TimeSpan.FromSeconds(60) });
        Client.Remove(["runs"]);

        Client.Queries().ShouldHaveSingleItem().Key.ShouldBe(["runs", 1]);
        (run.HasData, run.Status, run.FetchStatus).ShouldBe((false, QueryStatus.Pending, FetchStatus.Idle));
    }

    [Fact]
    public void Cancelling_goes_back_to_what_was_there()
    {
        Fill();
        using var run = Client.Observe(Query);
        var before = run.UpdatedAt;
        Advance(1);
        Client.Cancel(["runs"]);
        Fetch.IsCancelled(0).ShouldBeTrue();
        Fetch.Answer(Of("late"));

        (run.Data, run.UpdatedAt, run.FetchStatus).ShouldBe((Of("new"), before, FetchStatus.Idle));
    }

    [Fact]
    public void Everything_about_the_cache_can_be_seen_from_outside()
    {
        List<QueryKey> changed = [];
        Client.Changed += query => changed.Add(query.Key);
        using var run = Client.Observe(Query);
        changed.ShouldAllBe(key => key == Query.Key);
        changed.ShouldNotBeEmpty();
        var seen = Client.Queries().ShouldHaveSingleItem();
        (seen.ObserverCount, seen.IsActive, seen.FetchStatus, seen.Data).ShouldBe((1, true, FetchStatus.Fetching, null));
        Fetch.Fail(Broken);
        (seen.Status, seen.Error, seen.FailureCount, seen.UpdatedAt).ShouldBe((QueryStatus.Error, Broken, 1, null));
    }
}
