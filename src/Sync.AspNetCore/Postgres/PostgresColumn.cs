using Collection.Sync.Abstractions;
using Npgsql;

namespace Collection.Sync.AspNetCore;

/// <summary>A column of a synced table, by the type that it has in the database.</summary>
/// <param name="Type">The type as SQL writes it, such as <c>timestamp with time zone</c>.</param>
/// <param name="IsPlainText">True for text that is sent as its own bytes.</param>
internal sealed record PostgresColumn(string Type, bool IsPlainText)
{
    public bool IsTimestamp => Type == "timestamp with time zone";

    /// <summary>The types that can be read into a field, for messages.</summary>
    public static string Allowed(FieldKind kind) => kind switch
    {
        FieldKind.Boolean => "boolean",
        FieldKind.Int32 => "integer or smallint",
        FieldKind.Int64 => "bigint, integer or smallint",
        FieldKind.Double => "double precision, real or numeric",
        FieldKind.Timestamp => "timestamp with time zone, or bigint in microseconds since 1970",
        _ => "text, or what can be cast to it",
    };

    /// <summary>True where values of the column can be read into a field.</summary>
    public bool Fits(FieldKind kind) => kind switch
    {
        FieldKind.Boolean => Type == "boolean",
        FieldKind.Int32 => Type is "integer" or "smallint",
        FieldKind.Int64 => Type is "bigint" or "integer" or "smallint",
        FieldKind.Double => Type is "double precision" or "real" or "numeric",
        FieldKind.Timestamp => IsTimestamp || Type == "bigint",
        _ => true,
    };

    /// <summary>The column in a SELECT, so that its bytes are those that <see cref="PostgresFeedQuery"/> reads.</summary>
    public string Select(FieldSchema field) => field.Kind switch
    {
        FieldKind.Text when !IsPlainText => $"\"{field.Name}\"::text",
        FieldKind.Double when Type == "numeric" => $"\"{field.Name}\"::double precision",
        _ => $"\"{field.Name}\"",
    };

    /// <summary>Looks the columns of a table up, by name; none where there is no such table.</summary>
    public static async ValueTask<Dictionary<string, PostgresColumn>> LoadAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        // Without lengths: a cast to varchar(5) cuts text off without a word, where storing it would be an error.
        await using var command = new NpgsqlCommand(
            """
            SELECT attname, format_type(atttypid, -1), typname IN ('text', 'varchar', 'bpchar', 'citext', 'name')
            FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
            WHERE attrelid = to_regclass(@table) AND attnum > 0 AND NOT attisdropped
            """,
            connection);
        command.Parameters.AddWithValue("table", $"\"{table}\"");
        var found = new Dictionary<string, PostgresColumn>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            found.Add(reader.GetString(0), new PostgresColumn(reader.GetString(1), reader.GetBoolean(2)));
        return found;
    }
}
