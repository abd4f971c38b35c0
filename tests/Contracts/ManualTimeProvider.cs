namespace Collection.Contracts;

/// <summary>A clock that stands still until a test advances it. Thread-safe.</summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _armed = [];
    private readonly List<TaskCompletionSource<TimeSpan>> _waiters = [];
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
            return _now;
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Waits until something waits for the clock, and returns for how long the first of it does.</summary>
    public async Task<TimeSpan> WaitForTimerAsync()
    {
        TaskCompletionSource<TimeSpan> waiter;
        lock (_lock)
        {
            if (_armed.Count > 0)
                return _armed.Min(timer => timer.Due) - _now;
            waiter = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add(waiter);
        }

        return await waiter.Task.WaitAsync(Patience);
    }

    /// <summary>Moves the clock on, and fires the timers on the way in their order.</summary>
    public void Advance(TimeSpan by)
    {
        var target = GetUtcNow() + by;
        while (NextDue(target) is { } timer)
            timer.Fire();
        lock (_lock)
            _now = target;
    }

    /// <summary>Real time after which a test that waits for a signal gives up.</summary>
    internal static TimeSpan Patience { get; } = TimeSpan.FromSeconds(10);

    private ManualTimer? NextDue(DateTimeOffset target)
    {
        lock (_lock)
        {
            var next = _armed.MinBy(timer => timer.Due);
            if (next is null || next.Due > target)
                return null;
            _armed.Remove(next);
            _now = next.Due;
            if (next.Period > TimeSpan.Zero)
            {
                next.Due += next.Period;
                _armed.Add(next);
            }

            return next;
        }
    }

    private sealed class ManualTimer(ManualTimeProvider time, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset Due { get; set; }

        public TimeSpan Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                time._armed.Remove(this);
                if (dueTime < TimeSpan.Zero)
                    return true;
                Due = time._now + dueTime;
                Period = period;
                time._armed.Add(this);
                foreach (var waiter in time._waiters)
                    waiter.TrySetResult(dueTime);
                time._waiters.Clear();
                return true;
            }
        }

        public void Dispose()
        {
            lock (time._lock)
                time._armed.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
