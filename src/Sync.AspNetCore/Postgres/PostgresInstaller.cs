using System.Globalization;
using Collection.Sync.Abstractions;
using Npgsql;

namespace Collection.Sync.AspNetCore;

/// <summary>Adds to a database what the feed needs, all in the transaction that the connection is in.</summary>
internal sealed class PostgresInstaller(NpgsqlConnection connection)
{
    private const string Origin = "(SELECT system_identifier FROM pg_control_system()) || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";
    private const int TriggerCount = 5;
    private const long Lock = 0x53594e43; // Two hosts that start at once take turns.

    /// <summary>What is run for a table, in the given schema.</summary>
    public static string Script(SyncedTable table, string schema)
    {
        // Text is compared as bytes: a collation may call two spellings the same.
        string Columns(string row) => string.Join(", ", table.Schema.Fields.Select(f => $"{row}.\"{f.Name}\"{(f.Kind == FieldKind.Text ? "::text COLLATE \"C\"" : "")}"));
        var definition = (EmbeddedSql.Read("Postgres/Database.sql") + "\n" + EmbeddedSql.Read("Postgres/Table.sql"))
            .Replace("{schema}", $"\"{schema}\"", StringComparison.Ordinal)
            .Replace("{collection}", table.Schema.Name, StringComparison.Ordinal)
            .Replace("{table}", table.Name, StringComparison.Ordinal)
            .Replace("{key}", table.Schema.Key.Name, StringComparison.Ordinal)
            .Replace("{old}", Columns("OLD"), StringComparison.Ordinal)
            .Replace("{new}", Columns("NEW"), StringComparison.Ordinal);
        return string.Create(CultureInfo.InvariantCulture, $"""
            {definition}
            INSERT INTO "{schema}".sync_collections (name, definition, origin)
            VALUES ('{table.Schema.Name}', {Definition(table)}, {Origin})
            ON CONFLICT (name) DO UPDATE SET definition = excluded.definition;
            """);
    }

    /// <summary>Installs a table where anything is missing.</summary>
    /// <returns>Whether something was installed, and whether changes may have gone unnoticed since an earlier install.</returns>
    public async ValueTask<(bool Installed, bool MissedChanges)> InstallTableAsync(SyncedTable table, CancellationToken cancellationToken)
    {
        await ExecuteAsync($"SELECT pg_advisory_xact_lock({Lock})", cancellationToken);
        await CheckColumnsAsync(table, cancellationToken);
        var known = await ScalarAsync("SELECT to_regclass('sync_collections')::text", cancellationToken) is string
            ? await ScalarAsync($"SELECT definition FROM sync_collections WHERE name = '{table.Schema.Name}'", cancellationToken) as string
            : null;
        var triggers = (long)(await ScalarAsync(
            $"""
            SELECT count(*) FROM pg_trigger
            WHERE tgrelid = '"{table.Name}"'::regclass AND tgname LIKE 'sync\_{table.Schema.Name}\_%' AND tgenabled IN ('O', 'A')
            """, cancellationToken))!;
        var isWatched = triggers == TriggerCount && "'" + known + "'" == Definition(table);
        // A column that an earlier version did not have is added, and cursors stay good.
        if (isWatched && await ScalarAsync("SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('sync_edits') AND attname = 'correlation_id'", cancellationToken) is not null)
            return (false, false);

        var schema = (string)(await ScalarAsync($"SELECT nspname FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace WHERE pg_class.oid = '\"{table.Name}\"'::regclass", cancellationToken))!;
        try
        {
            await ExecuteAsync(Script(table, schema), cancellationToken);
            await ExecuteAsync($"ALTER TABLE \"{table.Name}\" ENABLE TRIGGER USER", cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new InvalidOperationException(
                $"The app may not install the change feed of '{table.Schema.Name}' on table '{table.Name}': {e.MessageText}. Have the owner of the table run the SQL that IChangeFeed.InstallScript gives, and start again.", e);
        }

        return (true, known is not null && !isWatched);
    }

    /// <summary>
    /// Looks whether this is another cluster than the last time: a backup was restored, or a standby has taken over.
    /// Transactions of another cluster mean nothing here, and one from the future would hide its rows.
    /// </summary>
    /// <returns>True where cursors from before are void.</returns>
    public async ValueTask<bool> AdoptAsync(SyncedTable table, CancellationToken cancellationToken)
    {
        if (await ScalarAsync($"UPDATE sync_collections SET origin = {Origin} WHERE name = '{table.Schema.Name}' AND origin <> {Origin} RETURNING 1", cancellationToken) is null)
            return false;
        var stamp = $"TRIGGER \"sync_{table.Schema.Name}_stamp\"";
        await ExecuteAsync(
            $"""
            DELETE FROM sync_tombstones WHERE collection = '{table.Schema.Name}';
            ALTER TABLE "{table.Name}" DISABLE {stamp};
            UPDATE "{table.Name}" SET sync_xid = '0' WHERE sync_xid >= pg_snapshot_xmin(pg_current_snapshot());
            ALTER TABLE "{table.Name}" ENABLE {stamp};
            """, cancellationToken);
        return true;
    }

    private async ValueTask CheckColumnsAsync(SyncedTable table, CancellationToken cancellationToken)
    {
        var columns = await PostgresColumn.LoadAsync(connection, table.Name, cancellationToken);
        if (columns.Count == 0)
            throw new InvalidOperationException($"Collection '{table.Schema.Name}' is to be synced from the table '{table.Name}', which does not exist: create it before the app starts.");
        var fields = table.Schema.Fields;
        var missing = fields.Select(f => f.Name).Where(name => !columns.ContainsKey(name)).ToArray();
        if (missing.Length > 0)
            throw new InvalidOperationException($"Table '{table.Name}' has no column {string.Join(", ", missing)}, which collection '{table.Schema.Name}' has as a field: add the columns, or take the fields out of the schema.");
        if (fields.FirstOrDefault(f => !columns[f.Name].Fits(f.Kind)) is { } misfit)
            throw new InvalidOperationException($"Column '{misfit.Name}' of table '{table.Name}' is of type {columns[misfit.Name].Type}, but the field is of kind {misfit.Kind}, which is read from {PostgresColumn.Allowed(misfit.Kind)}: change one of the two.");

        // A unique index on nothing but the key: a cursor cannot stand between two rows of one key.
        var unique = await ScalarAsync(
            $"""
            SELECT 1 FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
            WHERE indrelid = '"{table.Name}"'::regclass AND indisunique AND indpred IS NULL AND indnkeyatts = 1 AND attname = '{table.Schema.Key.Name}'
            """, cancellationToken);
        if (unique is null)
            throw new InvalidOperationException($"Column '{table.Schema.Key.Name}' of table '{table.Name}' is the key of collection '{table.Schema.Name}', but two rows may share a value: make it the primary key, or add a unique index.");
    }

    // What the triggers depend on. Names and columns are checked ones, and hold no quote.
    private static string Definition(SyncedTable table) =>
        $"'3 {table.Name} {table.Schema.Key.Name} {string.Join(' ', table.Schema.Fields.Select(f => $"{f.Name}:{(int)f.Kind}"))}'";

    private async ValueTask ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async ValueTask<object?> ScalarAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken) is { } value and not DBNull ? value : null;
    }
}
