using Microsoft.Data.Sqlite;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// Notices commits to a SQLite file: those of this database object at once, those of other connections and processes
/// by asking, for SQLite does not tell.
/// </summary>
internal static class SqliteWatch
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(50);

    /// <param name="database">The database.</param>
    /// <param name="changed">Called after commits.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(SqliteDatabase database, Action changed, CancellationToken cancellationToken)
    {
        database.Committed += changed;
        try
        {
            // One connection throughout: the number that it is told grows with the commits of all others, and means nothing elsewhere.
            var own = new SqliteConnectionStringBuilder(database.Connections.ConnectionString) { Pooling = false };
            await using var connection = new SqliteConnection(own.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            using var command = new SqliteCommand("PRAGMA data_version", connection);
            using var timer = new PeriodicTimer(s_interval);
            object? last = null;
            do
            {
                var version = command.ExecuteScalar();
                if (!Equals(version, last))
                    changed();
                last = version;
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        finally
        {
            database.Committed -= changed;
        }
    }
}
