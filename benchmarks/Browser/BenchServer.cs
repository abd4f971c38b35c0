using System.Net;
using Collection.Sync.AspNetCore;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Sellers.Contracts;

namespace Collection.Benchmarks.Browser;

/// <summary>
/// The pages and the sync endpoint, at two addresses: a browser keeps the databases of each apart, so that neither
/// side waits for the other's writes to be tidied up.
/// </summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private BenchServer(WebApplication app)
    {
        _app = app;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        Ours = new Uri(new Uri(addresses[0]), "index.html");
        Dexie = new Uri(new Uri(addresses[1]), "dexie.html");
    }

    public Uri Ours { get; }

    public Uri Dexie { get; }

    public static async Task<BenchServer> StartAsync(DatabaseCopy database, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        // The keys of the cursors go with the copy of the data, so nobody has to protect them, or to be told so.
        builder.Services.AddDataProtection().PersistKeysToFileSystem(new DirectoryInfo(database.Folder));
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.Services.AddCollectionSync(sync => sync.UseSqlite($"Data Source={database.File}"));

        var app = builder.Build();
        app.MapStaticAssets();
        app.MapCollectionSync(Seller.Collection.Schema).FromTable("sellers");
        await app.StartAsync(cancellationToken);
        return new BenchServer(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
