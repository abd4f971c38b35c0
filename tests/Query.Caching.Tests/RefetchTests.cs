namespace Collection.Query.Caching.Tests;

/// <summary>Occasions to fetch again: time, focus, reconnection, mounting.</summary>
public sealed class RefetchTests : CacheTest
{
    private static readonly Func<QueryResult<Run>, TimeSpan?> s_everyTwoSeconds = _ => TimeSpan.FromSeconds(2);

    [Fact]
    public void A_query_is_polled_an_interval_after_each_answer()
    {
        using var run = Client.Observe(Query with { RefetchInterval = s_everyTwoSeconds });
        Advance(1);
        Fetch.Answer(Of("new"));
        Advance(1.9);
        Fetch.Calls.ShouldBe(1);
        Advance(0.1);
        Fetch.Calls.ShouldBe(2);
        Fetch.Answer(Of("running"));
        Advance(2);
        Fetch.Calls.ShouldBe(3);
    }

    [Fact]
    public void Polling_stops_when_the_data_says_so()
    {
        using var run = Client.Observe(Query with { RefetchInterval = result => result.Data is { Phase: "over" } ? null : TimeSpan.FromSeconds(2) });
        Fetch.Answer(Of("running"));
        Advance(2);
        Fetch.Answer(Of("over"));
        Advance(1_000);

        Fetch.Calls.ShouldBe(2);
    }

    [Fact]
    public void Polling_goes_on_after_an_error_and_can_slow_down()
    {
        using var run = Client.Observe(Query with { RefetchInterval = result => TimeSpan.FromSeconds(result.Error is null ? 2 : 10) });
        Fetch.Fail(Broken);
        Advance(9);
        Fetch.Calls.ShouldBe(1);
        Advance(1);
        Fetch.Answer(Of("new"));
        Advance(2);

        Fetch.Calls.ShouldBe(3);
    }

    [Fact]
    public void Polling_does_not_pile_up_behind_a_slow_answer()
    {
        using var run = Client.Observe(Query with { RefetchInterval = s_everyTwoSeconds });
        Advance(100);

        Fetch.Calls.ShouldBe(1);
    }

    [Fact]
    public void Polling_rests_while_the_page_is_hidden_and_catches_up_when_it_is_shown()
    {
        using var run = Client.Observe(Query with { RefetchInterval = s_everyTwoSeconds, RefetchOnFocus = RefetchMode.Never });
        Fetch.Answer(Of("new"));
        Page.Hide();
        Advance(100);
        Fetch.Calls.ShouldBe(1);

        Page.Show();
        Advance(0);
        Fetch.Calls.ShouldBe(2);
    }

    [Fact]
    public void Polling_in_the_background_does_not_mind()
    {
        using var run = Client.Observe(Query with { RefetchInterval = s_everyTwoSeconds, RefetchInBackground = true });
        Fetch.Answer(Of("new"));
        Page.Hide();
        Advance(2);

        Fetch.Calls.ShouldBe(2);
    }

    [Fact]
    public void Polling_ends_with_its_observer()
    {
        var run = Client.Observe(Query with { RefetchInterval = s_everyTwoSeconds });
        Fetch.Answer(Of("new"));
        run.Dispose();
        Advance(100);

        Fetch.Calls.ShouldBe(1);
    }

    [Fact]
    public void Rendering_with_the_same_interval_does_not_put_off_the_poll()
    {
        using var run = Client.Observe(Query with { RefetchInterval = s_everyTwoSeconds });
        Fetch.Answer(Of("new"));
        for (var i = 0; i < 4; i++)
        {
            Advance(0.5);
            run.Show(Query with { RefetchInterval = s_everyTwoSeconds });
        }

        Fetch.Calls.ShouldBe(2);
    }

    [Theory]
    [InlineData(RefetchMode.Stale, 30, 0)]
    [InlineData(RefetchMode.Stale, 60, 1)]
    [InlineData(RefetchMode.Always, 30, 1)]
    [InlineData(RefetchMode.Never, 60, 0)]
    public void When_the_page_is_shown_data_is_fetched_again_as_the_query_says(RefetchMode mode, int age, int calls)
    {
        Fill();
        using var run = Client.Observe(Query with { StaleTime = TimeSpan.FromSeconds(60), RefetchOnFocus = mode });
        Page.Hide();
        Advance(age);
        Page.Show();

        Fetch.Calls.ShouldBe(calls);
    }

    [Theory]
    [InlineData(RefetchMode.Stale, 30, 0)]
    [InlineData(RefetchMode.Stale, 60, 1)]
    [InlineData(RefetchMode.Always, 30, 1)]
    [InlineData(RefetchMode.Never, 60, 0)]
    public void When_the_network_is_back_data_is_fetched_again_as_the_query_says(RefetchMode mode, int age, int calls)
    {
        Fill();
        using var run = Client.Observe(Query with { StaleTime = TimeSpan.FromSeconds(60), RefetchOnReconnect = mode });
        Page.GoOffline();
        Advance(age);
        Page.GoOnline();

        Fetch.Calls.ShouldBe(calls);
    }

    [Fact]
    public void A_query_that_needs_no_network_does_not_mind_its_return()
    {
        Fill();
        using var run = Client.Observe(Query with { RefetchOnMount = RefetchMode.Never, NetworkMode = NetworkMode.Always });
        Page.GoOffline();
        Page.GoOnline();

        Fetch.Calls.ShouldBe(0);
    }

    [Theory]
    [InlineData(RefetchMode.Stale, 30, 0)]
    [InlineData(RefetchMode.Stale, 60, 1)]
    [InlineData(RefetchMode.Always, 30, 1)]
    [InlineData(RefetchMode.Never, 60, 0)]
    public void An_observer_that_finds_data_fetches_it_again_as_it_says(RefetchMode mode, int age, int calls)
    {
        Fill();
        Advance(age);
        using var run = Client.Observe(Query with { StaleTime = TimeSpan.FromSeconds(60), RefetchOnMount = mode });

        Fetch.Calls.ShouldBe(calls);
    }

    [Fact]
    public void A_query_that_is_not_enabled_is_fetched_by_hand_alone()
    {
        using var run = Client.Observe(Query with { Enabled = false, RefetchInterval = s_everyTwoSeconds });
        Page.Hide();
        Page.Show();
        Advance(100);
        Client.InvalidateAsync(QueryKey.All);
        Fetch.Calls.ShouldBe(0);
        run.Current.ShouldBe(new QueryResult<Run> { IsStale = true });

        _ = run.RefetchAsync();
        Fetch.Calls.ShouldBe(1);
    }
}
