namespace Collection.Simulation;

/// <summary>
/// Runs everything on one thread: picks among what is ready by the seed, and when nothing is, jumps to the next timer.
/// What reaches it from another thread has left the simulated one, and fails the run: nothing would repeat.
/// </summary>
internal sealed class Scheduler(RandomStream random, bool shufflesLanes)
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly List<Lane> _runnable = [];
    private readonly PriorityQueue<SimulatedTimer, (long Ticks, long Order)> _timers = new();
    private long _timerOrder;
    private int _stepsAtThisInstant;
    private volatile string? _hop;

    /// <summary>Time since the start.</summary>
    public TimeSpan Elapsed { get; private set; }

    public DateTimeOffset Now => Start + Elapsed;

    public long Steps { get; private set; }

    /// <summary>Called before each step with the lane that is about to run; what it freezes or kills does not run.</summary>
    public Action<Lane>? BeforeStep { get; set; }

    public Lane NewLane(string name) => new(this, name);

    /// <summary>Calls back in a lane after a time.</summary>
    public SimulatedTimer After(TimeSpan time, Lane lane, Action action)
    {
        var timer = new SimulatedTimer(this, lane, static action => ((Action)action!)(), action);
        timer.Change(time, Timeout.InfiniteTimeSpan);
        return timer;
    }

    /// <summary>Completes after a time, in the lane of the caller.</summary>
    public Task Delay(TimeSpan time)
    {
        var over = new TaskCompletionSource();
        After(time, Lane.Current, over.SetResult);
        return over.Task;
    }

    /// <summary>Runs until a condition holds or a time has come. False where the time came first.</summary>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        while (!condition())
        {
            if (_runnable.Count > 0)
                Step();
            else if (!JumpToNextTimer(limit))
                return false;
            if (_hop is { } hop)
                throw new InvariantException("one thread", hop);
        }

        return true;
    }

    internal void Arm(SimulatedTimer timer, TimeSpan due) => _timers.Enqueue(timer, (due.Ticks, timer.Order = _timerOrder++));

    internal void AddRunnable(Lane lane)
    {
        lane.Position = _runnable.Count;
        _runnable.Add(lane);
    }

    internal void RemoveRunnable(Lane lane)
    {
        if (lane.Position < 0)
            return;
        var last = _runnable[^1];
        _runnable[lane.Position] = last;
        last.Position = lane.Position;
        _runnable.RemoveAt(_runnable.Count - 1);
        lane.Position = -1;
    }

    internal bool IsHere(string what)
    {
        if (Environment.CurrentManagedThreadId == _thread)
            return true;
        _hop ??= $"{what} reached the simulation from another thread:{Environment.NewLine}{Environment.StackTrace}";
        return false;
    }

    private void Step()
    {
        Steps++;
        if (++_stepsAtThisInstant > 20_000)
            throw new InvariantException("time passes", "20,000 steps in a row without any wait: something turns in circles.");
        var lane = _runnable[random.Next(_runnable.Count)];
        BeforeStep?.Invoke(lane);
        if (lane.Position < 0)
            return;
        var (callback, state) = lane.Take(shufflesLanes ? random.Next(lane.ReadyCount) : 0);
        SynchronizationContext.SetSynchronizationContext(lane);
        callback(state);
        SynchronizationContext.SetSynchronizationContext(null);
    }

    private bool JumpToNextTimer(TimeSpan limit)
    {
        while (_timers.TryPeek(out var timer, out var due))
        {
            if (due.Ticks > limit.Ticks)
                break;
            _timers.Dequeue();
            if (timer.Order != due.Order)
                continue;
            if (due.Ticks > Elapsed.Ticks)
            {
                Elapsed = TimeSpan.FromTicks(due.Ticks);
                _stepsAtThisInstant = 0;
            }

            timer.Fire();
            return true;
        }

        Elapsed = limit;
        return false;
    }
}

/// <summary>What runs one after another: a tab's thread, or the world outside. Can be frozen, and can die.</summary>
internal sealed class Lane(Scheduler scheduler, string name) : SynchronizationContext
{
    private readonly List<(SendOrPostCallback Callback, object? State)> _ready = [];
    private bool _isFrozen;
    private bool _isDead;

    /// <summary>The lane that runs now. Code that has left the simulated thread has none.</summary>
    public static new Lane Current => SynchronizationContext.Current as Lane
        ?? throw new InvariantException("one thread", $"code runs outside of the simulated thread:{Environment.NewLine}{Environment.StackTrace}");

    public string Name => name;

    public bool IsDead => _isDead;

    public bool IsFrozen => _isFrozen;

    public int ReadyCount => _ready.Count;

    internal int Position { get; set; } = -1;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (!scheduler.IsHere($"A continuation of {name}") || _isDead)
            return;
        _ready.Add((d, state));
        if (Position < 0 && !_isFrozen)
            scheduler.AddRunnable(this);
    }

    public void Post(Action action) => Post(static action => ((Action)action!)(), action);

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new InvariantException("one thread", "a blocking call into a simulated thread.");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Holds back what is ready and what becomes so, until <see cref="Thaw"/>.</summary>
    public void Freeze()
    {
        _isFrozen = true;
        scheduler.RemoveRunnable(this);
    }

    public void Thaw()
    {
        if (!_isFrozen)
            return;
        _isFrozen = false;
        if (_ready.Count > 0 && !_isDead)
            scheduler.AddRunnable(this);
    }

    /// <summary>Nothing of it ever runs again.</summary>
    public void Kill()
    {
        _isDead = true;
        _ready.Clear();
        scheduler.RemoveRunnable(this);
    }

    internal (SendOrPostCallback Callback, object? State) Take(int index)
    {
        var taken = _ready[index];
        _ready.RemoveAt(index);
        if (_ready.Count == 0)
            scheduler.RemoveRunnable(this);
        return taken;
    }
}
