using System.Globalization;
using Collection.Sync.Abstractions;
using Microsoft.Data.Sqlite;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// Writes merged rows to SQLite, one by one: there is no round trip to save. Two statements, since one that does both
/// does not tell which of them it did; within a write transaction nobody comes between.
/// </summary>
internal static class SqliteUpsert
{
    public static UpsertResult Write(UpsertLayout table, object?[][] rows, SqliteTransaction transaction, CancellationToken cancellationToken)
    {
        using var insert = Command(
            table, transaction, $"INSERT INTO \"{table.Name}\" ({table.Names()}) VALUES ({string.Join(", ", table.Fields.Select(Parameter))}) ON CONFLICT ({table.Names(keysOnly: true)}) DO NOTHING");
        using var update = table.Changing.Any() ? Command(table, transaction, UpdateSql(table)) : null;
        var (inserted, updated) = (0, 0);
        foreach (var row in rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Execute(insert, row))
                inserted++;
            else if (update is not null && Execute(update, row))
                updated++;
        }

        return new UpsertResult(inserted, updated, rows.Length - inserted - updated, IsRepeated: false);
    }

    private static string UpdateSql(UpsertLayout table)
    {
        var keys = table.Keys.Select(i => $"\"{table.Fields[i].Name}\" = {Parameter(table.Fields[i])}");
        return $"""
            UPDATE "{table.Name}" SET {string.Join(", ", table.Changing.Select(field => $"\"{field.Name}\" = {NewValue(field)}"))}
            WHERE {string.Join(" AND ", keys)} AND ({string.Join(" OR ", table.Changing.Select(Differs))})
            """;
    }

    // As bytes: a column collated NOCASE would call two spellings the same.
    private static string Differs(UpsertField field) =>
        $"\"{field.Name}\" IS NOT {NewValue(field)}{(field.Kind == FieldKind.Text ? " COLLATE BINARY" : "")}";

    private static string NewValue(UpsertField field) => field.Rule == UpsertRule.Add
        ? string.Create(CultureInfo.InvariantCulture, $"max(min(ifnull(\"{field.Name}\", 0) + {Parameter(field)}, {field.GreatestSum}), {field.LeastSum})")
        : Parameter(field);

    private static string Parameter(UpsertField field) => $"@{field.Name}";

    private static bool Execute(SqliteCommand command, object?[] row)
    {
        for (var i = 0; i < row.Length; i++)
            command.Parameters[i].Value = row[i] ?? DBNull.Value;
        return command.ExecuteNonQuery() == 1;
    }

    private static SqliteCommand Command(UpsertLayout table, SqliteTransaction transaction, string sql)
    {
        var command = new SqliteCommand(sql, transaction.Connection, transaction);
        foreach (var field in table.Fields)
            command.Parameters.Add(new SqliteParameter(Parameter(field), null));
        return command;
    }
}
