using Collection.Sync.AspNetCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers collection sync.</summary>
public static class CollectionSyncServices
{
    /// <summary>
    /// Adds the change feed, and signed cursors by ASP.NET Core Data Protection. Keep its keys where they survive a
    /// restart: with other keys, every client refills.
    /// </summary>
    /// <param name="services">The app's services.</param>
    /// <param name="configure">Chooses the database.</param>
    /// <exception cref="InvalidOperationException">No database was chosen, or the options contradict each other.</exception>
    public static IServiceCollection AddCollectionSync(this IServiceCollection services, Action<CollectionSyncOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new CollectionSyncOptions();
        configure(options);
        options.Validate();

        services.AddDataProtection();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        if (options.Database is { } database)
        {
            services.AddSingleton(_ => database);
            services.AddSingleton(_ => database.Connections);
            services.AddSingleton<PushClients>();
            services.AddSingleton(provider => new DeduplicatingUpsert(
                database, provider.GetRequiredService<SyncTelemetry>(), provider.GetRequiredService<ILogger<DeduplicatingUpsert>>()));
        }

        services.AddSingleton<IChangeFeed>(options.CreateFeed!);
        services.AddMetrics();
        services.AddSingleton<SyncTelemetry>();
        services.AddSingleton<PushMetrics>();
        services.AddSingleton<CursorProtector>();
        services.AddSingleton<LiveTelemetry>();
        services.AddSingleton(provider => new EventReader(options.CreateLiveFeed?.Invoke(provider) ?? provider.GetRequiredService<IChangeFeed>(), options.Live));
        services.AddSingleton(provider => new LiveStreams(
            provider.GetRequiredService<EventReader>(), provider.GetService<SyncDatabase>(), options.Live, provider.GetRequiredService<LiveTelemetry>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<LiveStreams>>()));
        services.AddSingleton<FeedInstaller>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<FeedInstaller>());
        services.AddHostedService(provider => new FeedUpkeep(
            provider.GetRequiredService<IChangeFeed>(), provider.GetService<PushClients>(), options, provider.GetRequiredService<SyncTelemetry>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<FeedUpkeep>>()));
        return services;
    }
}
