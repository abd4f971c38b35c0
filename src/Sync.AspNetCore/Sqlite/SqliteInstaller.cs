using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Collection.Sync.AspNetCore;

/// <summary>Adds to a database what the feed needs, all in the transaction that it is given.</summary>
internal sealed class SqliteInstaller(SqliteTransaction transaction)
{
    private static readonly string s_database = EmbeddedSql.Read("Sqlite/Database.sql");
    private static readonly string s_triggers = EmbeddedSql.Read("Sqlite/Triggers.sql");

    /// <summary>What is run for a table, but for the columns and the numbering of rows, which depend on what is there.</summary>
    public static string Script(SyncedTable table) =>
        $"""
        {s_database.Replace("$now", "unixepoch() * 1000", StringComparison.Ordinal)}
        ALTER TABLE "{table.Name}" ADD COLUMN sync_xid INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE "{table.Name}" ADD COLUMN sync_seq INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX IF NOT EXISTS "sync_{table.Name}_by_version" ON "{table.Name}" (sync_xid, sync_seq);
        {Triggers(table)}
        """;

    /// <summary>Creates the tables of the feed itself.</summary>
    public void InstallDatabase(long now)
    {
        Execute(s_database, ("$now", now));
        AddColumn("sync_collections", "gc_floor");
        AddColumn("sync_edits", "correlation_id", "TEXT");
    }

    /// <summary>Installs one table.</summary>
    /// <returns>Whether something was installed, and whether changes may have gone unnoticed since an earlier install.</returns>
    public (bool Installed, bool MissedChanges) InstallTable(SyncedTable table)
    {
        CheckColumns(table);
        var definition = Triggers(table);
        var known = Scalar("SELECT definition FROM sync_collections WHERE name = $name", ("$name", table.Schema.Name)) as string;
        var triggers = Count(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = $table AND name LIKE $prefix || '%'",
            ("$table", table.Name), ("$prefix", $"sync_{table.Schema.Name}_"));
        AddVersionColumns(table.Name);
        var rows = NumberRows(table);
        if (known == definition && triggers == 4 && rows == 0)
            return (false, false);

        Execute(definition);
        Execute(
            "INSERT INTO sync_collections (name, definition) VALUES ($name, $definition) ON CONFLICT (name) DO UPDATE SET definition = excluded.definition",
            ("$name", table.Schema.Name), ("$definition", definition));
        return (true, known is not null);
    }

    private void CheckColumns(SyncedTable table)
    {
        var columns = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        using (var command = Command("SELECT name FROM pragma_table_info($table)", ("$table", table.Name)))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
                columns.Add(reader.GetString(0));
        }

        if (columns.Count == 0)
            throw new InvalidOperationException($"Collection '{table.Schema.Name}' is to be synced from the table '{table.Name}', which does not exist: create it before the app starts.");
        var missing = table.Schema.Fields.Select(f => f.Name).Where(name => !columns.Contains(name)).ToArray();
        if (missing.Length > 0)
            throw new InvalidOperationException($"Table '{table.Name}' has no column {string.Join(", ", missing)}, which collection '{table.Schema.Name}' has as a field: add the columns, or take the fields out of the schema.");

        // A primary key of its own or a unique index on nothing but the key: a cursor cannot stand between two rows of one key.
        var unique = Count(
            """
            SELECT (SELECT count(*) FROM pragma_table_info($table) WHERE pk > 0) = 1 AND (SELECT pk FROM pragma_table_info($table) WHERE name = $key) = 1
                OR EXISTS (SELECT * FROM pragma_index_list($table) AS i WHERE i."unique" AND NOT i.partial
                    AND (SELECT group_concat(name) FROM pragma_index_info(i.name)) = $key)
            """,
            ("$table", table.Name), ("$key", table.Schema.Key.Name));
        if (unique == 0)
            throw new InvalidOperationException($"Column '{table.Schema.Key.Name}' of table '{table.Name}' is the key of collection '{table.Schema.Name}', but two rows may share a value: make it the primary key, or add a unique index.");
    }

    private void AddVersionColumns(string table)
    {
        AddColumn(table, "sync_xid");
        AddColumn(table, "sync_seq");
        Execute($"CREATE INDEX IF NOT EXISTS \"sync_{table}_by_version\" ON \"{table}\" (sync_xid, sync_seq)");
    }

    private void AddColumn(string table, string column, string type = "INTEGER NOT NULL DEFAULT 0")
    {
        if (Count("SELECT count(*) FROM pragma_table_info($table) WHERE name = $column", ("$table", table), ("$column", column)) == 0)
            Execute($"ALTER TABLE \"{table}\" ADD COLUMN {column} {type}");
    }

    // Rows that no trigger has seen: those from before the first install, or from a time without triggers.
    private long NumberRows(SyncedTable table)
    {
        var key = table.Schema.Key.Name;
        var rows = Execute(
            $"""
            UPDATE "{table.Name}" SET sync_seq = (SELECT sequence FROM sync_meta) + unnumbered.position
            FROM (SELECT "{key}" AS key, row_number() OVER (ORDER BY "{key}") AS position FROM "{table.Name}" WHERE sync_seq = 0) AS unnumbered
            WHERE "{table.Name}"."{key}" = unnumbered.key
            """);
        Execute("UPDATE sync_meta SET sequence = sequence + $rows", ("$rows", rows));
        return rows;
    }

    private static string Triggers(SyncedTable table)
    {
        // Compared as bytes: a column collated NOCASE would call two spellings the same.
        var changed = table.Schema.Fields.Select(f => $"OLD.\"{f.Name}\" IS NOT NEW.\"{f.Name}\" COLLATE BINARY");
        return s_triggers
            .Replace("{collection}", table.Schema.Name, StringComparison.Ordinal)
            .Replace("{table}", table.Name, StringComparison.Ordinal)
            .Replace("{key}", table.Schema.Key.Name, StringComparison.Ordinal)
            .Replace("{fields}", string.Join(", ", table.Schema.Fields.Select(f => $"\"{f.Name}\"")), StringComparison.Ordinal)
            .Replace("{changed}", string.Join("\n    OR ", changed), StringComparison.Ordinal);
    }

    private int Execute(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var command = Command(sql, parameters);
        return command.ExecuteNonQuery();
    }

    private object? Scalar(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var command = Command(sql, parameters);
        return command.ExecuteScalar();
    }

    private long Count(string sql, params ReadOnlySpan<(string Name, object Value)> parameters) =>
        Convert.ToInt64(Scalar(sql, parameters), CultureInfo.InvariantCulture);

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object Value)> parameters) =>
        SqliteCommands.Create(transaction.Connection!, transaction, sql, parameters);
}
