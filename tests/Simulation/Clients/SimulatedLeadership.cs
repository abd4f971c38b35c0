using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>
/// One lock for all tabs of a browser, as browsers have them: whoever asks waits in a queue, a tab that dies lets go,
/// and one that does not answer is robbed of it, sometimes without reason.
/// </summary>
internal sealed class SimulatedLeadership(World world, string browser)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly List<(Tab Tab, TaskCompletionSource<ILeadershipTerm> Granted)> _queue = [];
    private readonly RandomStream _random = world.Stream("leadership");
    private Term? _term;

    public Tab? Leader => _term?.Tab;

    public ISyncLeadership For(Tab tab) => new Seat(this, tab);

    /// <summary>The browser lets go of what a tab held that is gone.</summary>
    public void OnGone(Tab tab)
    {
        _queue.RemoveAll(waiter => waiter.Tab == tab);
        if (_term?.Tab != tab)
            return;
        var term = _term;
        world.Scheduler.After(_random.Between(0.001, 1), world.Outside, () => Release(term, Seen.LeaseInherited));
    }

    /// <summary>The others notice after a while that the leader does not answer.</summary>
    public void OnFrozen(Tab tab)
    {
        if (_term is not { } term || term.Tab != tab)
            return;
        world.Scheduler.After(s_patience, world.Outside, () =>
        {
            if (tab.Lane.IsFrozen)
                Steal(term);
        });
    }

    /// <summary>Takes the lock from a leader that is as well as can be.</summary>
    public void Steal()
    {
        if (_term is { } term)
            Steal(term);
    }

    private void Steal(Term term)
    {
        if (_queue.Count == 0 || term != _term)
            return;
        world.Trace.Write($"{browser}: the lock is stolen from {term.Tab.Name}");
        // Who was robbed may go on for a while before it hears of it.
        world.Scheduler.After(_random.Between(0, 2), world.Outside, () => term.Tab.Lane.Post(term.Lose));
        Release(term, Seen.LeaseStolen);
    }

    private void Release(Term term, Seen seen)
    {
        if (term != _term)
            return;
        world.Counters.Add(seen);
        _term = null;
        Grant();
    }

    private void Grant()
    {
        while (_term is null && _queue.Count > 0)
        {
            var (tab, granted) = _queue[0];
            _queue.RemoveAt(0);
            if (tab.Lane.IsDead || granted.Task.IsCompleted)
                continue;
            var term = _term = new Term(this, tab);
            world.Trace.Write($"{browser}: {tab.Name} gets the lock");
            tab.Lane.Post(() =>
            {
                if (!granted.TrySetResult(term))
                    Release(term, Seen.LeaseInherited);
            });
            if (tab.Lane.IsFrozen)
                OnFrozen(tab);
        }
    }

    private sealed class Seat(SimulatedLeadership leadership, Tab tab) : ISyncLeadership
    {
        public async ValueTask<ILeadershipTerm> AcquireAsync(string name, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var granted = new TaskCompletionSource<ILeadershipTerm>();
            using var registration = cancellationToken.Register(() => granted.TrySetCanceled(cancellationToken));
            leadership._queue.Add((tab, granted));
            leadership.Grant();
            return await granted.Task;
        }
    }

    private sealed class Term(SimulatedLeadership leadership, Tab tab) : ILeadershipTerm
    {
        private readonly CancellationTokenSource _lost = new();

        public Tab Tab => tab;

        public CancellationToken Lost => _lost.Token;

        public void Lose() => _lost.Cancel();

        public ValueTask DisposeAsync()
        {
            leadership.Release(this, Seen.LeaseInherited);
            return ValueTask.CompletedTask;
        }
    }
}
