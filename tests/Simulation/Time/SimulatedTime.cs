namespace Collection.Simulation;

/// <summary>The clock of the simulated world. Timers call back in the lane that made them.</summary>
internal sealed class SimulatedTime(Scheduler scheduler) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => scheduler.Now;

    public override long GetTimestamp() => scheduler.Elapsed.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        scheduler.IsHere("A new timer");
        var timer = new SimulatedTimer(scheduler, Lane.Current, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}

/// <summary>A timer of the simulated clock.</summary>
internal sealed class SimulatedTimer(Scheduler scheduler, Lane lane, TimerCallback callback, object? state) : ITimer
{
    private TimeSpan _due;
    private TimeSpan _period;
    private int _changes;

    /// <summary>Tells the arming that counts from earlier ones, which stay in the queue.</summary>
    internal long Order { get; set; } = -1;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        _changes++;
        Order = -1;
        if (dueTime < TimeSpan.Zero)
            return true;
        _due = scheduler.Elapsed + dueTime;
        _period = period;
        scheduler.Arm(this, _due);
        return true;
    }

    public void Dispose()
    {
        _changes++;
        Order = -1;
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    internal void Fire()
    {
        Order = -1;
        if (_period > TimeSpan.Zero)
            scheduler.Arm(this, _due += _period);
        var changes = _changes;
        lane.Post(() =>
        {
            // One that was changed or disposed of while its call waited does not call any more.
            if (changes == _changes)
                callback(state);
        });
    }
}
