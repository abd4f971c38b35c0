using System.Buffers;
using System.Buffers.Binary;
using System.Data;
using System.Data.Common;
using Collection.Sync.Abstractions;
using Microsoft.Data.Sqlite;
using Sellers.Contracts;

namespace Sellers.Host.Exports;

/// <summary>
/// All sellers at one moment, read from the first to the last in one transaction, and none of them kept: whatever is
/// written meanwhile is not in it.
/// </summary>
internal sealed class TableSnapshot : IStoreView
{
    private const string Sql =
        """
        SELECT id, display_name, normalized_name, platform, times_seen, feedback_percent, feedback_count, flagged, platform_id, created_at, updated_at, last_seen_run_id
        FROM sellers ORDER BY id DESC
        """;

    private readonly DbConnection _connection;
    private readonly DbTransaction _transaction;
    private readonly DbCommand _command;
    private readonly DbDataReader _reader;
    private int _position;

    private TableSnapshot(DbConnection connection, DbTransaction transaction, DbCommand command, DbDataReader reader, int count) =>
        (_connection, _transaction, _command, _reader, Count) = (connection, transaction, command, reader, count);

    public int Count { get; }

    public long Revision => 0;

    public static async Task<TableSnapshot> OpenAsync(DbDataSource database, CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        DbTransaction? transaction = null;
        DbCommand? command = null;
        try
        {
            // Neither takes a lock that a writer waits for.
            transaction = connection is SqliteConnection sqlite
                ? sqlite.BeginTransaction(deferred: true)
                : await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
            command = connection.CreateCommand();
            command.Transaction = transaction;
            // An export takes as long as it takes.
            command.CommandTimeout = 0;
            command.CommandText = "SELECT count(*) FROM sellers";
            var count = (int)(long)(await command.ExecuteScalarAsync(cancellationToken))!;
            command.CommandText = Sql;
            return new TableSnapshot(connection, transaction, command, await command.ExecuteReaderAsync(cancellationToken), count);
        }
        catch
        {
            if (command is not null)
                await command.DisposeAsync();
            if (transaction is not null)
                await transaction.DisposeAsync();
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <exception cref="InvalidOperationException">Rows are read again, or some are passed over.</exception>
    public async ValueTask<RowBatch> ReadAsync(RowRange range, CancellationToken cancellationToken)
    {
        if (range.Start != _position)
            throw new InvalidOperationException($"Row {_position} is next, and {range.Start} was asked for: a snapshot of a table is read once, from its first row to its last.");
        var offsets = new List<int>(range.Count + 1) { 0 };
        var rows = new ArrayBufferWriter<byte>();
        while (offsets.Count <= range.Count && await _reader.ReadAsync(cancellationToken))
        {
            Write(rows);
            offsets.Add(rows.WrittenCount);
        }

        _position += offsets.Count - 1;
        return Batch(offsets, rows.WrittenSpan);
    }

    public ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken) => throw new NotSupportedException("A snapshot of a table is read from its first row to its last.");

    public ValueTask<ReopenedView> ReopenAsync(RowRange window, CancellationToken cancellationToken) => throw new NotSupportedException("A snapshot of a table is opened once.");

    public async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync();
        await _command.DisposeAsync();
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private void Write(ArrayBufferWriter<byte> output)
    {
        var writer = new MessagePackWriter(output);
        Seller.Collection.Codec.Write(ref writer, new Seller
        {
            Id = _reader.GetInt64(0),
            DisplayName = _reader.GetString(1),
            NormalizedName = _reader.GetString(2),
            Platform = _reader.GetString(3),
            TimesSeen = _reader.GetInt32(4),
            FeedbackPercent = _reader.IsDBNull(5) ? null : _reader.GetDouble(5),
            FeedbackCount = _reader.GetInt32(6),
            Flagged = _reader.GetBoolean(7),
            PlatformId = _reader.IsDBNull(8) ? null : _reader.GetString(8),
            CreatedAt = Microseconds.ToInstant(_reader.GetInt64(9)),
            UpdatedAt = Microseconds.ToInstant(_reader.GetInt64(10)),
            LastSeenRunId = _reader.IsDBNull(11) ? null : _reader.GetInt64(11),
        });
    }

    // As stores lay out rows: where each begins, and where the last one ends, and then the rows.
    private static RowBatch Batch(List<int> offsets, ReadOnlySpan<byte> rows)
    {
        var bytes = new byte[(offsets.Count * 4) + rows.Length];
        for (var i = 0; i < offsets.Count; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * 4), offsets[i]);
        rows.CopyTo(bytes.AsSpan(offsets.Count * 4));
        return RowBatch.Over(bytes, offsets.Count - 1);
    }
}
