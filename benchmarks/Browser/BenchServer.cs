using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Collection.Sync.Abstractions;
using Collection.Sync.AspNetCore;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Sellers.Contracts;

namespace Collection.Benchmarks.Browser;

/// <summary>The pages and the sync endpoint, at an address for each contender, so that none waits for another's writes to be tidied up.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string[] _addresses;

    private BenchServer(WebApplication app)
    {
        _app = app;
        _addresses = [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
    }

    public static async Task<BenchServer> StartAsync(DatabaseCopy database, SellersTable table, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            foreach (var _ in Contender.All)
                kestrel.Listen(IPAddress.Loopback, 0);
        });
        // The keys of the cursors go with the copy of the data, so nobody has to protect them, or to be told so.
        builder.Services.AddDataProtection().PersistKeysToFileSystem(new DirectoryInfo(database.Folder));
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.Services.AddCollectionSync(sync => sync.UseSqlite($"Data Source={database.File}"));

        var app = builder.Build();
        // Isolated pages have clocks of 5 microseconds and not of 100, and may ask how much memory they take.
        app.Use((context, next) =>
        {
            context.Response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
            context.Response.Headers["Cross-Origin-Embedder-Policy"] = "require-corp";
            return next(context);
        });
        // The page with grids is an app of its own, put beside this one by eng/bench.sh.
        app.UseDefaultFiles();
        app.UseStaticFiles(new StaticFileOptions { ServeUnknownFileTypes = true });
        app.UseRouting();
        app.MapStaticAssets();
        MapGrids(app, table);
        app.MapGet("schema.json", () => SchemaOf(Seller.Collection.Schema));
        app.MapCollectionSync(Seller.Collection.Schema).FromTable("sellers");
        await app.StartAsync(cancellationToken);
        return new BenchServer(app);
    }

    /// <summary>Where a contender's page is.</summary>
    public Uri AddressOf(Contender contender) => AddressOf(contender, contender.Page);

    /// <summary>Where another page of a contender's is, which has its databases.</summary>
    public Uri AddressOf(Contender contender, string page) =>
        new(new Uri(_addresses[Contender.All.TakeWhile(other => other != contender).Count()]), page);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>What pages with grids ask for: who is signed in, the keys that have to be seen, and recorded scrolling.</summary>
    private static void MapGrids(WebApplication app, SellersTable table)
    {
        app.MapGet("session", () => new Session("bench", "Bench", ""));
        app.MapGet("keys", (string? sort, string? platform, NameOrder? order, int? count) =>
            Results.Bytes(MemoryMarshal.AsBytes<double>(table.First(sort ?? "", platform ?? "", order ?? default, count ?? -1)).ToArray()));
        app.MapGet("traces/{name}", (string name) => Path.GetFileName(name) == name && File.Exists(Path.Combine(Replay.TraceFolder, name))
            ? Results.File(Path.Combine(Replay.TraceFolder, name), "text/plain")
            : Results.NotFound());
    }

    /// <summary>A schema as the script of the store takes it.</summary>
    private static object SchemaOf(CollectionSchema schema) => new
    {
        schema.Name,
        Hash = schema.Hash.ToString("x16", CultureInfo.InvariantCulture),
        Key = schema.KeyIndex,
        Descending = schema.KeyOrder == SortDirection.Descending,
        Fields = schema.Fields.Select(f => new { f.Name, Kind = (int)f.Kind, Nullable = f.IsNullable, Indexed = f.IsIndexed, Searchable = f.IsSearchable }),
    };
}
