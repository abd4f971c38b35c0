using Npgsql;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// Notices commits to a PostgreSQL database: those of this host at once, those of other hosts when they announce them,
/// and the rest by looking. The rest is what writers of other kinds commit, what an announcement is lost of, and what
/// was committed long ago behind a transaction that has only now ended.
/// </summary>
internal static class PostgresWatch
{
    /// <summary>What hosts announce commits on.</summary>
    public const string Channel = "collection_sync";

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);

    /// <param name="database">The database.</param>
    /// <param name="changed">Called after commits, and now and then in vain.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(PostgresDatabase database, Action changed, CancellationToken cancellationToken)
    {
        database.Committed += changed;
        try
        {
            await Task.WhenAll(LookAsync(changed, cancellationToken), ListenAsync(database.Connections, changed, cancellationToken));
        }
        finally
        {
            database.Committed -= changed;
        }
    }

    private static async Task LookAsync(Action changed, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(s_interval);
        while (await timer.WaitForNextTickAsync(cancellationToken))
            changed();
    }

    // Where listening is impossible (behind a pooler of transactions), looking is enough: it is only slower.
    private static async Task ListenAsync(NpgsqlDataSource server, Action changed, CancellationToken cancellationToken)
    {
        var pause = s_firstPause;
        while (true)
        {
            try
            {
                await using var connection = await OpenAsync(server, cancellationToken);
                connection.Notification += (_, _) => changed();
                await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection))
                    await listen.ExecuteNonQueryAsync(cancellationToken);
                pause = s_firstPause;
                // What was announced while nobody listened.
                changed();
                while (true)
                    await connection.WaitAsync(cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is NpgsqlException or IOException or TimeoutException)
            {
            }

            await Task.Delay(pause, cancellationToken);
            pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
        }
    }

    /// <summary>A connection beside the pool, which is for those who are done with theirs soon.</summary>
    private static async ValueTask<NpgsqlConnection> OpenAsync(NpgsqlDataSource server, CancellationToken cancellationToken)
    {
        // Kept alive, since a line that has been cut looks like one on which nothing is said.
        var settings = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Pooling = false, KeepAlive = 10 };
        // The data source's own connection string is without its password: a clone has it.
        await using var template = server.CreateConnection();
        var connection = await template.CloneWithAsync(settings.ConnectionString, cancellationToken);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
