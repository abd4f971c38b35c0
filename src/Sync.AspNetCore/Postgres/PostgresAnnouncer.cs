using Npgsql;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// Tells other hosts that something was committed, so that their streams need not wait until they look. Outside of
/// write transactions, as NOTIFY lets those commit one at a time only, and at most once in a while. An announcement
/// may be lost: it makes things faster, and nothing depends on it.
/// </summary>
internal sealed class PostgresAnnouncer(NpgsqlDataSource server) : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_pauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _ended = new();
    private readonly WakeSignal _committed = new();
    private int _isRunning;

    /// <summary>Something was committed. Returns at once.</summary>
    public void Announce()
    {
        _committed.Set();
        if (Interlocked.Exchange(ref _isRunning, 1) != 0 || _ended.IsCancellationRequested)
            return;
        var cancellationToken = _ended.Token;
        _ = Task.Run(() => RunAsync(cancellationToken), CancellationToken.None);
    }

    public void Dispose() => _ended.Cancel();

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await _committed.WaitAsync(cancellationToken);
                await Task.Delay(await TryNotifyAsync(cancellationToken) ? s_pause : s_pauseAfterFailure, cancellationToken);
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Whatever a broken-off command looks like: it was meant to be.
        }
    }

    private async ValueTask<bool> TryNotifyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var command = server.CreateCommand($"NOTIFY {PostgresWatch.Channel}");
            await command.ExecuteNonQueryAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is NpgsqlException or IOException or TimeoutException)
        {
            return false;
        }
    }
}
