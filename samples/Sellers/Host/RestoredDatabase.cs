using Collection.Sync.AspNetCore;

namespace Sellers.Host;

/// <summary>
/// After a restore from a backup: clients hold changes that the database lacks, and fetch everything again. Runs after
/// the change feed is installed, and before the first request.
/// </summary>
internal sealed class RestoredDatabase(IChangeFeed feed) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var epoch = await feed.StartEpochAsync(cancellationToken);
        Console.WriteLine($"The database was restored: epoch {epoch} begins, and every client fetches all of it again. Leave --restored out at the next start.");
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
