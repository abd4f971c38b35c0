using Polly.Retry;

namespace Collection.Query.Caching.Tests;

/// <summary>Tries after failures, and waiting for the network or the page.</summary>
public sealed class RetryTests : CacheTest
{
    private QueryOptions<Run> Retried => Query with { Retry = s_default };

    private static readonly RetryStrategyOptions s_default = QueryRetry.Default();

    [Fact]
    public void A_failed_fetch_is_tried_three_times_more_after_1_2_and_4_seconds()
    {
        using var run = Client.Observe(Retried);
        foreach (var delay in new[] { 1, 2, 4 })
        {
            Fetch.Fail(Broken);
            var calls = Fetch.Calls;
            (run.Status, run.FetchStatus, run.FailureCount, run.FailureReason).ShouldBe((QueryStatus.Pending, FetchStatus.Fetching, calls, Broken));
            Advance(delay - 0.1);
            Fetch.Calls.ShouldBe(calls);
            Advance(0.1);
            Fetch.Calls.ShouldBe(calls + 1);
        }

        Fetch.Fail(Broken);
        (run.Status, run.FetchStatus, run.FailureCount, run.Error).ShouldBe((QueryStatus.Error, FetchStatus.Idle, 4, Broken));
    }

    [Fact]
    public void Success_after_failures_forgets_them()
    {
        using var run = Client.Observe(Retried);
        Fetch.Fail(Broken);
        Advance(1);
        Fetch.Answer(Of("new"));

        (run.Status, run.FailureCount, run.FailureReason).ShouldBe((QueryStatus.Success, 0, null));
    }

    [Fact]
    public void A_predicate_says_what_is_tried_again()
    {
        var retry = new RetryStrategyOptions { ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is HttpRequestException), Delay = TimeSpan.FromSeconds(1) };
        using var run = Client.Observe(Query with { Retry = retry });
        Fetch.Fail(Broken);
        Advance(1);
        Fetch.Calls.ShouldBe(2);
        Fetch.Fail(new FormatException("Not what was expected."));
        Advance(100);

        Fetch.Calls.ShouldBe(2);
        run.Error.ShouldBeOfType<FormatException>();
    }

    [Fact]
    public void A_timeout_of_the_fetch_itself_is_a_failure_like_others()
    {
        using var run = Client.Observe(Retried);
        Fetch.Fail(new TaskCanceledException("The request timed out."));
        Advance(1);

        Fetch.Calls.ShouldBe(2);
    }

    [Fact]
    public void What_nobody_observes_is_not_tried_again_unless_it_says_so()
    {
        Use(new QueryClientOptions());
        var fetched = Client.FetchAsync(Query, CancellationToken.None);
        Fetch.Fail(Broken);
        fetched.IsFaulted.ShouldBeTrue();

        var retried = Client.FetchAsync(Retried, CancellationToken.None);
        Fetch.Fail(Broken);
        retried.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public void Retries_end_when_the_last_observer_leaves()
    {
        var run = Client.Observe(Retried);
        Fetch.Fail(Broken);
        run.Dispose();
        Advance(100);

        Fetch.Calls.ShouldBe(1);
    }

    [Fact]
    public void A_hidden_page_has_retries_wait_until_it_is_shown()
    {
        using var run = Client.Observe(Retried);
        Page.Hide();
        Fetch.Fail(Broken);
        Advance(100);
        (Fetch.Calls, run.FetchStatus).ShouldBe((1, FetchStatus.Paused));

        Page.Show();
        (Fetch.Calls, run.FetchStatus).ShouldBe((2, FetchStatus.Fetching));
    }

    [Fact]
    public void Without_a_network_a_fetch_waits_for_it()
    {
        Page.GoOffline();
        using var run = Client.Observe(Query);
        (Fetch.Calls, run.Status, run.FetchStatus).ShouldBe((0, QueryStatus.Pending, FetchStatus.Paused));

        Page.GoOnline();
        (Fetch.Calls, run.FetchStatus).ShouldBe((1, FetchStatus.Fetching));
    }

    [Fact]
    public void A_network_that_goes_between_two_tries_has_the_next_one_wait()
    {
        using var run = Client.Observe(Retried);
        Fetch.Fail(Broken);
        Page.GoOffline();
        Advance(100);
        (Fetch.Calls, run.FetchStatus).ShouldBe((1, FetchStatus.Paused));

        Page.GoOnline();
        Fetch.Calls.ShouldBe(2);
    }

    [Fact]
    public void A_query_that_needs_no_network_is_fetched_without_one()
    {
        Page.GoOffline();
        using var run = Client.Observe(Retried with { NetworkMode = NetworkMode.Always });
        Fetch.Fail(Broken);
        Advance(1);

        (Fetch.Calls, run.FetchStatus).ShouldBe((2, FetchStatus.Fetching));
    }

    [Fact]
    public void Where_a_network_may_be_needed_the_first_try_is_made_without_one_and_others_wait()
    {
        Page.GoOffline();
        using var run = Client.Observe(Retried with { NetworkMode = NetworkMode.OfflineFirst });
        Fetch.Calls.ShouldBe(1);
        Fetch.Fail(Broken);
        Advance(1);

        (Fetch.Calls, run.FetchStatus).ShouldBe((1, FetchStatus.Paused));
    }

    [Fact]
    public void A_paused_fetch_that_nobody_wants_any_more_is_not_made()
    {
        Page.GoOffline();
        Client.Observe(Query).Dispose();
        Page.GoOnline();

        Fetch.Calls.ShouldBe(0);
    }

    [Fact]
    public void Invalidating_does_not_wait_for_a_paused_fetch()
    {
        using var run = Client.Observe(Query);
        Fetch.Answer(Of("new"));
        Page.GoOffline();

        Client.InvalidateAsync(["runs"]).IsCompletedSuccessfully.ShouldBeTrue();
        run.FetchStatus.ShouldBe(FetchStatus.Paused);
    }
}
