using Collection.Sync.AspNetCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

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
            services.AddSingleton(_ => database);
        services.AddSingleton<IChangeFeed>(options.CreateFeed!);
        services.AddSingleton<CursorProtector>();
        services.AddSingleton<FeedInstaller>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<FeedInstaller>());
        return services;
    }
}
