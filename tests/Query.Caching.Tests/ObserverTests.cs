namespace Collection.Query.Caching.Tests;

/// <summary>What an observer shows, and of what it tells.</summary>
public sealed class ObserverTests : CacheTest
{
    [Fact]
    public void Who_reads_the_data_alone_is_not_told_of_fetches()
    {
        using var run = Client.Observe(Query);
        Fetch.Answer(Of("new"));
        var told = Listen(run);
        run.Data.ShouldBe(Of("new"));

        _ = run.RefetchAsync();
        Fetch.Answer(Of("new"));
        told.Times.ShouldBe(0);

        _ = run.RefetchAsync();
        Fetch.Answer(Of("running"));
        told.Times.ShouldBe(1);
    }

    [Fact]
    public void Who_reads_whether_it_is_fetched_is_told_of_that()
    {
        using var run = Client.Observe(Query);
        var told = Listen(run);
        run.IsFetching.ShouldBeTrue();
        Fetch.Answer(Of("new"));
        told.Times.ShouldBe(1);
        _ = run.RefetchAsync();
        told.Times.ShouldBe(2);
    }

    [Fact]
    public void Who_has_read_nothing_or_everything_is_told_of_everything()
    {
        using var nothing = Client.Observe(Query);
        using var everything = Client.Observe(Query);
        var told = (Nothing: Listen(nothing), Everything: Listen(everything));
        _ = everything.Current;
        Fetch.Answer(Of("new"));
        Client.SetData<Run>(["runs", 1], Of("new"), Time.GetUtcNow().AddSeconds(-1));

        told.Nothing.Times.ShouldBe(2);
        told.Everything.Times.ShouldBe(2);
    }

    [Fact]
    public void Equal_data_stays_the_object_that_it_was()
    {
        using var run = Client.Observe(Query);
        Fetch.Answer(Of("new"));
        var before = run.Data;
        _ = run.RefetchAsync();
        Fetch.Answer(Of("new"));

        run.Data.ShouldBeSameAs(before);
    }

    [Fact]
    public void Of_a_list_equal_items_stay_and_an_equal_list_stays_whole()
    {
        var fetch = new ScriptedFetch<IReadOnlyList<Run>>();
        using var runs = Client.Observe(new QueryOptions<IReadOnlyList<Run>> { Key = ["runs"], Fetch = fetch.CallAsync, Share = StructuralSharing.Items });
        fetch.Answer([new(1, "over"), new(2, "new")]);
        var before = runs.Data!;
        var told = Listen(runs);

        _ = runs.RefetchAsync();
        fetch.Answer([new(1, "over"), new(2, "new")]);
        runs.Data.ShouldBeSameAs(before);
        told.Times.ShouldBe(0);

        _ = runs.RefetchAsync();
        fetch.Answer([new(1, "over"), new(2, "running"), new(3, "new")]);
        runs.Data.ShouldBe([new(1, "over"), new(2, "running"), new(3, "new")]);
        runs.Data![0].ShouldBeSameAs(before[0]);
        told.Times.ShouldBe(1);
    }

    [Fact]
    public void A_selection_is_told_of_its_own_changes_alone()
    {
        using var phase = Client.Observe(Query.Select(run => run.Phase));
        Fetch.Answer(new Run(1, "new"));
        var told = Listen(phase);
        phase.Data.ShouldBe("new");
        Client.SetData(["runs", 1], new Run(2, "new"));
        told.Times.ShouldBe(0);
        Client.SetData(["runs", 1], new Run(2, "over"));
        told.Times.ShouldBe(1);
        phase.Data.ShouldBe("over");
    }

    [Fact]
    public void A_selection_is_made_when_the_data_changes_and_not_at_every_rendering()
    {
        var times = 0;
        var selected = Query.Select(run =>
        {
            times++;
            return run.Phase;
        });
        using var phase = Client.Observe(selected);
        Fetch.Answer(Of("new"));
        phase.Show(selected);
        _ = phase.RefetchAsync();
        Fetch.Answer(Of("new"));

        times.ShouldBe(1);
    }

    [Fact]
    public void A_selection_that_throws_is_its_observers_error_alone()
    {
        using var run = Client.Observe(Query);
        using var phase = Client.Observe(Query.Select(run => run.Phase == "odd" ? throw Broken : run.Phase));
        Fetch.Answer(Of("new"));
        _ = run.RefetchAsync();
        Fetch.Answer(Of("odd"));

        (phase.Status, phase.Error, phase.Data).ShouldBe((QueryStatus.Error, Broken, "new"));
        run.Status.ShouldBe(QueryStatus.Success);
    }

