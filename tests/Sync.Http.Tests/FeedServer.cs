using System.Data.Common;
using System.Globalization;
using System.Security.Claims;
using Collection.Sync.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Collection.Sync.Http.Tests;

/// <summary>The server half on a port of its own, over SQLite. A request's X-User header says who is signed in.</summary>
internal sealed class FeedServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DirectoryInfo _folder;

    private FeedServer(WebApplication app, DirectoryInfo folder)
    {
        _app = app;
        _folder = folder;
        Http = Client("ada");
        Transport = new HttpSyncTransport(Http);
    }

    public HttpClient Http { get; }

    /// <summary>Ada's.</summary>
    public HttpSyncTransport Transport { get; }

    public static async Task<FeedServer> StartAsync(int rows = 10, Action<CollectionSyncOptions>? options = null)
    {
        var folder = Directory.CreateTempSubdirectory("sync-http-");
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddDataProtection().PersistKeysToFileSystem(folder);
        builder.Services.AddCollectionSync(sync =>
        {
            sync.UseSqlite($"Data Source={Path.Combine(folder.FullName, "test.db")}");
            options?.Invoke(sync);
        });
        var app = builder.Build();
        app.Use((context, next) =>
        {
            context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, $"{context.Request.Headers["X-User"]}")], "test"));
            return next(context);
        });
        app.MapCollectionSync(Items.Schema).AllowEdits([.. Items.Schema.Fields.Where(field => !field.IsKey).Select(field => field.Name)]);
        await using (var connection = await app.Services.GetRequiredService<DbDataSource>().OpenConnectionAsync())
        {
            await using var command = connection.CreateCommand();
            command.CommandText = string.Create(CultureInfo.InvariantCulture, $"""
                CREATE TABLE items (
                    id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, note TEXT, done INTEGER NOT NULL,
                    count INTEGER NOT NULL CHECK (count < 1000000), size INTEGER, weight REAL, made_at INTEGER NOT NULL);
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
                INSERT INTO items SELECT i, 'Item ' || i, 'Note ' || i, 0, i, i, i / 8.0, 1700000000000000 + i FROM n
                """);
            await command.ExecuteNonQueryAsync();
        }

        await app.StartAsync();
        return new FeedServer(app, folder);
    }

    public HttpClient Client(string user)
    {
        var client = new HttpClient { BaseAddress = new Uri(_app.Urls.Single() + "/") };
        client.DefaultRequestHeaders.Add("X-User", user);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
