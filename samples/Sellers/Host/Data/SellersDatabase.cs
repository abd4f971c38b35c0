using System.Data.Common;

namespace Sellers.Host.Data;

/// <summary>The sample's database: its tables, and few-line access to them.</summary>
internal static class SellersDatabase
{
    /// <summary>Creates the tables that are missing.</summary>
    public static async Task CreateTablesAsync(this DbDataSource database, CancellationToken cancellationToken)
    {
        await using var schema = typeof(SellersDatabase).Assembly.GetManifestResourceStream("Schema.sql")!;
        using var reader = new StreamReader(schema);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = await reader.ReadToEndAsync(cancellationToken);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The number of sellers, as the transaction sees them.</summary>
    public static async Task<long> CountSellersAsync(this DbTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "SELECT count(*) FROM sellers";
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
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
