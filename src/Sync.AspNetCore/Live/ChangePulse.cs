using Microsoft.Extensions.Logging;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// Wakes the tails when the end of the feed has moved. The database says when it may have; one cheap look says whether
/// it has, for all tails together, so that a database at rest is left at rest however many tails there are.
/// </summary>
internal sealed class ChangePulse(EventReader reader, SyncDatabase? database, TimeProvider time, ILogger logger)
{
    // Below what a person notices; commits within it become one event.
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_pauseAfterFailure = TimeSpan.FromSeconds(1);

    // For a feed of the app's own, which does not tell.
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromMilliseconds(500);

    private readonly WakeSignal _changed = new();

    /// <summary>Runs until cancelled, then returns.</summary>
    /// <param name="wake">Called whenever the end has moved, and once at the start.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(Action wake, CancellationToken cancellationToken) => await Task.WhenAll(
        RepeatAsync(() => WatchAsync(cancellationToken), cancellationToken),
        RepeatAsync(() => BeatAsync(wake, cancellationToken), cancellationToken));

    private async Task BeatAsync(Action wake, CancellationToken cancellationToken)
    {
        _changed.Set();
        DeltaPosition? last = null;
        while (true)
        {
            await _changed.WaitAsync(cancellationToken);
            var end = await reader.ReadEndAsync(cancellationToken);
            if (end != last)
                wake();
            last = end;
            await Task.Delay(s_pause, time, cancellationToken);
        }
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        if (database is not null)
        {
            await database.WatchAsync(_changed.Set, cancellationToken);
            return;
        }

        using var timer = new PeriodicTimer(s_lookInterval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
            _changed.Set();
    }

    private async Task RepeatAsync(Func<Task> work, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    await work();
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested)
                {
                    logger.WatchFailed(e);
                }

                await Task.Delay(s_pauseAfterFailure, time, cancellationToken);
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Whatever a broken-off wait looks like: it was meant to be.
        }
    }
}
