using System.Data.Common;
using Collection.Sync.AspNetCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sellers.Contracts;

namespace Collection.Benchmarks.Dotnet;

/// <summary>A database that one side writes to, with the rows and the change feed's triggers in it.</summary>
/// <param name="services">Those of the sync over it, which go with it.</param>
/// <param name="tidyUp">SQL that does what the database would do by itself at some time.</param>
internal sealed class UpsertTarget(ServiceProvider services, string tidyUp) : IAsyncDisposable
{
    private long _lastId;

    public DeduplicatingUpsert Upsert { get; } = services.GetRequiredService<DeduplicatingUpsert>();

    public DbDataSource Connections { get; } = services.GetRequiredService<DbDataSource>();

    public static async Task<UpsertTarget> OpenSqliteAsync(string name) => await OpenAsync(
        sync => sync.UseSqlite($"Data Source={SellersData.Database.MakeAnother(name)}"), "PRAGMA wal_checkpoint(TRUNCATE)");

    public static async Task<UpsertTarget> OpenPostgresAsync()
    {
        var database = await PostgresData.MakeDatabaseAsync();
        return await OpenAsync(sync => sync.UsePostgres(database), "VACUUM sellers, sync_tombstones, sync_batches");
    }

    /// <summary>Takes away what was added, unmeasured, so that each sample finds a table of the same length.</summary>
    public async Task RestoreAsync()
    {
        await ExecuteAsync("DELETE FROM sellers WHERE id > @last", ("last", _lastId));
        await services.GetRequiredService<IChangeFeed>().PurgeTombstonesAsync(DateTimeOffset.MaxValue, CancellationToken.None);
        await ExecuteAsync(tidyUp);
    }

    /// <summary>How many rows there are, and how often their sellers were seen.</summary>
    public async Task<(long Rows, long Seen)> CountAsync()
    {
        await using var command = Connections.CreateCommand("SELECT count(*), sum(times_seen) FROM sellers");
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <summary>All rows in the order of their names, without the keys that the database gave them.</summary>
    public async IAsyncEnumerable<Seller> ReadAsync()
    {
        await using var command = Connections.CreateCommand($"SELECT {SellersData.Columns} FROM sellers ORDER BY normalized_name, platform");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            yield return SellersData.Read(reader) with { Id = 0 };
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();

    private static async Task<UpsertTarget> OpenAsync(Action<CollectionSyncOptions> use, string tidyUp)
    {
        var services = new ServiceCollection()
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning))
            .AddCollectionSync(use)
            .BuildServiceProvider();
        var feed = services.GetRequiredService<IChangeFeed>();
        await feed.InstallAsync(new SyncedTable(Seller.Collection.Schema, "sellers"), CancellationToken.None);
        return new UpsertTarget(services, tidyUp) { _lastId = SellersData.Rows.Max(row => row.Id) };
    }

    private async Task ExecuteAsync(string sql, params (string Name, object Value)[] parameters)
    {
        await using var command = Connections.CreateCommand(sql);
        command.CommandTimeout = 0;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        await command.ExecuteNonQueryAsync();
    }
}
