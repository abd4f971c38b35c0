namespace Collection.Sync.Engine.Tests;

/// <summary>
/// Runs what is posted to it one after another, as a browser's thread does, and says when there is nothing left to
/// run: only then is "nothing more has happened" more than a guess.
/// </summary>
internal sealed class SerialContext : SynchronizationContext
{
    private readonly Lock _lock = new();
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = [];
    private TaskCompletionSource? _settled;

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_lock)
        {
            _posted.Enqueue((d, state));
            if (_settled is not null)
                return;
            _settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        ThreadPool.UnsafeQueueUserWorkItem(static context => context.Run(), this, preferLocal: false);
    }

    /// <summary>Completes once all that was posted has run, and what that has posted.</summary>
    public Task SettledAsync()
    {
        lock (_lock)
            return _settled?.Task ?? Task.CompletedTask;
    }

    private void Run()
    {
        SetSynchronizationContext(this);
        while (true)
        {
            (SendOrPostCallback Callback, object? State) next;
            lock (_lock)
            {
                if (!_posted.TryDequeue(out next))
                {
                    SetSynchronizationContext(null);
                    _settled!.SetResult();
                    _settled = null;
                    return;
                }
            }

            next.Callback(next.State);
        }
    }
}
