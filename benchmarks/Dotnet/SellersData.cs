using Collection.Sync.Abstractions;
using Microsoft.Data.Sqlite;
using Sellers.Contracts;

namespace Collection.Benchmarks.Dotnet;

/// <summary>What the benchmarks work on. Set once, before the first of them is made.</summary>
internal static class SellersData
{
    /// <summary>The columns, in the order of the schema.</summary>
    public static string Columns { get; } = string.Join(", ", Seller.Collection.Schema.Fields.Select(f => f.Name));

    public static DatabaseCopy Database { get; private set; } = null!;

    public static Seller[] Rows { get; private set; } = [];

    public static void Load(DatabaseCopy database)
    {
        Database = database;
        using var connection = database.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {Columns} FROM sellers ORDER BY id DESC";
        using var reader = command.ExecuteReader();
        List<Seller> rows = [];
        while (reader.Read())
            rows.Add(Read(reader));
        Rows = [.. rows];
    }

    /// <summary>The row that a reader of <see cref="Columns"/> stands on.</summary>
    public static Seller Read(SqliteDataReader reader) => new()
    {
        Id = reader.GetInt64(0),
        DisplayName = reader.GetString(1),
        NormalizedName = reader.GetString(2),
        Platform = reader.GetString(3),
        TimesSeen = reader.GetInt32(4),
        FeedbackPercent = reader.IsDBNull(5) ? null : reader.GetDouble(5),
        FeedbackCount = reader.GetInt32(6),
        Flagged = reader.GetBoolean(7),
        PlatformId = reader.IsDBNull(8) ? null : reader.GetString(8),
        CreatedAt = Microseconds.ToInstant(reader.GetInt64(9)),
        UpdatedAt = Microseconds.ToInstant(reader.GetInt64(10)),
        LastSeenRunId = reader.IsDBNull(11) ? null : reader.GetInt64(11),
    };
}
