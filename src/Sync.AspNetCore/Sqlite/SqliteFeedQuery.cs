using System.Globalization;
using Collection.Sync.Abstractions;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Collection.Sync.AspNetCore;

/// <summary>Reads the rows and deletions of one table within one read transaction, straight from the reader into a page.</summary>
internal sealed class SqliteFeedQuery(FeedSource source, SqliteTransaction transaction)
{
    // Ordinals of what precedes the fields in every row.
    private const int Transaction = 0;
    private const int Sequence = 1;
    private const int IsDeleted = 2;
    private const int TextBytes = 3;
    private const int FirstField = 4;

    private readonly SyncedTable _table = source.Table;
    private readonly CollectionSchema _schema = source.Table.Schema;

    /// <summary>The number of rows in the table.</summary>
    public long CountRows()
    {
        using var command = Command($"SELECT count(*) FROM \"{_table.Name}\" WHERE {Where(source.Filter)}", Values(source.Filter));
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>Reads rows in the order of their keys. The position behind the last one is where the changes begin.</summary>
    public FeedSlice ReadSnapshot(SnapshotPosition after, int maxBytes, PageWriter page, CancellationToken cancellationToken)
    {
        var (comparison, direction) = _schema.KeyOrder == SortDirection.Ascending ? (">", "ASC") : ("<", "DESC");
        using var command = Command(
            $"""
            SELECT sync_xid, sync_seq, 0, {TextLength()}, {Fields()} FROM "{_table.Name}"
            WHERE "{_schema.Key.Name}" {comparison} $key AND {Where(source.Filter)} ORDER BY "{_schema.Key.Name}" {direction}
            """,
            [("$key", after.LastKey.Value), .. Values(source.Filter)]);
        var last = new RowKey(0);
        var ended = Read(command, maxBytes, page, (key, _) => last = key, cancellationToken);
        FeedPosition next = ended ? new DeltaPosition(after.Epoch, after.Horizon) : after with { LastKey = last };
        return new FeedSlice(next, More: true, IsSnapshot: true, after.TotalRows);
    }

    /// <summary>Reads changed rows and deletions in the order of their versions.</summary>
    /// <param name="after">Where to go on.</param>
    /// <param name="end">The last sequence that is drawn.</param>
    /// <param name="maxBytes">The budget.</param>
    /// <param name="page">Takes the changes.</param>
    /// <param name="cancellationToken">Gives up between two rows.</param>
    public FeedSlice ReadDelta(DeltaPosition after, long end, int maxBytes, PageWriter page, CancellationToken cancellationToken)
    {
        var leaves = source.Filter is null ? "0" : $"{Where(source.Filter)} IS NOT TRUE";
        var sql = $"""
            SELECT sync_xid, sync_seq, {leaves}, {TextLength()}, {Fields()} FROM "{_table.Name}"
            WHERE (sync_xid, sync_seq) > ($transaction, $sequence) AND {Where(source.Scope)}
            """;
        if (source.Scope is null)
            sql += $"""

                UNION ALL
                SELECT sync_xid, sync_seq, 1, 0, {Fields(field => field.IsKey ? "key" : "NULL")} FROM sync_tombstones
                WHERE collection = $collection AND (sync_xid, sync_seq) > ($transaction, $sequence)
                """;
        using var command = Command(
            sql + "\nORDER BY 1, 2",
            [
                ("$transaction", after.Version.Transaction), ("$sequence", after.Version.Sequence), ("$collection", _schema.Name),
                .. Values(source.Filter), .. Values(source.Scope),
            ]);
        var last = after.Version;
        var ended = Read(command, maxBytes, page, (_, version) => last = version, cancellationToken);
        // Within a scope the changes may be few and what lies between them much: it need not be looked at again.
        var next = ended && source.Scope is not null ? new RowVersion(0, end) : last;
        return new FeedSlice(after with { Version = next }, More: !ended, IsSnapshot: false, TotalRows: -1);
    }

    /// <summary>Reads the rows with the given keys that the filter lets through.</summary>
    public void ReadRows(IReadOnlyCollection<RowKey> keys, PageWriter page, CancellationToken cancellationToken)
    {
        using var command = Command(
            $"""
            SELECT sync_xid, sync_seq, 0, 0, {Fields()} FROM "{_table.Name}"
            WHERE "{_schema.Key.Name}" IN ({string.Join(", ", keys.Select(key => key.Value.ToString(CultureInfo.InvariantCulture)))}) AND {Where(source.Filter)}
            """,
            Values(source.Filter));
        Read(command, int.MaxValue, page, (_, _) => { }, cancellationToken);
    }

    /// <returns>True where the rows have ended, false where the page was full before.</returns>
    private bool Read(SqliteCommand command, int maxBytes, PageWriter page, Action<RowKey, RowVersion> passed, CancellationToken cancellationToken)
    {
        using var reader = command.ExecuteReader();
        var row = new SqliteRow(reader);
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (PageBudget.IsFull(page, _schema, row.Integer(TextBytes), maxBytes))
                return false;

            var key = new RowKey(row.Integer(FirstField + _schema.KeyIndex));
            var version = new RowVersion(row.Integer(Transaction), row.Integer(Sequence));
            if (row.Integer(IsDeleted) != 0)
                page.Delete(key, version);
            else
                WriteRow(row, key, version, page);
            passed(key, version);
        }

        return true;
    }