    [Fact]
    public void A_placeholder_is_shown_until_there_is_data_and_is_not_cached()
    {
        using var run = Client.Observe(Query with { PlaceholderData = () => Of("...") });
        (run.Status, run.Data, run.IsPlaceholder, run.IsFetching).ShouldBe((QueryStatus.Success, Of("..."), true, true));
        Client.TryGetData<Run>(["runs", 1], out _).ShouldBeFalse();

        Fetch.Answer(Of("new"));
        (run.Data, run.IsPlaceholder).ShouldBe((Of("new"), false));
    }

    [Fact]
    public void A_placeholder_gives_way_to_an_error()
    {
        using var run = Client.Observe(Query with { PlaceholderData = () => Of("...") });
        Fetch.Fail(Broken);

        (run.Status, run.HasData).ShouldBe((QueryStatus.Error, false));
    }

    [Fact]
    public void Initial_data_is_cached_and_is_as_old_as_is_said()
    {
        using var fresh = Client.Observe(Query with { InitialData = () => Of("known"), StaleTime = TimeSpan.FromSeconds(60) });
        (fresh.Status, fresh.Data, fresh.IsPlaceholder, Fetch.Calls).ShouldBe((QueryStatus.Success, Of("known"), false, 0));
        Client.TryGetData<Run>(["runs", 1], out _).ShouldBeTrue();

        using var old = Client.Observe(Query with
        {
            Key = ["runs", 2], InitialData = () => Of("known"), InitialDataUpdatedAt = Time.GetUtcNow().AddSeconds(-60), StaleTime = TimeSpan.FromSeconds(60),
        });
        (old.Data, Fetch.Calls).ShouldBe((Of("known"), 1));
    }

    [Fact]
    public void Initial_data_does_not_replace_data()
    {
        Fill("running");
        using var run = Client.Observe(Query with { InitialData = () => Of("known") });
        run.Data.ShouldBe(Of("running"));
    }

    [Fact]
    public void With_another_key_the_data_of_the_former_can_be_shown_meanwhile()
    {
        var kept = Query with { KeepPreviousData = true };
        using var run = Client.Observe(kept);
        Fetch.Answer(Of("first"));
        run.Show(kept with { Key = ["runs", 2] });
        (run.Data, run.IsPlaceholder, run.Status, run.IsFetching).ShouldBe((Of("first"), true, QueryStatus.Success, true));
        run.Show(kept with { Key = ["runs", 3] });
        run.Data.ShouldBe(Of("first"));

        Fetch.Answer(Of("third"));
        (run.Data, run.IsPlaceholder).ShouldBe((Of("third"), false));
    }

    [Fact]
    public void With_another_key_nothing_of_the_former_is_shown()
    {
        using var run = Client.Observe(Query);
        Fetch.Answer(Of("first"));
        run.Show(Query with { Key = ["runs", 2] });

        (run.HasData, run.IsLoading).ShouldBe((false, true));
    }

    [Fact]
    public void A_query_that_depends_on_another_is_fetched_once_it_is_enabled()
    {
        using var detail = Client.Observe(Query with { Enabled = false });
        (Fetch.Calls, detail.Status, detail.FetchStatus).ShouldBe((0, QueryStatus.Pending, FetchStatus.Idle));
        detail.Show(Query with { Enabled = true });
        Fetch.Calls.ShouldBe(1);
        detail.Show(Query);
        Fetch.Calls.ShouldBe(1);
    }

    [Fact]
    public void Several_changes_at_once_are_told_once()
    {
        using var run = Client.Observe(Query);
        Fetch.Answer(Of("new"));
        var told = Listen(run);
        _ = run.Current;
        Client.ResetAsync(["runs"]);

        told.Times.ShouldBe(1);
        run.IsLoading.ShouldBeTrue();
    }

    [Fact]
    public void An_observer_that_is_gone_tells_nothing()
    {
        using var other = Client.Observe(Query);
        var run = Client.Observe(Query);
        var told = Listen(run);
        run.Dispose();
        run.Dispose();
        Fetch.Answer(Of("new"));

        told.Times.ShouldBe(0);
        Cached(["runs", 1])!.ObserverCount.ShouldBe(1);
    }

    [Fact]
    public void A_handler_may_call_the_client_and_dispose_of_observers()
    {
        using var one = Client.Observe(Query);
        var other = Client.Observe(Query);
        one.Changed += () =>
        {
            other.Dispose();
            Client.SetData(["seen"], one.Data!.Phase);
        };
        Fetch.Answer(Of("new"));

        Client.TryGetData<string>(["seen"], out var seen).ShouldBeTrue();
        seen.ShouldBe("new");
    }
}
