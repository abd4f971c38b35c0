namespace Collection.Benchmarks.Dotnet;

/// <summary>A clock that is moved by hand. A timer costs it the logarithm of how many there are, as it costs the system's next to nothing.</summary>
internal sealed class VirtualTime : TimeProvider
{
    private readonly PriorityQueue<(Timer Timer, int Setting), DateTimeOffset> _due = new();
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;

    public override DateTimeOffset GetUtcNow() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        var end = _now + by;
        while (_due.TryPeek(out var next, out var due) && due <= end)
        {
            _due.Dequeue();
            _now = due;
            next.Timer.Fire(next.Setting);
        }

        _now = end;
    }

    private sealed class Timer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private int _setting;

        public void Fire(int setting)
        {
            if (setting == _setting)
                callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _setting++;
            if (dueTime != Timeout.InfiniteTimeSpan)
                time._due.Enqueue((this, _setting), time._now + dueTime);
            return true;
        }

        public void Dispose() => _setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
