namespace Collection.Query.Caching.Tests;

public sealed class MutationTests : CacheTest
{
    private readonly List<(string Phase, TaskCompletionSource<int> Answer)> _sent = [];

    private MutationOptions<string, int> SetPhase => new()
    {
        Mutate = (phase, _) =>
        {
            _sent.Add((phase, new TaskCompletionSource<int>()));
            return _sent[^1].Answer.Task;
        },
        Optimistic = (cache, phase) => cache.Set<Run>(["runs", 1], run => run with { Phase = phase }),
    };

    [Fact]
    public void A_mutation_says_how_it_goes()
    {
        var mutation = Client.CreateMutation(SetPhase);
        var told = 0;
        mutation.Changed += () => told++;
        mutation.Current.Status.ShouldBe(MutationStatus.Idle);
        var done = mutation.MutateAsync("over", CancellationToken.None);
        mutation.Current.ShouldBe(new() { Status = MutationStatus.Pending, Variables = "over", SubmittedAt = Time.GetUtcNow() });
        _sent[0].Answer.SetResult(7);

        mutation.Current.ShouldBe(new() { Status = MutationStatus.Success, Variables = "over", Data = 7, SubmittedAt = Time.GetUtcNow() });
        Ended(done).ShouldBe(7);
        told.ShouldBe(2);
        mutation.Reset();
        mutation.Current.ShouldBe(new());
    }

    [Fact]
    public void A_change_shows_before_it_is_made_and_is_fetched_once_it_is()
    {
        Fill();
        using var run = Client.Observe(Query with { StaleTime = TimeSpan.FromSeconds(60) });
        Client.CreateMutation(SetPhase).Mutate("over");
        (run.Data, Fetch.Calls).ShouldBe((Of("over"), 0));
        _sent[0].Answer.SetResult(0);

        (run.Data, Fetch.Calls).ShouldBe((Of("over"), 1));
    }

    [Fact]
    public async Task A_change_that_fails_is_taken_back_and_fetched_again()
    {
        Fill();
        using var run = Client.Observe(Query with { StaleTime = TimeSpan.FromSeconds(60) });
        var mutation = Client.CreateMutation(SetPhase);
        var done = mutation.MutateAsync("over", CancellationToken.None);
        _sent[0].Answer.SetException(Broken);

        (run.Data, Fetch.Calls).ShouldBe((Of("new"), 1));
        (mutation.Current.Status, mutation.Current.Error, mutation.Current.FailureCount).ShouldBe((MutationStatus.Error, Broken, 1));
        (await Should.ThrowAsync<HttpRequestException>(done)).ShouldBeSameAs(Broken);
    }

    [Fact]
    public void What_something_else_has_written_meanwhile_is_not_taken_back()
    {
        Fill();
        Client.CreateMutation(SetPhase).Mutate("over");
        Client.SetData(["runs", 1], Of("told by an event"));
        _sent[0].Answer.SetException(Broken);

        Cached(["runs", 1])!.Data.ShouldBe(Of("told by an event"));
        Cached(["runs", 1])!.IsStale.ShouldBeTrue();
    }

    [Fact]
    public void A_fetch_under_way_does_not_undo_a_change_on_the_screen()
    {
        Fill();
        using var run = Client.Observe(Query);
        Client.CreateMutation(SetPhase).Mutate("over");
        Fetch.IsCancelled(0).ShouldBeTrue();
        Fetch.Answer(Of("of before"));

        run.Data.ShouldBe(Of("over"));
    }

