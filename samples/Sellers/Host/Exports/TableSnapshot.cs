using System.Buffers;
using System.Buffers.Binary;
using System.Data;
using System.Data.Common;
using System.Text.Json;
using Collection.Sync.Abstractions;
using Microsoft.Data.Sqlite;
using Sellers.Contracts;
using Sellers.Host.Data;

namespace Sellers.Host.Exports;

/// <summary>
/// The sellers of a query at one moment, read from the first to the last in one transaction, and none of them kept but
/// the keys of those that a query finds: whatever is written meanwhile is not in it.
/// </summary>
internal sealed class TableSnapshot : IStoreView
{
    private const string Columns = "id, display_name, normalized_name, platform, times_seen, feedback_percent, feedback_count, flagged, platform_id, created_at, updated_at, last_seen_run_id";
    private const string All = $"SELECT {Columns} FROM sellers ORDER BY id DESC";

    // Rows by their keys, in the order of these.
    private const string OnPostgres = $"SELECT {Columns} FROM unnest(@ids) WITH ORDINALITY AS wanted(id, place) JOIN sellers USING (id) ORDER BY place";
    private const string OnSqlite = $"SELECT {Columns} FROM (SELECT key, value FROM json_each(@ids)) AS wanted JOIN sellers ON sellers.id = wanted.value ORDER BY wanted.key";

    private readonly DbConnection _connection;
    private readonly DbTransaction _transaction;
    private readonly DbCommand _command;
    private readonly long[]? _found;
    private readonly DbDataReader? _all;
    private int _position;

    // Either what a query has found, or a reader of all.
    private TableSnapshot(DbConnection connection, DbTransaction transaction, DbCommand command, int count, long[]? found, DbDataReader? all) =>
        (_connection, _transaction, _command, Count, _found, _all) = (connection, transaction, command, count, found, all);

    public int Count { get; }

    public long Revision => 0;

    /// <exception cref="ArgumentException">The query cannot be answered.</exception>
    public static async Task<TableSnapshot> OpenAsync(DbDataSource database, ViewQuery query, CancellationToken cancellationToken)
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
            if (query != ViewQuery.All)
            {
                var found = await new QueryScan(query).RunAsync(command, cancellationToken);
                command.CommandText = connection is SqliteConnection ? OnSqlite : OnPostgres;
                return new TableSnapshot(connection, transaction, command, found.Length, found, null);
            }

            command.CommandText = "SELECT count(*) FROM sellers";
            var count = (int)(long)(await command.ExecuteScalarAsync(cancellationToken))!;
            command.CommandText = All;
            return new TableSnapshot(connection, transaction, command, count, null, await command.ExecuteReaderAsync(cancellationToken));
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
        var reader = _all ?? await ReadFoundAsync(range, cancellationToken);
        try
        {
            while (offsets.Count <= range.Count && await reader.ReadAsync(cancellationToken))
            {
                Write(reader, rows);
                offsets.Add(rows.WrittenCount);
            }
        }
        finally
        {
            if (reader != _all)
                await reader.DisposeAsync();
        }

        _position += offsets.Count - 1;
        return Batch(offsets, rows.WrittenSpan);
    }

    private Task<DbDataReader> ReadFoundAsync(RowRange range, CancellationToken cancellationToken)
    {
        var ids = _found!.AsSpan(range.Start, Math.Min(range.Count, Count - range.Start)).ToArray();
        _command.Parameters.Clear();
        _command.AddParameter("ids", _command is SqliteCommand ? JsonSerializer.Serialize(ids) : ids);
        return _command.ExecuteReaderAsync(cancellationToken);
    }

    public ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken) => throw new NotSupportedException("A snapshot of a table is read from its first row to its last.");

    public ValueTask<ReopenedView> ReopenAsync(RowRange window, CancellationToken cancellationToken) => throw new NotSupportedException("A snapshot of a table is opened once.");

    public async ValueTask DisposeAsync()
    {
        if (_all is not null)
            await _all.DisposeAsync();
        await _command.DisposeAsync();
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static void Write(DbDataReader reader, ArrayBufferWriter<byte> output)
    {
        var writer = new MessagePackWriter(output);
        Seller.Collection.Codec.Write(ref writer, new Seller
        {
            Id = reader.GetInt64(0),
            DisplayName = reader.GetString(1),
            NormalizedName = reader.GetString(2),
            Platform = reader.GetString(3),
            TimesSeen = reader.GetInt32(4),
            FeedbackPercent = reader.IsDBNull(5) ? null : reader.GetDouble(5),
            FeedbackCount = reader.GetInt32(6),
            Flagged = reader.GetBoolean(7),
            PlatformId = reader.IsDBNull(8) ? null : reader.GetString(8),
            CreatedAt = Microseconds.ToInstant(reader.GetInt64(9)),
            UpdatedAt = Microseconds.ToInstant(reader.GetInt64(10)),
            LastSeenRunId = reader.IsDBNull(11) ? null : reader.GetInt64(11),
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
