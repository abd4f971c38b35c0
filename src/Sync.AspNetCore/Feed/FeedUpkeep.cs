using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Collection.Sync.AspNetCore;

/// <summary>What has to be done from time to time: measure how far readers are held back, and forget old deletions and clients.</summary>
internal sealed class FeedUpkeep(
    IChangeFeed feed, PushClients? clients, CollectionSyncOptions options, SyncTelemetry telemetry, TimeProvider time, ILogger<FeedUpkeep> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_lagInterval = TimeSpan.FromSeconds(10);

    // Longer than any device is put away with unsent edits on it.
    private static readonly TimeSpan s_clientRetention = TimeSpan.FromDays(400);

    // Several hosts may do it at the same time: each forgets what is left.
    private static readonly TimeSpan s_purgeInterval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_lagInterval, time);
        var purged = time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var isDue = time.GetElapsedTime(purged) >= s_purgeInterval;
                if (isDue)
                    purged = time.GetTimestamp();
                await RunAsync(isDue, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    // The database may be away for a while; the next turn comes.
    private async ValueTask RunAsync(bool purge, CancellationToken cancellationToken)
    {
        try
        {
            telemetry.Lag = await feed.ReadLagAsync(cancellationToken);
            if (!purge)
                return;
            await feed.PurgeTombstonesAsync(time.GetUtcNow() - options.TombstoneRetention, cancellationToken);
            if (clients is not null)
                await clients.ForgetClientsAsync(time.GetUtcNow() - s_clientRetention, cancellationToken);
        }
        catch (Exception e) when (e is System.Data.Common.DbException or IOException)
        {
            logger.UpkeepFailed(e);
        }
    }
}
