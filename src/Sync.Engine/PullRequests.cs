namespace Collection.Sync.Engine;

/// <summary>Requests to pull, any number of which are answered by one pull that begins after them. Thread-safe.</summary>
internal sealed class PullRequests
{
    private readonly Lock _lock = new();
    private bool _isPending;
    private TaskCompletionSource? _waiter;

    public void Add()
    {
        TaskCompletionSource? waiter;
        lock (_lock)
        {
            _isPending = true;
            waiter = _waiter;
        }

        waiter?.TrySetResult();
    }

    /// <summary>Takes what was asked for so far: the pull that begins now answers it.</summary>
    public void Take()
    {
        lock (_lock)
            _isPending = false;
    }

    /// <summary>Waits for a request, for at most <paramref name="longest"/>. It takes nothing.</summary>
    public async Task WaitAsync(TimeSpan longest, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        // One source for all three ends of the wait: Task.WhenAny and channels pass through the thread pool, where a
        // simulation would lose sight of them.
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_isPending)
                return;
            _waiter = waiter;
        }

        using var cancellation = cancellationToken.Register(() => waiter.TrySetCanceled(cancellationToken));
        using var timer = timeProvider.CreateTimer(static waiter => ((TaskCompletionSource)waiter!).TrySetResult(), waiter, longest, Timeout.InfiniteTimeSpan);
        await waiter.Task;
    }
}
