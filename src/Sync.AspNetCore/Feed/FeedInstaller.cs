using Microsoft.Extensions.Hosting;

namespace Collection.Sync.AspNetCore;

/// <summary>The synced tables of an app. Installs them before the server listens, so that no request meets half a feed.</summary>
internal sealed class FeedInstaller(IChangeFeed feed) : IHostedService
{
    private readonly List<CollectionSyncEndpoint> _endpoints = [];

    public void Add(CollectionSyncEndpoint endpoint) => _endpoints.Add(endpoint);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var endpoint in _endpoints)
            await feed.InstallAsync(endpoint.Table, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
