using Collection.Contracts;
using Collection.Sync.Abstractions;
using Npgsql;
using NpgsqlTypes;
using Sellers.Contracts;

namespace Collection.Benchmarks.Dotnet;

/// <summary>The same rows in a PostgreSQL of this run's own, which is started when a scenario first wants it.</summary>
internal static class PostgresData
{
    private static PostgresServer? s_server;

    /// <summary>Makes a database with the table <c>sellers</c>, and returns its connection string.</summary>
    public static async Task<string> MakeDatabaseAsync()
    {
        // As a careful team sets it up: what is committed is on disk, and there is memory for the table.
        s_server ??= await PostgresServer.StartAsync("fsync=on", "shared_buffers=1GB", "max_wal_size=4GB");
        var database = await s_server.CreateDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(database);
        await using var connection = await source.OpenConnectionAsync();
        await ExecuteAsync(connection, SellersData.CreatePostgresTable);
        await CopyAsync(connection, SellersData.Rows);
        await ExecuteAsync(connection, "SELECT setval(pg_get_serial_sequence('sellers', 'id'), (SELECT max(id) FROM sellers))");
        await ExecuteAsync(connection, "VACUUM ANALYZE sellers");
        return database;
    }

    public static async ValueTask StopAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (s_server is not null)
            await s_server.DisposeAsync();
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }

    private static async Task CopyAsync(NpgsqlConnection connection, Seller[] rows)
    {
        await using var import = await connection.BeginBinaryImportAsync($"COPY sellers ({SellersData.Columns}) FROM STDIN (FORMAT BINARY)");
        foreach (var row in rows)
        {
            await import.StartRowAsync();
            await import.WriteAsync(row.Id);
            await import.WriteAsync(row.DisplayName);
            await import.WriteAsync(row.NormalizedName);
            await import.WriteAsync(row.Platform);
            await import.WriteAsync(row.TimesSeen);
            await import.WriteAsync(row.FeedbackPercent, NpgsqlDbType.Double);
            await import.WriteAsync(row.FeedbackCount);
            await import.WriteAsync(row.Flagged);
            await import.WriteAsync(row.PlatformId, NpgsqlDbType.Text);
            await import.WriteAsync(Microseconds.From(row.CreatedAt));
            await import.WriteAsync(Microseconds.From(row.UpdatedAt));
            await import.WriteAsync(row.LastSeenRunId, NpgsqlDbType.Bigint);
        }

        await import.CompleteAsync();
    }
}
