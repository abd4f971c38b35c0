namespace Collection.Sync.Engine;

/// <summary>
/// Something to do, said any number of times and done once: what is said while it is being done leads to one time more.
/// Thread-safe; one waits at a time.
/// </summary>
internal sealed class Signal
{
    private readonly Lock _lock = new();
    private string? _reason;
    private TaskCompletionSource? _waiter;

    /// <summary>Says that there is something to do; the first reason of several is kept.</summary>
    public void Set(string reason)
    {
        TaskCompletionSource? waiter;
        lock (_lock)
        {
            _reason ??= reason;
            waiter = _waiter;
        }

        waiter?.TrySetResult();
    }

    /// <summary>Takes what was said so far: what begins now answers it.</summary>
    /// <returns>Why, or null where nothing was said.</returns>
    public string? Take()
    {
        lock (_lock)
        {
            var reason = _reason;
            _reason = null;
            return reason;
        }
    }

    /// <summary>Waits until something is said, for at most <paramref name="longest"/>. It takes nothing.</summary>
    public async Task WaitAsync(TimeSpan longest, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        // One source for all three ends of the wait: Task.WhenAny and channels pass through the thread pool, where a
        // simulation would lose sight of them.
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_reason is not null)
                return;
            _waiter = waiter;
        }

        using var cancellation = cancellationToken.Register(() => waiter.TrySetCanceled(cancellationToken));
        using var timer = timeProvider.CreateTimer(static waiter => ((TaskCompletionSource)waiter!).TrySetResult(), waiter, longest, Timeout.InfiniteTimeSpan);
        await waiter.Task;
    }
}
