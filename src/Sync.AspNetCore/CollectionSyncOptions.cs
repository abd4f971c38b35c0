using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;

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

    internal DbDataSource? Database { get; private set; }

    internal Func<IServiceProvider, IChangeFeed>? CreateFeed { get; private set; }

    /// <summary>
    /// Syncs tables of a SQLite database. Its connections, with write-ahead log and the right settings, are also there
    /// for the app, as <see cref="DbDataSource"/>. Other connections may write as well, since triggers notice every
    /// change; but INSERT OR REPLACE tells them of the rows that it deletes only under PRAGMA recursive_triggers, which
    /// these connections set: elsewhere use INSERT ... ON CONFLICT DO UPDATE.
    /// </summary>
    /// <param name="connectionString">As for Microsoft.Data.Sqlite, such as <c>Data Source=app.db</c>; a file, not memory.</param>
    public void UseSqlite(string connectionString)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        Database = new SqliteDataSource(connectionString);
        CreateFeed = services => ActivatorUtilities.CreateInstance<SqliteChangeFeed>(services);
    }

    /// <summary>Syncs from a feed of your own, for another database.</summary>
    /// <param name="create">Makes the feed, once.</param>
    public void UseFeed(Func<IServiceProvider, IChangeFeed> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        Database = null;
        CreateFeed = create;
    }

    internal void Validate()
    {
        if (CreateFeed is null)
            throw new InvalidOperationException("No database to sync from: call UseSqlite or UseFeed in AddCollectionSync.");
        if (DefaultPageBytes < MinPageBytes || DefaultPageBytes > MaxPageBytes || MaxPageBytes > Abstractions.PageHeader.MaxByteLength)
            throw new InvalidOperationException(
                $"Page sizes have to satisfy {MinPageBytes} <= DefaultPageBytes ({DefaultPageBytes}) <= MaxPageBytes ({MaxPageBytes}) <= {Abstractions.PageHeader.MaxByteLength} bytes.");
    }
}