    private void WriteRow(SqliteRow row, RowKey key, RowVersion version, PageWriter page)
    {
        page.BeginRow(version);
        try
        {
            for (var i = 0; i < _schema.Fields.Length; i++)
                WriteField(row, i, page);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"Row {key.Value} of table '{_table.Name}' does not fit collection '{_schema.Name}': {e.Message} Correct the row.", e);
        }

        page.EndRow();
    }

    private void WriteField(SqliteRow row, int index, PageWriter page)
    {
        var (field, ordinal) = (_schema.Fields[index], FirstField + index);
        // SQLite keeps any type in any column, and would turn text into the number 0 without a word.
        var found = row.Type(ordinal);
        switch (field.Kind)
        {
            case var _ when found == raw.SQLITE_NULL:
                page.WriteNull();
                break;
            case FieldKind.Text when found == raw.SQLITE_TEXT:
                page.WriteTextUtf8(row.Text(ordinal));
                break;
            case FieldKind.Double when found is raw.SQLITE_FLOAT or raw.SQLITE_INTEGER:
                page.WriteDouble(row.Float(ordinal));
                break;
            case FieldKind.Boolean when found == raw.SQLITE_INTEGER:
                page.WriteBoolean(row.Integer(ordinal) != 0);
                break;
            case FieldKind.Int32 or FieldKind.Int64 or FieldKind.Timestamp when found == raw.SQLITE_INTEGER:
                page.WriteInteger(row.Integer(ordinal));
                break;
            default:
                throw new ArgumentException($"Column '{field.Name}' is of kind {field.Kind}, but holds {Describe(found)}.");
        }
    }

    private static string Describe(int type) => type switch
    {
        raw.SQLITE_INTEGER => "an integer",
        raw.SQLITE_FLOAT => "a floating-point number",
        raw.SQLITE_TEXT => "text",
        _ => "bytes",
    };

    private string Fields(Func<FieldSchema, string>? select = null) =>
        string.Join(", ", _schema.Fields.Select(select ?? (field => $"\"{field.Name}\"")));

    private string TextLength()
    {
        var lengths = _schema.Fields.Where(f => f.Kind == FieldKind.Text)
            .Select(f => f.IsNullable ? $"ifnull(octet_length(\"{f.Name}\"), 0)" : $"octet_length(\"{f.Name}\")");
        return string.Join(" + ", lengths.DefaultIfEmpty("0"));
    }

    // Of a filter and a scope with the same name for different values, the names are told apart by hash.
    private static string Where(RowFilter? filter) => filter is null ? "TRUE" : $"({filter.Named(Name)})";

    private static (string Name, object Value)[] Values(RowFilter? filter) =>
        filter is null ? [] : [.. filter.Parameters.Select(p => (Name(filter, p.Name), p.Value))];

    private static string Name(RowFilter filter, string name) => string.Create(CultureInfo.InvariantCulture, $"$f{filter.Hash:x16}_{name}");

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object Value)> parameters) =>
        SqliteCommands.Create(transaction.Connection!, transaction, sql, parameters);
}
