using System.Globalization;
using Collection.Sync.Abstractions;
using Npgsql;
using NpgsqlTypes;

namespace Collection.Sync.AspNetCore;

/// <summary>Writes merged rows to PostgreSQL, all in one statement, which locks them in the order in which they come.</summary>
internal static class PostgresUpsert
{
    private const string Timestamp = "timestamp with time zone";

    /// <summary>Looks up the types of the table's columns, as SQL writes them.</summary>
    /// <exception cref="InvalidOperationException">The table, a column, or one of a type that fits is missing.</exception>
    public static async ValueTask<string[]> LoadTypesAsync(UpsertLayout table, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var columns = await PostgresColumn.LoadAsync(connection, table.Name, cancellationToken);
        return [.. table.Fields.Select(field => TypeOf(table, field, columns))];
    }

    public static async ValueTask<UpsertResult> WriteAsync(
        UpsertLayout table, string[] types, object?[][] rows, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql(table, types), connection);
        for (var i = 0; i < table.Fields.Length; i++)
            command.Parameters.Add(Column(table.Fields[i].Kind, types[i], rows, i));
        var (inserted, updated) = (0, 0);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.GetBoolean(0))
                inserted++;
            else
                updated++;
        }

        return new UpsertResult(inserted, updated, rows.Length - inserted - updated, IsRepeated: false);
    }

    // A row that was there before was locked by this statement before it changed, and bears the mark of that (xmax).
    private static string Sql(UpsertLayout table, string[] types)
    {
        var places = Enumerable.Range(0, table.Fields.Length).ToArray();
        var action = table.Changing.Any()
            ? $"UPDATE SET {string.Join(", ", table.Changing.Select(field => $"\"{field.Name}\" = {NewValue(field)}"))}\nWHERE {string.Join(" OR ", table.Changing.Select(Differs))}"
            : "NOTHING";
        return $"""
            INSERT INTO "{table.Name}" AS known ({table.Names()})
            SELECT {string.Join(", ", places.Select(i => $"CAST(c{i} AS {types[i]})"))}
            FROM unnest({string.Join(", ", places.Select(i => $"${i + 1}"))}) WITH ORDINALITY AS sent({string.Join(", ", places.Select(i => $"c{i}"))}, place)
            ORDER BY place
            ON CONFLICT ({table.Names(keysOnly: true)}) DO {action}
            RETURNING xmax = 0
            """;
    }

    // Text as bytes: some types call two spellings the same, and others cannot be compared at all.
    private static string Differs(UpsertField field) => field.Kind == FieldKind.Text
        ? $"known.\"{field.Name}\"::text COLLATE \"C\" IS DISTINCT FROM {NewValue(field)}::text COLLATE \"C\""
        : $"known.\"{field.Name}\" IS DISTINCT FROM {NewValue(field)}";

    private static string NewValue(UpsertField field) => field.Rule == UpsertRule.Add
        ? string.Create(CultureInfo.InvariantCulture, $"greatest(least(coalesce(known.\"{field.Name}\", 0)::bigint + excluded.\"{field.Name}\", {field.GreatestSum}), {field.LeastSum})")
        : $"excluded.\"{field.Name}\"";

    private static NpgsqlParameter Column(FieldKind kind, string type, object?[][] rows, int index) => kind switch
    {
        FieldKind.Boolean => Column(NpgsqlDbType.Boolean, rows, index, value => (bool?)value),
        FieldKind.Int32 => Column(NpgsqlDbType.Integer, rows, index, value => (int?)value),
        FieldKind.Double => Column(NpgsqlDbType.Double, rows, index, value => (double?)value),
        FieldKind.Timestamp when type == Timestamp => Column(
            NpgsqlDbType.TimestampTz, rows, index, value => value is long microseconds ? Microseconds.ToInstant(microseconds) : (DateTimeOffset?)null),
        FieldKind.Int64 or FieldKind.Timestamp => Column(NpgsqlDbType.Bigint, rows, index, value => (long?)value),
        _ => Column(NpgsqlDbType.Text, rows, index, value => (string?)value),
    };

    private static NpgsqlParameter Column<TValue>(NpgsqlDbType type, object?[][] rows, int index, Func<object?, TValue> read) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | type, Value = Array.ConvertAll(rows, row => read(row[index])) };

    private static string TypeOf(UpsertLayout table, UpsertField field, Dictionary<string, PostgresColumn> columns)
    {
        if (columns.Count == 0)
            throw new InvalidOperationException($"There is no table '{table.Name}' to upsert into: create it before the app starts.");
        if (!columns.TryGetValue(field.Name, out var column))
            throw new InvalidOperationException($"Table '{table.Name}' has no column '{field.Name}' to upsert into: add it, or leave it out of the UpsertTable.");
        return column.Fits(field.Kind)
            ? column.Type
            : throw new InvalidOperationException($"Column '{field.Name}' of table '{table.Name}' is of type {column.Type}, but is upserted as {field.Kind}, which goes into {PostgresColumn.Allowed(field.Kind)}: change one of the two.");
    }
}
