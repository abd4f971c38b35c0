using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Collection.Sync.AspNetCore;

/// <summary>How collections are served. Set up once, before the app is built.</summary>
public sealed class CollectionSyncOptions
{
    /// <summary>The smallest page that may be asked for, in bytes.</summary>
    public const int MinPageBytes = 1024;

    /// <summary>
    /// The size that a page does not exceed where a client asks for none, in bytes. A mebibyte holds a few thousand
    /// rows: small enough to be lost without regret on a bad line, large enough that requests do not count.
    /// </summary>
    public int DefaultPageBytes { get; set; } = 1024 * 1024;

    /// <summary>The largest page that is made, whatever a client asks for, in bytes; it is held in memory once a request.</summary>
    public int MaxPageBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// How long deletions are remembered. A client that has not synced for longer refills, so this is longer than people
    /// stay away, and not for ever, since every deletion takes a row.
    /// </summary>
    public TimeSpan TombstoneRetention { get; set; } = TimeSpan.FromDays(90);

    /// <summary>The bounds of event streams.</summary>
    public LiveOptions Live { get; } = new();

    /// <summary>
    /// Says whether the session of a request has not ended since, of which a stream takes no notice by itself. Asked of
    /// every stream at each <see cref="LiveOptions.PingInterval"/>; where not, or where it fails, the stream ends.
    /// Unless set, a session ends when what it was authenticated by expires.
    /// </summary>
    public Func<HttpContext, CancellationToken, ValueTask<bool>> IsSessionValid { get; set; } = (context, _) => ValueTask.FromResult(
        context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc is not { } expires
        || expires > context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow());

    internal SyncDatabase? Database { get; private set; }

    internal Func<IServiceProvider, IChangeFeed>? CreateFeed { get; private set; }

    /// <summary>The feed that streams read, where it is another one.</summary>
    internal Func<IServiceProvider, IChangeFeed>? CreateLiveFeed { get; private set; }

    /// <summary>
    /// Syncs tables of a SQLite database. Its connections, with write-ahead log and the right settings, are also there
    /// for the app, as <see cref="System.Data.Common.DbDataSource"/>. Other connections may write as well, since triggers notice every
    /// change; but INSERT OR REPLACE tells them of the rows that it deletes only under PRAGMA recursive_triggers, which
    /// these connections set: elsewhere use INSERT ... ON CONFLICT DO UPDATE.
    /// </summary>
    /// <param name="connectionString">As for Microsoft.Data.Sqlite, such as <c>Data Source=app.db</c>; a file, not memory.</param>
    public void UseSqlite(string connectionString)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        Database = new SqliteDatabase(connectionString);
        CreateLiveFeed = null;
        CreateFeed = services => ActivatorUtilities.CreateInstance<SqliteChangeFeed>(services, Database);
    }

    /// <summary>
    /// Syncs tables of a PostgreSQL database, 14 or later. Its connections are also there for the app, as
    /// <see cref="System.Data.Common.DbDataSource"/>. Any number of hosts may share it.
    /// </summary>
    /// <param name="connectionString">As for Npgsql; the server that writes.</param>
    /// <param name="replicas">
    /// Streaming replicas to read pages from, as Npgsql writes them: <c>Host=a,b;Load Balance Hosts=true;...</c>. One
    /// that has not come far enough for a client is passed over, so that none misses a row.
    /// </param>
    public void UsePostgres(string connectionString, string? replicas = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        var primary = Connect(connectionString);
        Database = new PostgresDatabase(primary, replicas is null ? null : Connect(replicas));
        CreateFeed = services => ActivatorUtilities.CreateInstance<PostgresChangeFeed>(services, Database);
        // Streams read little and often, and are woken by a commit: a replica would not have it yet.
        CreateLiveFeed = replicas is null
            ? null
            : services => ActivatorUtilities.CreateInstance<PostgresChangeFeed>(services, new PostgresDatabase(primary, replicas: null));
    }

    /// <summary>Syncs from a feed of your own, for another database.</summary>
    /// <param name="create">Makes the feed, once.</param>
    public void UseFeed(Func<IServiceProvider, IChangeFeed> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        Database = null;
        CreateLiveFeed = null;
        CreateFeed = create;
    }

    // Pages are large: with the default of 8 KiB, waking up for each piece costs as much as the rows in it.
    private static NpgsqlDataSource Connect(string connectionString)
    {
        const int readBufferBytes = 32 * 1024;
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        settings.ReadBufferSize = Math.Max(settings.ReadBufferSize, readBufferBytes);
        return NpgsqlDataSource.Create(settings);
    }

    internal void Validate()
    {
        if (TombstoneRetention < TimeSpan.FromHours(1))
            throw new InvalidOperationException($"TombstoneRetention is {TombstoneRetention}: clients that are offline for longer refill, so it has to be an hour at least.");
        if (CreateFeed is null)
            throw new InvalidOperationException("No database to sync from: call UseSqlite, UsePostgres or UseFeed in AddCollectionSync.");
        if (DefaultPageBytes < MinPageBytes || DefaultPageBytes > MaxPageBytes || MaxPageBytes > Abstractions.PageHeader.MaxByteLength)
            throw new InvalidOperationException(
                $"Page sizes have to satisfy {MinPageBytes} <= DefaultPageBytes ({DefaultPageBytes}) <= MaxPageBytes ({MaxPageBytes}) <= {Abstractions.PageHeader.MaxByteLength} bytes.");
        ArgumentNullException.ThrowIfNull(IsSessionValid);
        Live.Validate();
    }
}
