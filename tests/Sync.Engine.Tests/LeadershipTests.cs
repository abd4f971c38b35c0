using Collection.Contracts;
using Collection.Sync.Abstractions;
using static Collection.Sync.Engine.Tests.SyncRun;

namespace Collection.Sync.Engine.Tests;

/// <summary>Who of several talks to the server.</summary>
public sealed class LeadershipTests
{
    [Fact]
    public async Task Follower_asks_the_server_for_nothing_and_shows_what_the_leader_stores()
    {
        var (database, election) = (new InMemoryDatabase(), new Election());
        await using var leader = await StartAsync(database: database, leadership: election);
        await leader.Transport.NextAsync();
        await using var follower = await StartAsync(database: database, leadership: election);

        await follower.WaitForAsync(SyncPhase.Following);
        await leader.InContextAsync(() => leader.Store.ApplyAsync(Row(1, "a"), default, fence: 1, default).AsTask());

        (await follower.WaitForAsync(status => status.RowCount == 1)).Phase.ShouldBe(SyncPhase.Following);
        await follower.ShouldRestAsync();
    }

    [Fact]
    public async Task Edit_in_a_follower_is_sent_by_the_leader()
    {
        var (database, election) = (new InMemoryDatabase(), new Election());
        await using var leader = await StartAsync(database: database, leadership: election);
        await leader.AnswerAsync(Row(1, "a"));
        await leader.WaitForAsync(SyncPhase.Live);
        await using var follower = await StartAsync(database: database, leadership: election);

        await follower.EditAsync(1, "edited");
        (await leader.Transport.NextPushAsync()).Apply(Row(1, "rows"));

        await follower.WaitForAsync(status => status.PendingCount == 0);
    }

    [Fact]
    public async Task Next_one_leads_when_the_leader_stops_and_goes_on_where_it_was()
    {
        var (database, election) = (new InMemoryDatabase(), new Election());
        await using var leader = await StartAsync(database: database, leadership: election);
        await leader.AnswerAsync(Row(1, "a"));
        await leader.WaitForAsync(SyncPhase.Live);
        await using var follower = await StartAsync(database: database, leadership: election);
        await follower.WaitForAsync(SyncPhase.Following);

        await leader.StopAsync();

        (await follower.Transport.NextAsync()).After.ShouldBe("a");
    }

    [Fact]
    public async Task Robbed_leader_gives_its_request_up_and_follows()
    {
        var (database, election) = (new InMemoryDatabase(), new Election());
        await using var leader = await StartAsync(database: database, leadership: election);
        var pull = await leader.Transport.NextAsync();
        await using var thief = await StartAsync(database: database, leadership: election);

        election.Rob();

        await thief.Transport.NextAsync();
        await leader.WaitForAsync(SyncPhase.Following);
        pull.IsCancelled.ShouldBeTrue();
    }

    [Fact]
    public async Task Leader_that_does_not_know_of_its_successor_stores_nothing_and_follows()
    {
        var database = new InMemoryDatabase();
        await using var sleeper = await StartAsync(database: database);
        var late = await sleeper.Transport.NextAsync();
        await using var successor = await StartAsync(database: database);
        await successor.AnswerAsync(Row(1, "a"));
        await successor.WaitForAsync(SyncPhase.Live);

        late.Answer(Row(2, "late"));

        await sleeper.WaitForAsync(SyncPhase.Following);
        successor.Store.Status.Cursor.ShouldBe(new SyncCursor("a"));
        (await successor.NamesAsync()).Keys.ShouldBe([1]);
    }

    /// <summary>One leader at a time, in the order in which they ask.</summary>
    private sealed class Election : ISyncLeadership
    {
        private readonly Lock _lock = new();
        private readonly Queue<TaskCompletionSource<ILeadershipTerm>> _waiting = [];
        private Term? _term;

        public async ValueTask<ILeadershipTerm> AcquireAsync(string name, CancellationToken cancellationToken)
        {
            var waiter = new TaskCompletionSource<ILeadershipTerm>(TaskCreationOptions.RunContinuationsAsynchronously);
            using var registration = cancellationToken.Register(() => waiter.TrySetCanceled(cancellationToken));
            lock (_lock)
            {
                _waiting.Enqueue(waiter);
                if (_term is null)
                    PassOn();
            }

            return await waiter.Task;
        }

        public void Rob()
        {
            Term? robbed;
            lock (_lock)
            {
                robbed = _term;
                PassOn();
            }

            robbed!.Lose();
        }

        private void PassOn()
        {
            _term = null;
            while (_term is null && _waiting.TryDequeue(out var waiter))
            {
                var term = new Term(this);
                if (waiter.TrySetResult(term))
                    _term = term;
            }
        }

        private sealed class Term(Election election) : ILeadershipTerm
        {
            private readonly CancellationTokenSource _lost = new();

            public CancellationToken Lost => _lost.Token;

            public void Lose() => _lost.Cancel();

            public ValueTask DisposeAsync()
            {
                lock (election._lock)
                {
                    if (election._term == this)
                        election.PassOn();
                }

                return ValueTask.CompletedTask;
            }
        }
    }
}