    [Fact]
    public void Of_two_changes_of_the_same_data_the_one_that_ends_last_has_it_fetched()
    {
        Fill();
        using var run = Client.Observe(Query with { StaleTime = TimeSpan.FromSeconds(60) });
        var mutation = Client.CreateMutation(SetPhase);
        mutation.Mutate("first");
        mutation.Mutate("second");
        _sent[0].Answer.SetResult(1);
        (run.Data, Fetch.Calls, mutation.Current.Status).ShouldBe((Of("second"), 0, MutationStatus.Pending));
        _sent[1].Answer.SetResult(2);

        Fetch.Calls.ShouldBe(1);
        mutation.Current.Data.ShouldBe(2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void When_a_mutation_has_ended_what_it_names_is_out_of_date(bool succeeds)
    {
        Fill();
        Client.SetData(["history"], 1);
        Client.SetData(["sellers"], 1);
        Client.CreateMutation(SetPhase with { Optimistic = null, Invalidates = _ => [["runs"], ["history"]] }).Mutate("over");
        Client.Queries().ShouldAllBe(query => !query.IsStale);
        if (succeeds)
            _sent[0].Answer.SetResult(0);
        else
            _sent[0].Answer.SetException(Broken);

        Client.Queries().Where(query => query.IsStale).Select(query => query.Key).ShouldBe([["runs", 1], ["history"]], ignoreOrder: true);
    }

    [Fact]
    public void Mutations_of_a_scope_run_one_after_the_other_in_their_order()
    {
        var (one, other) = (Client.CreateMutation(SetPhase with { Scope = "run 1" }), Client.CreateMutation(SetPhase with { Scope = "run 1" }));
        Client.CreateMutation(SetPhase with { Scope = "run 2" }).Mutate("elsewhere");
        one.Mutate("first");
        other.Mutate("second");
        one.Mutate("third");
        _sent.Select(call => call.Phase).ShouldBe(["elsewhere", "first"]);
        other.Current.IsPaused.ShouldBeTrue();
        _sent[1].Answer.SetException(Broken);
        (_sent[^1].Phase, other.Current.IsPaused).ShouldBe(("second", false));
        _sent[^1].Answer.SetResult(0);

        _sent[^1].Phase.ShouldBe("third");
    }

    [Fact]
    public async Task Who_gives_up_waiting_for_his_turn_lets_nobody_past_those_before()
    {
        GoOnWhereAnswered();
        var mutation = Client.CreateMutation(SetPhase with { Scope = "run 1" });
        mutation.Mutate("first");
        using var given = new CancellationTokenSource();
        var second = mutation.MutateAsync("second", given.Token);
        mutation.Mutate("third");
        given.Cancel();
        await Should.ThrowAsync<OperationCanceledException>(second);
        GoOnWhereAnswered();
        _sent.Count.ShouldBe(1);
        _sent[0].Answer.SetResult(0);

        _sent.Select(call => call.Phase).ShouldBe(["first", "third"]);
    }

    [Fact]
    public void Without_a_network_a_change_shows_at_once_and_is_made_later()
    {
        Fill();
        Page.GoOffline();
        var mutation = Client.CreateMutation(SetPhase);
        mutation.Mutate("over");
        (_sent.Count, mutation.Current.IsPaused, mutation.Current.Status).ShouldBe((0, true, MutationStatus.Pending));
        Cached(["runs", 1])!.Data.ShouldBe(Of("over"));
        Page.GoOnline();

        (_sent.Count, mutation.Current.IsPaused).ShouldBe((1, false));
    }

    [Fact]
    public void Back_online_what_was_changed_goes_before_what_is_fetched()
    {
        Fill();
        using var run = Client.Observe(Query with { StaleTime = TimeSpan.FromSeconds(60), RefetchOnReconnect = RefetchMode.Always });
        Page.GoOffline();
        Client.CreateMutation(SetPhase with { Optimistic = null }).Mutate("over");
        Page.GoOnline();
        (_sent.Count, Fetch.Calls).ShouldBe((1, 0));
        _sent[0].Answer.SetResult(0);

        Fetch.Calls.ShouldBe(1);
    }

    [Fact]
    public void A_mutation_is_tried_again_only_where_it_says_how()
    {
        Client.CreateMutation(SetPhase with { Retry = QueryRetry.Default() }).Mutate("over");
        _sent[0].Answer.SetException(Broken);
        Advance(1);
        _sent.Count.ShouldBe(2);
        Client.CreateMutation(SetPhase).Mutate("over");
        _sent[2].Answer.SetException(Broken);
        Advance(100);

        _sent.Count.ShouldBe(3);
    }

    [Fact]
    public void Callbacks_come_before_the_mutation_says_that_it_has_ended()
    {
        List<string> said = [];
        Mutation<string, int>? mutation = null;
        mutation = Client.CreateMutation(SetPhase with
        {
            OnSuccess = (data, phase) => Say($"{phase} {data} {mutation!.Current.Status}"),
            OnError = (error, phase) => Say($"{phase} {error.Message} {mutation!.Current.Status}"),
        });
        mutation.Mutate("first");
        _sent[0].Answer.SetResult(1);
        mutation.Mutate("second");
        _sent[1].Answer.SetException(Broken);

        said.ShouldBe(["first 1 Pending", "second The server is away. Pending"]);

        Task Say(string what)
        {
            said.Add(what);
            return Task.CompletedTask;
        }
    }
}
