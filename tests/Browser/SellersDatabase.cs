using Microsoft.Data.Sqlite;

namespace Collection.Browser.Tests;

/// <summary>The host's database, asked directly: what the page shows has to agree with it.</summary>
public sealed class SellersDatabase(string dataFolder)
{
    private readonly string _connectionString =
        new SqliteConnectionStringBuilder { DataSource = Path.Combine(dataFolder, "sellers.db"), Pooling = false, DefaultTimeout = 30 }.ToString();

    public List<object?[]> Query(string sql, params (string Name, object Value)[] parameters)
    {
        using var connection = new SqliteConnection(_connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        using var reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (reader.Read())
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add([.. row.Select(value => value is DBNull ? null : value)]);
        }

        return rows;
    }

    public long Count(string where = "1", params (string Name, object Value)[] parameters) =>
        (long)Query($"SELECT count(*) FROM sellers WHERE {where}", parameters)[0][0]!;

    public void Execute(string sql, params (string Name, object Value)[] parameters) => Query(sql, parameters);
}
