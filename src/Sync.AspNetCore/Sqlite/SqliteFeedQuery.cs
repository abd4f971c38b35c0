using Collection.Sync.Abstractions;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Collection.Sync.AspNetCore;

/// <summary>Reads the rows and deletions of one table within one read transaction, straight from the reader into a page.</summary>
internal sealed class SqliteFeedQuery(SyncedTable table, SqliteTransaction transaction)
{
    // A text of n bytes takes n and 5 in the row, and 4 and at most 12 n in its column: folding makes UTF-8 at most
    // eleven times as long, for U+FDFA, and case mapping adds a byte to some letters.
    private const int BytesPerTextByte = 13;
    private const int BytesPerField = 18;
    private const int BytesPerChange = 40;

    // Ordinals of what precedes the fields in every row.
    private const int Transaction = 0;
    private const int Sequence = 1;
    private const int IsDeleted = 2;
    private const int TextBytes = 3;
    private const int FirstField = 4;

    private readonly CollectionSchema _schema = table.Schema;

    /// <summary>A key in front of every row's, in the order of the first sync.</summary>
    public static RowKey BeforeFirst(CollectionSchema schema) =>
        new(schema.KeyOrder == SortDirection.Ascending ? long.MinValue : long.MaxValue);

    /// <summary>The number of rows in the table.</summary>
    public long CountRows()
    {
        using var command = Command($"SELECT count(*) FROM \"{table.Name}\"");
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>Reads rows in the order of their keys. The position behind the last one is where the changes begin.</summary>
    public FeedSlice ReadSnapshot(SnapshotPosition after, int maxBytes, PageWriter page, CancellationToken cancellationToken)
    {
        var (comparison, direction) = _schema.KeyOrder == SortDirection.Ascending ? (">", "ASC") : ("<", "DESC");
        using var command = Command(
            $"""
            SELECT sync_xid, sync_seq, 0, {TextLength()}, {Fields()} FROM "{table.Name}"
            WHERE "{_schema.Key.Name}" {comparison} $key ORDER BY "{_schema.Key.Name}" {direction}
            """,
            ("$key", after.LastKey.Value));
        var last = new RowKey(0);
        var ended = Read(command, maxBytes, page, (key, _) => last = key, cancellationToken);
        FeedPosition next = ended ? new DeltaPosition(after.Epoch, after.Horizon) : after with { LastKey = last };
        return new FeedSlice(next, More: true, IsSnapshot: true, after.TotalRows);
    }

    /// <summary>Reads changed rows and deletions in the order of their versions.</summary>
    public FeedSlice ReadDelta(DeltaPosition after, int maxBytes, PageWriter page, CancellationToken cancellationToken)
    {
        using var command = Command(
            $"""
            SELECT sync_xid, sync_seq, 0, {TextLength()}, {Fields()} FROM "{table.Name}"
            WHERE (sync_xid, sync_seq) > ($transaction, $sequence)
            UNION ALL
            SELECT sync_xid, sync_seq, 1, 0, {Fields(field => field.IsKey ? "key" : "NULL")} FROM sync_tombstones
            WHERE collection = $collection AND (sync_xid, sync_seq) > ($transaction, $sequence)
            ORDER BY 1, 2
            """,
            ("$transaction", after.Version.Transaction), ("$sequence", after.Version.Sequence), ("$collection", _schema.Name));
        var last = after.Version;
        var ended = Read(command, maxBytes, page, (_, version) => last = version, cancellationToken);
        return new FeedSlice(after with { Version = last }, More: !ended, IsSnapshot: false, TotalRows: -1);
    }

    /// <returns>True where the rows have ended, false where the page was full before.</returns>
    private bool Read(SqliteCommand command, int maxBytes, PageWriter page, Action<RowKey, RowVersion> passed, CancellationToken cancellationToken)
    {
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var largest = BytesPerChange + (_schema.Fields.Length * BytesPerField) + (reader.GetInt64(TextBytes) * BytesPerTextByte);
            if (page.UpsertCount + page.DeleteCount > 0 && page.ByteLength + largest > maxBytes)
                return false;

            var key = new RowKey(reader.GetInt64(FirstField + _schema.KeyIndex));
            var version = new RowVersion(reader.GetInt64(Transaction), reader.GetInt64(Sequence));
            if (reader.GetBoolean(IsDeleted))
                page.Delete(key, version);
            else
                WriteRow(reader, key, version, page);
            passed(key, version);
        }

        return true;
    }

    private void WriteRow(SqliteDataReader reader, RowKey key, RowVersion version, PageWriter page)
    {
        page.BeginRow(version);
        for (var i = 0; i < _schema.Fields.Length; i++)
        {
            try
            {
                WriteField(reader, FirstField + i, _schema.Fields[i].Kind, page);
            }
            catch (ArgumentException e)
            {
                throw new InvalidDataException($"Row {key.Value} of table '{table.Name}' does not fit collection '{_schema.Name}': {e.Message} Correct the row.", e);
            }
        }

        page.EndRow();
    }

    // From SQLite's own columns: the reader would make a string of each text, only for it to become UTF-8 again.
    private static void WriteField(SqliteDataReader reader, int ordinal, FieldKind kind, PageWriter page)
    {
        var row = reader.Handle!;
        // SQLite keeps any type in any column, and would turn text into the number 0 without a word.
        var found = raw.sqlite3_column_type(row, ordinal);
        switch (kind)
        {
            case var _ when found == raw.SQLITE_NULL:
                page.WriteNull();
                break;
            case FieldKind.Text when found == raw.SQLITE_TEXT:
                page.WriteTextUtf8(raw.sqlite3_column_blob(row, ordinal));
                break;
            case FieldKind.Double when found is raw.SQLITE_FLOAT or raw.SQLITE_INTEGER:
                page.WriteDouble(raw.sqlite3_column_double(row, ordinal));
                break;
            case FieldKind.Boolean when found == raw.SQLITE_INTEGER:
                page.WriteBoolean(raw.sqlite3_column_int64(row, ordinal) != 0);
                break;
            case FieldKind.Int32 or FieldKind.Int64 or FieldKind.Timestamp when found == raw.SQLITE_INTEGER:
                page.WriteInteger(raw.sqlite3_column_int64(row, ordinal));
                break;
            default:
                throw new ArgumentException($"Column '{reader.GetName(ordinal)}' is of kind {kind}, but holds a {reader.GetFieldType(ordinal).Name}.");
        }
    }

    private string Fields(Func<FieldSchema, string>? select = null) =>
        string.Join(", ", _schema.Fields.Select(select ?? (field => $"\"{field.Name}\"")));

    private string TextLength()
    {
        var lengths = _schema.Fields.Where(f => f.Kind == FieldKind.Text)
            .Select(f => f.IsNullable ? $"ifnull(octet_length(\"{f.Name}\"), 0)" : $"octet_length(\"{f.Name}\")");
        return string.Join(" + ", lengths.DefaultIfEmpty("0"));
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object Value)> parameters) =>
        SqliteCommands.Create(transaction.Connection!, transaction, sql, parameters);
}
