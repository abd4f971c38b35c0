using System.Collections.Immutable;
using System.Data.Common;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>Writes edits to rows. One that the database refuses is taken back, and the transaction goes on.</summary>
/// <param name="database">The database.</param>
/// <param name="table">The table.</param>
/// <param name="stamp">The field that takes the time, and the time in microseconds.</param>
/// <param name="transaction">The transaction.</param>
internal sealed class RowUpdates(SyncDatabase database, SyncedTable table, FieldValue? stamp, DbTransaction transaction) : IAsyncDisposable
{
    // One a set of fields, used again: most batches edit the same fields of many rows.
    private readonly Dictionary<string, DbCommand> _commands = new(StringComparer.Ordinal);
    private bool _hasSavepoint;

    /// <summary>Sets fields of a row.</summary>
    /// <returns>What the fields hold now, which may be another form of what was written, or null where a trigger kept the row as it was; or why the database refused.</returns>
    public async ValueTask<(object?[]? Kept, string? Refusal)> UpdateAsync(
        RowKey key, ImmutableArray<FieldValue> fields, CancellationToken cancellationToken)
    {
        if (!_hasSavepoint)
            await transaction.ExecuteAsync(DatabaseRefusal.FirstSavepoint(transaction), [], cancellationToken);
        _hasSavepoint = true;
        var command = await CommandAsync(key, fields, cancellationToken);
        string? refusal;
        try
        {
            var kept = await RunAsync(command, fields, cancellationToken);
            refusal = DatabaseRefusal.OfDeferred(transaction);
            if (refusal is null)
                return (kept, null);
        }
        catch (DbException e) when (DatabaseRefusal.Of(e) is { } reason)
        {
            refusal = reason;
        }

        await transaction.ExecuteAsync("ROLLBACK TO SAVEPOINT edit", [], cancellationToken);
        return (null, refusal);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var command in _commands.Values)
            await command.DisposeAsync();
    }

    // To the end: SQLite looks at some constraints only after it has handed out the row.
    private async ValueTask<object?[]?> RunAsync(DbCommand command, ImmutableArray<FieldValue> fields, CancellationToken cancellationToken)
    {
        object?[]? kept = null;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            kept = [.. fields.Select((field, i) => EditValue.Read(table.Schema.Fields[field.Field], reader, i))];
        return kept;
    }

    private async ValueTask<DbCommand> CommandAsync(RowKey key, ImmutableArray<FieldValue> fields, CancellationToken cancellationToken)
    {
        var written = stamp is { } time ? fields.Add(time) : fields;
        var set = string.Join(",", written.Select(field => field.Field));
        if (!_commands.TryGetValue(set, out var command))
            _commands.Add(set, command = await CreateAsync(written, fields, cancellationToken));
        command.Parameters[0].Value = key.Value;
        for (var i = 0; i < written.Length; i++)
        {
            command.Parameters[i + 1].Value = written[i].Value is { } value
                ? await database.ToColumnAsync(table, table.Schema.Fields[written[i].Field], value, cancellationToken)
                : DBNull.Value;
        }

        return command;
    }

    // The savepoint moves along in the same command: a round trip fewer for every edit.
    private async ValueTask<DbCommand> CreateAsync(ImmutableArray<FieldValue> written, ImmutableArray<FieldValue> returned, CancellationToken cancellationToken)
    {
        var schema = table.Schema;
        var assignments = new List<string>();
        for (var i = 0; i < written.Length; i++)
        {
            var field = schema.Fields[written[i].Field];
            assignments.Add($"\"{field.Name}\" = {await database.ToColumnSqlAsync(table, field, $"@v{i}", cancellationToken)}");
        }

        var command = transaction.Command(
            $"""
            RELEASE SAVEPOINT edit; SAVEPOINT edit;
            UPDATE "{table.Name}" SET {string.Join(", ", assignments)} WHERE "{schema.Key.Name}" = @key
            RETURNING {string.Join(", ", returned.Select(field => EditValue.Select(schema.Fields[field.Field])))}
            """);
        command.Add("key");
        for (var i = 0; i < written.Length; i++)
            command.Add($"v{i}");
        return command;
    }
}
