using Collection.Query.Caching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Collection.Query.Blazor;

/// <summary>Registers the query cache.</summary>
public static class QueryServices
{
    /// <summary>Adds a <see cref="QueryClient"/> a scope, which is the app in WebAssembly and a circuit on a server, on the browser's <see cref="BrowserPageState"/> and the registered <see cref="TimeProvider"/>.</summary>
    /// <param name="services">The app's services.</param>
    /// <param name="options">What holds for all queries that do not say otherwise.</param>
    public static IServiceCollection AddQueryCaching(this IServiceCollection services, QueryClientOptions? options = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddScoped<BrowserPageState>();
        services.TryAddScoped(provider => new QueryClient(provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<BrowserPageState>(), options));
        return services;
    }
}
