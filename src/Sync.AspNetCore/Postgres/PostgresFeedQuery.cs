using System.Collections.Immutable;
using System.Globalization;
using Collection.Sync.Abstractions;
using Npgsql;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// Reads rows and deletions of one table on one connection, straight from the wire into a page. COPY hands out the
/// bytes of values, where a reader makes objects; but it takes no parameters: numbers stand in the SQL, and a filter's
/// texts in dollar quotes.
/// </summary>
internal sealed class PostgresFeedQuery(FeedSource source, ImmutableArray<PostgresColumn> columns, NpgsqlConnection connection)
{
    // Ordinals of what precedes the fields in every row.
    private const int Transaction = 0;
    private const int Sequence = 1;
    private const int IsDeleted = 2;
    private const int FirstField = 3;

    private const int LargestLimit = 100_000;
    private static readonly DateTimeOffset s_postgresEpoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly long s_epochOffset = Microseconds.From(s_postgresEpoch);
    private static readonly string s_quote = $"$v{Guid.NewGuid():N}$";

    private readonly SyncedTable _table = source.Table;
    private readonly CollectionSchema _schema = source.Table.Schema;

    /// <summary>The number of rows; a large table's is the planner's estimate, since counting reads them all.</summary>
    public async ValueTask<long> CountRowsAsync(CancellationToken cancellationToken)
    {
        const int countedUpTo = 100_000;
        var count = $"(SELECT count(*) FROM \"{_table.Name}\"{(source.Filter is { } filter ? $" WHERE {Sql(filter)}" : "")})";
        await using var command = new NpgsqlCommand(
            source.Filter is null
                ? $"SELECT CASE WHEN reltuples > {countedUpTo} THEN reltuples::bigint ELSE {count} END FROM pg_class WHERE oid = '\"{_table.Name}\"'::regclass"
                : $"SELECT {count}",
            connection);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Reads rows in the order of their keys. The position behind the last one is where the changes begin.</summary>
    public async ValueTask<FeedSlice> ReadSnapshotAsync(SnapshotPosition after, int maxBytes, PageWriter page, CancellationToken cancellationToken)
    {
        var (comparison, direction) = _schema.KeyOrder == SortDirection.Ascending ? (">", "ASC") : ("<", "DESC");
        var limit = Limit(maxBytes);
        var (ended, last) = await ReadAsync(
            Text($"""
            SELECT sync_xid, sync_seq, FALSE, {Fields()} FROM "{_table.Name}"
            WHERE "{_schema.Key.Name}" {comparison} {after.LastKey.Value}{And(source.Filter)}
            ORDER BY "{_schema.Key.Name}" {direction} LIMIT {limit}
            """),
            limit, maxBytes, page, cancellationToken);
        FeedPosition next = ended ? new DeltaPosition(after.Epoch, after.Horizon) : after with { LastKey = last.Key };
        return new FeedSlice(next, More: true, IsSnapshot: true, after.TotalRows);
    }

    /// <summary>Reads what changed, in the order of versions, up to the oldest transaction that is still open.</summary>
    /// <param name="after">Where to go on.</param>
    /// <param name="horizon">The lowest transaction that is not known to have ended, as the query's own snapshot sees it.</param>
    /// <param name="maxBytes">The budget.</param>
    /// <param name="page">Takes the changes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<FeedSlice> ReadDeltaAsync(DeltaPosition after, long horizon, int maxBytes, PageWriter page, CancellationToken cancellationToken)
    {
        var limit = Limit(maxBytes);
        var range = Text($"(sync_xid, sync_seq) > ('{after.Version.Transaction}'::xid8, {after.Version.Sequence}) AND sync_xid < '{horizon}'::xid8");
        var leaves = source.Filter is { } filter ? $"({Sql(filter)}) IS NOT TRUE" : "FALSE";
        var sql = Text($"""
            (SELECT sync_xid, sync_seq, {leaves}, {Fields()} FROM "{_table.Name}"
            WHERE {range}{And(source.Scope)} ORDER BY sync_xid, sync_seq LIMIT {limit})
            """);
        if (source.Scope is null)
            sql += Text($"""

                UNION ALL
                (SELECT sync_xid, sync_seq, TRUE, {Fields(isTombstone: true)} FROM sync_tombstones
                WHERE collection = '{_schema.Name}' AND {range} ORDER BY sync_xid, sync_seq LIMIT {limit})
                ORDER BY 1, 2 LIMIT {limit}
                """);
        var (ended, last) = await ReadAsync(sql, limit, maxBytes, page, cancellationToken);
        // Within a scope the changes may be few and what lies between them much: it need not be looked at again.
        var next = ended && source.Scope is not null ? new RowVersion(horizon, 0) : last.Version;
        return new FeedSlice(next > after.Version ? after with { Version = next } : after, More: !ended, IsSnapshot: false, TotalRows: -1);
    }

    /// <summary>Reads the rows with the given keys that the filter lets through.</summary>
    public async ValueTask ReadRowsAsync(IReadOnlyCollection<RowKey> keys, PageWriter page, CancellationToken cancellationToken) => await ReadAsync(
        $"""
        SELECT sync_xid, sync_seq, FALSE, {Fields()} FROM "{_table.Name}"
        WHERE "{_schema.Key.Name}" IN ({string.Join(", ", keys.Select(key => key.Value.ToString(CultureInfo.InvariantCulture)))}){And(source.Filter)}
        """,
        int.MaxValue, int.MaxValue, page, cancellationToken);

    /// <returns>True where the rows have ended, false where the page or the limit was full before; and the last row, zeros where there was none.</returns>
    private async ValueTask<(bool Ended, (RowKey Key, RowVersion Version) Last)> ReadAsync(
        string sql, int limit, int maxBytes, PageWriter page, CancellationToken cancellationToken)
    {
        await using var stream = await connection.BeginRawBinaryCopyAsync($"COPY ({sql}) TO STDOUT (FORMAT BINARY)", cancellationToken);
        using var row = new BinaryCopyReader(stream, FirstField + _schema.Fields.Length);
        var (count, isFull, last) = (0, false, default((RowKey, RowVersion)));
        // Read to the end even so: what is left is little, and cancelling costs a connection of its own.
        while (await row.ReadAsync(cancellationToken))
        {
            count++;
            var isDeleted = row[IsDeleted][0] != 0;
            isFull = isFull || PageBudget.IsFull(page, _schema, isDeleted ? 0 : TextBytes(row), maxBytes);
            if (isFull)
                continue;
            var version = new RowVersion(row.Integer(Transaction), row.Integer(Sequence));
            var key = new RowKey(row.Integer(FirstField + _schema.KeyIndex));
            if (isDeleted)
                page.Delete(key, version);
            else
                WriteRow(row, key, version, page);
            last = (key, version);
        }

        LearnRowSize(page);
        return (!isFull && count < limit, last);
    }

    private void WriteRow(BinaryCopyReader row, RowKey key, RowVersion version, PageWriter page)
    {
        page.BeginRow(version);
        for (var i = 0; i < columns.Length; i++)
        {
            try
            {
                WriteField(row, FirstField + i, i, page);
            }
            catch (ArgumentException e)
            {
                throw new InvalidDataException($"Row {key.Value} of table '{_table.Name}' does not fit collection '{_schema.Name}': {e.Message} Correct the row.", e);
            }
        }

        page.EndRow();
    }

    private void WriteField(BinaryCopyReader row, int ordinal, int field, PageWriter page)
    {
        if (row.Length(ordinal) < 0)
        {
            page.WriteNull();
            return;
        }

        switch (_schema.Fields[field].Kind)
        {
            case FieldKind.Text: page.WriteTextUtf8(row[ordinal]); break;
            case FieldKind.Boolean: page.WriteBoolean(row[ordinal][0] != 0); break;
            case FieldKind.Double: page.WriteDouble(row.Float(ordinal)); break;
            case FieldKind.Timestamp when columns[field].IsTimestamp: page.WriteInteger(SinceUnixEpoch(row.Integer(ordinal))); break;
            default: page.WriteInteger(row.Integer(ordinal)); break;
        }
    }

    // PostgreSQL counts microseconds from 2000. Its two infinities stay out of range, and are refused as such.
    private static long SinceUnixEpoch(long microseconds) =>
        microseconds is long.MinValue or long.MaxValue ? microseconds : microseconds + s_epochOffset;

    private long TextBytes(BinaryCopyReader row)
    {
        var bytes = 0L;
        for (var i = 0; i < columns.Length; i++)
        {
            if (_schema.Fields[i].Kind == FieldKind.Text)
                bytes += Math.Max(row.Length(FirstField + i), 0);
        }

        return bytes;
    }

    private string Fields(bool isTombstone = false) => string.Join(", ", _schema.Fields.Select((field, i) =>
        !isTombstone ? columns[i].Select(field) : field.IsKey ? "key" : "NULL"));

    // Rows beyond the page are read and thrown away, so not many are asked for: as many as pages of this table have held.
    private int Limit(int maxBytes) => (int)Math.Clamp((maxBytes / _table.AverageRowBytes) + 1, 1, LargestLimit);

    // From pages of some rows, or of large ones: a few small ones tell little.
    private void LearnRowSize(PageWriter page)
    {
        const int telling = 16 * 1024;
        if (page.UpsertCount > 0 && page.ByteLength >= telling)
            _table.AverageRowBytes = Math.Max(1, page.ByteLength / page.UpsertCount);
    }

    private static string And(RowFilter? filter) => filter is null ? "" : $" AND ({Sql(filter)})";

    private static string Sql(RowFilter filter) => filter.Inline(value => value switch
    {
        string text => $"{s_quote}{text}{s_quote}",
        bool flag => flag ? "TRUE" : "FALSE",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    });

    private static string Text(FormattableString sql) => FormattableString.Invariant(sql);
}
