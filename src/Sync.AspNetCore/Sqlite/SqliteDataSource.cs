using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// Opens connections to one database file, pooled by the provider: write-ahead log, every commit on disk before it
/// returns, foreign keys enforced, and writers that wait for each other.
/// </summary>
internal sealed class SqliteDataSource(string connectionString) : DbDataSource
{
    // journal_mode is kept in the file and costs nothing once set; the others belong to the connection.
    // Without recursive_triggers, INSERT OR REPLACE would delete rows behind the triggers' backs.
    private const string Settings =
        "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON;";

    public override string ConnectionString { get; } = connectionString;

    protected override DbConnection CreateDbConnection() => new SqliteConnection(ConnectionString);

    protected override DbConnection OpenDbConnection()
    {
        var connection = new SqliteConnection(ConnectionString);
        try
        {
            connection.Open();
            using var settings = new SqliteCommand(Settings, connection);
            settings.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // The last connection that closes folds the write-ahead log into the file.
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            SqliteConnection.ClearPool(new SqliteConnection(ConnectionString));
        base.Dispose(disposing);
    }

    // SQLite has no asynchronous calls: a task would only hide that.
    protected override ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(OpenDbConnection());
    }
}
