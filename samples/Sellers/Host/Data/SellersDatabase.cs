using System.Data.Common;
using Collection.Sync.AspNetCore;
using Npgsql;

namespace Sellers.Host.Data;

/// <summary>The sample's database: its tables, and few-line access to them.</summary>
internal static class SellersDatabase
{
    /// <summary>Creates the tables that are missing, and the columns that tables of earlier versions lack.</summary>
    public static async Task CreateTablesAsync(this SyncDatabase database, CancellationToken cancellationToken)
    {
        var name = database.Connections is NpgsqlDataSource ? "Schema.postgres.sql" : "Schema.sqlite.sql";
        await using var schema = typeof(SellersDatabase).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(schema);
        var sql = await reader.ReadToEndAsync(cancellationToken);
        // SQLite alone cannot say "if not exists" of a column.
        var columns = database.Connections is NpgsqlDataSource
            ? "SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'export_jobs' AND column_name = 'query'"
            : "SELECT 1 FROM pragma_table_info('export_jobs') WHERE name = 'query'";
        await database.WriteAsync(async (transaction, token) =>
        {
            await transaction.ExecuteAsync(sql, [], token);
            await using var command = transaction.Connection!.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = columns;
            return await command.ExecuteScalarAsync(token) is null ? await transaction.ExecuteAsync("ALTER TABLE export_jobs ADD COLUMN query text", [], token) : 0;
        }, cancellationToken);
    }

    /// <summary>The number of sellers, as the transaction sees them.</summary>
    public static async Task<long> CountSellersAsync(this DbTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "SELECT count(*) FROM sellers";
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Runs SQL in a transaction.</summary>
    /// <returns>How many rows it has changed.</returns>
    public static async ValueTask<int> ExecuteAsync(
        this DbTransaction transaction, string sql, (string Name, object? Value)[] parameters, CancellationToken cancellationToken)
    {
        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.AddParameter(name, value);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Adds a parameter; null stands for NULL.</summary>
    public static DbParameter AddParameter(this DbCommand command, string name, object? value = null)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value ?? DBNull.Value;
        command.Parameters.Add(parameter);
        return parameter;
    }
}
