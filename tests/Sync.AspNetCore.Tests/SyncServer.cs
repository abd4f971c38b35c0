using System.Data.Common;
using System.Security.Claims;
using Collection.Contracts;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>
/// A real server on a port of its own, over a database of its own or that of another server. A request's X-User header
/// says who is signed in.
/// </summary>
internal sealed class SyncServer : IAsyncDisposable
{
    /// <summary>One field of every kind, nullable and not, indexed and not.</summary>
    public static readonly CollectionSchema Items = Schema();

    private readonly WebApplication _app;
    private readonly bool _ownsData;

    private SyncServer(WebApplication app, TestDatabase data, bool ownsData)
    {
        _app = app;
        _ownsData = ownsData;
        Data = data;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Http { get; }

    /// <summary>What the server stands on; give it to another server, after a restart or beside this one.</summary>
    public TestDatabase Data { get; }

    public IServiceProvider Services => _app.Services;

    public IChangeFeed Feed => Services.GetRequiredService<IChangeFeed>();

    public SyncDatabase Database => Services.GetRequiredService<SyncDatabase>();

    public static CollectionSchema Schema(SortDirection keyOrder = SortDirection.Descending, params FieldSchema[] more) => new(
        "items",
        [
            new("id", FieldKind.Int64) { IsKey = true },
            new("name", FieldKind.Text) { IsIndexed = true, IsSearchable = true },
            new("note", FieldKind.Text) { IsNullable = true, IsIndexed = true },
            new("done", FieldKind.Boolean) { IsIndexed = true },
            new("count", FieldKind.Int32) { IsIndexed = true },
            new("size", FieldKind.Int64) { IsNullable = true },
            new("weight", FieldKind.Double) { IsNullable = true, IsIndexed = true },
            new("made_at", FieldKind.Timestamp) { IsIndexed = true },
            .. more,
        ],
        keyOrder);

    /// <summary>Starts a server over a new database with the given number of rows.</summary>
    public static async Task<SyncServer> StartAsync(
        DatabaseKind kind, int rows = 0, CollectionSchema? schema = null,
        Action<CollectionSyncEndpoint>? configure = null, Action<CollectionSyncOptions>? options = null, PostgresServer? server = null)
    {
        var data = await TestDatabase.CreateAsync(kind, server);
        return await StartAsync(data, schema, configure, options, rows);
    }

    /// <summary>Starts a server over data that is there.</summary>
    public static Task<SyncServer> StartAsync(
        TestDatabase data, CollectionSchema? schema = null, Action<CollectionSyncEndpoint>? configure = null,
        Action<CollectionSyncOptions>? options = null, string url = "http://127.0.0.1:0") =>
        StartAsync(data, schema, configure, options, rows: null, url);

    public ValueTask<DbConnection> OpenAsync() => Database.Connections.OpenConnectionAsync();

    /// <summary>Runs SQL, and returns once its changes can be read.</summary>
    public async Task<int> ExecuteAsync(string sql)
    {
        await using var connection = await OpenAsync();
        var rows = await connection.ExecuteAsync(sql);
        await SettleAsync();
        return rows;
    }

    /// <summary>
    /// Returns once all that is committed by now is under the horizon: on PostgreSQL, transactions of other tests on the
    /// same server hold it back, as those of other databases of a cluster do.
    /// </summary>
    public async Task SettleAsync()
    {
        if (Data.Kind == DatabaseKind.Sqlite)
            return;
        await using var connection = await OpenAsync();
        var end = await connection.ScalarAsync<long>("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint");
        while (await connection.ScalarAsync<long>("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint") < end)
            await Task.Yield();
    }

    public Task InsertAsync(int first, int count) => ExecuteAsync(Data.InsertItems(first, count));

    /// <summary>The rows of the table as values in the order of the schema, by key.</summary>
    public async Task<Dictionary<long, object?[]>> ReadTableAsync()
    {
        await using var connection = await OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {string.Join(", ", Items.Fields.Select(f => f.Name))} FROM items";
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new Dictionary<long, object?[]>();
        while (await reader.ReadAsync())
            rows.Add(reader.GetInt64(0), [.. Items.Fields.Select((field, i) => TestDatabase.Normalize(field, reader.GetValue(i)))]);
        return rows;
    }

    /// <summary>Stops gracefully, as a deployment does; disposing does so too.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => _app.StopAsync(cancellationToken);

    /// <summary>Completes when the process is asked to end.</summary>
    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        if (_ownsData)
            await Data.DisposeAsync();
    }

    private static async Task<SyncServer> StartAsync(
        TestDatabase data, CollectionSchema? schema, Action<CollectionSyncEndpoint>? configure, Action<CollectionSyncOptions>? options, int? rows,
        string url = "http://127.0.0.1:0")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(url);
        builder.Logging.ClearProviders();
        builder.Services.AddDataProtection().SetApplicationName("tests").PersistKeysToFileSystem(data.Folder);
        builder.Services.AddCollectionSync(sync =>
        {
            data.Configure(sync);
            options?.Invoke(sync);
        });
        var app = builder.Build();
        app.Use((context, next) =>
        {
            if (context.Request.Headers["X-User"] is [{ } user])
                context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user)], "test"));
            return next(context);
        });
        var endpoint = app.MapCollectionSync(schema ?? Items).FromTable("items");
        configure?.Invoke(endpoint);
        if (rows is { } count)
        {
            await using var connection = await app.Services.GetRequiredService<DbDataSource>().OpenConnectionAsync();
            await connection.ExecuteAsync(data.CreateItems);
            await connection.ExecuteAsync(data.InsertItems(1, count));
        }

        await app.StartAsync();
        return new SyncServer(app, data, ownsData: rows is not null);
    }
}

internal static class Sql
{
    public static async Task<int> ExecuteAsync(this DbConnection connection, string sql, DbTransaction? transaction = null)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        return await command.ExecuteNonQueryAsync();
    }

    public static async Task<T> ScalarAsync<T>(this DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
