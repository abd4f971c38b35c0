using System.Data.Common;
using System.Globalization;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>The rows that a batch edits, as its transaction sees them: those that are there and let through.</summary>
internal sealed class EditedRows(SyncDatabase database, FeedSource source, DbTransaction transaction)
{
    // Values in the order of the schema; null for a row that is not there.
    private readonly Dictionary<long, object?[]?> _rows = [];

    /// <summary>
    /// Locks rows and reads them. In the order of their keys, so that two batches wait for each other and do not
    /// deadlock; all of them before any is read, so that what is read holds until the end.
    /// </summary>
    public async ValueTask LockAsync(IReadOnlyCollection<RowKey> keys, CancellationToken cancellationToken)
    {
        if (database.LockRow.Length > 0)
        {
            var (table, key) = (source.Table.Name, source.Table.Schema.Key.Name);
            var list = string.Join(", ", keys.Select(k => k.Value.ToString(CultureInfo.InvariantCulture)));
            await transaction.ExecuteAsync(
                $"SELECT 1 FROM \"{table}\" WHERE \"{key}\" IN ({list}) ORDER BY \"{key}\"{database.LockRow}", [], cancellationToken);
        }

        await LoadAsync(keys, cancellationToken);
    }

    /// <summary>The values of a row, or null where there is none.</summary>
    public async ValueTask<object?[]?> ReadAsync(RowKey key, CancellationToken cancellationToken)
    {
        if (!_rows.ContainsKey(key.Value))
            await LoadAsync([key], cancellationToken);
        return _rows[key.Value];
    }

    /// <summary>Says that a row has changed: triggers may have changed more of it than was written.</summary>
    public void Forget(RowKey key) => _rows.Remove(key.Value);

    /// <summary>A page of the rows as they are now, or null where it would be larger than <paramref name="maxBytes"/>.</summary>
    public async ValueTask<byte[]?> ReadPageAsync(IReadOnlyCollection<RowKey> keys, int maxBytes, CancellationToken cancellationToken)
    {
        var page = new PageWriter(source.Table.Schema);
        await database.ReadRowsAsync(source, keys, page, transaction, cancellationToken);
        if (page.ByteLength > maxBytes)
            return null;
        await using var command = transaction.Command("SELECT epoch FROM sync_meta");
        var epoch = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        return page.Finish(Header(source.EpochOfPages(epoch)));
    }

    private async ValueTask LoadAsync(IReadOnlyCollection<RowKey> keys, CancellationToken cancellationToken)
    {
        foreach (var key in keys)
            _rows[key.Value] = null;
        var writer = new PageWriter(source.Table.Schema);
        await database.ReadRowsAsync(source, keys, writer, transaction, cancellationToken);
        var page = Page.Read(writer.Finish(Header(epoch: 0)), source.Table.Schema);
        for (var i = 0; i < page.Header.UpsertCount; i++)
            _rows[page.Key(i).Value] = Decode(page.Schema, page.Rows[i].Span);
    }

    private static object?[] Decode(CollectionSchema schema, ReadOnlySpan<byte> row)
    {
        var reader = new MessagePackReader(row);
        reader.ReadArrayHeader(schema.Fields.Length);
        var values = new object?[schema.Fields.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = EditValue.Read(schema.Fields[i], ref reader);
        return values;
    }

    // No server takes this for a cursor, so that nobody goes on from rows that are not a slice of the feed.
    private static PageHeader Header(long epoch) =>
        new() { Next = new SyncCursor("rows"), More = false, IsSnapshot = false, Epoch = epoch, TotalRows = -1 };
}
