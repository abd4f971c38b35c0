using System.Data.Common;
using System.Security.Claims;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>
/// A real server on a port of its own, over a SQLite file of its own. A request's X-User header says who is signed in.
/// </summary>
internal sealed class SyncServer : IAsyncDisposable
{
    /// <summary>One field of every kind, nullable and not, indexed and not.</summary>
    public static readonly CollectionSchema Items = Schema();

    public const string CreateTable =
        """
        CREATE TABLE items (
            id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, note TEXT COLLATE NOCASE, done INTEGER NOT NULL,
            count INTEGER NOT NULL, size INTEGER, weight REAL, made_at INTEGER NOT NULL)
        """;

    private readonly WebApplication _app;
    private readonly DirectoryInfo _directory;
    private readonly bool _ownsDirectory;

    private SyncServer(WebApplication app, DirectoryInfo directory, bool ownsDirectory)
    {
        _app = app;
        _directory = directory;
        _ownsDirectory = ownsDirectory;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Http { get; }

    public DirectoryInfo Directory => _directory;

    public IChangeFeed Feed => _app.Services.GetRequiredService<IChangeFeed>();

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

    /// <summary>Starts a server with the given number of rows, or over the directory that another one has left.</summary>
    public static async Task<SyncServer> StartAsync(int rows = 0, DirectoryInfo? directory = null, CollectionSchema? schema = null)
    {
        var own = directory is null;
        directory ??= System.IO.Directory.CreateTempSubdirectory("sync-");
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddDataProtection().PersistKeysToFileSystem(directory);
        builder.Services.AddCollectionSync(sync => sync.UseSqlite($"Data Source={Path.Combine(directory.FullName, "test.db")}"));
        var app = builder.Build();
        app.Use((context, next) =>
        {
            if (context.Request.Headers["X-User"] is [{ } user])
                context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user)], "test"));
            return next(context);
        });
        app.MapCollectionSync(schema ?? Items).FromTable("items");
        if (own)
        {
            await using var connection = await app.Services.GetRequiredService<DbDataSource>().OpenConnectionAsync();
            await connection.ExecuteAsync(CreateTable);
            await connection.InsertItemsAsync(1, rows);
        }

        await app.StartAsync();
        return new SyncServer(app, directory, own);
    }

    public ValueTask<DbConnection> OpenAsync() => _app.Services.GetRequiredService<DbDataSource>().OpenConnectionAsync();

    public async Task<int> ExecuteAsync(string sql)
    {
        await using var connection = await OpenAsync();
        return await connection.ExecuteAsync(sql);
    }

    public async Task InsertAsync(int first, int count)
    {
        await using var connection = await OpenAsync();
        await connection.InsertItemsAsync(first, count);
    }

    /// <summary>The rows of the table as values in the order of the schema, by key.</summary>
    public async Task<Dictionary<long, object?[]>> ReadTableAsync()
    {
        await using var connection = await OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {string.Join(", ", Items.Fields.Select(f => f.Name))} FROM items";
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new Dictionary<long, object?[]>();
        while (await reader.ReadAsync())
        {
            var values = new object?[reader.FieldCount];
            for (var i = 0; i < values.Length; i++)
                values[i] = reader.IsDBNull(i) ? null : Items.Fields[i].Kind == FieldKind.Boolean ? reader.GetBoolean(i) : reader.GetValue(i);
            rows.Add(reader.GetInt64(0), values);
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        if (_ownsDirectory)
            _directory.Delete(recursive: true);
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

    /// <summary>Rows in several scripts, some without the values that may be missing.</summary>
    public static Task InsertItemsAsync(this DbConnection connection, int first, int count) => connection.ExecuteAsync(
        $"""
        WITH RECURSIVE n(i) AS (SELECT {first} WHERE {count} > 0 UNION ALL SELECT i + 1 FROM n WHERE i < {first + count - 1})
        INSERT INTO items (id, name, note, done, count, size, weight, made_at)
        SELECT i, 'Ärger ﬁn Łódź 商店 ' || i, iif(i % 3 = 0, NULL, 'Note ' || i), i % 2, i % 1000 - 500,
            iif(i % 5 = 0, NULL, i * 1000000007), iif(i % 7 = 0, NULL, i / 8.0), 1700000000000000 + i
        FROM n
        """);
}
