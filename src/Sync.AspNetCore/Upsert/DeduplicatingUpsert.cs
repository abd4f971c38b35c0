using System.Data.Common;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Collection.Sync.AspNetCore;

/// <summary>Which batch of which collection run: a batch is written once, however often a worker sends it.</summary>
/// <param name="RunId">The run.</param>
/// <param name="BatchNo">The batch, unique within the run; sent again, it has the same rows.</param>
public readonly record struct UpsertBatch(long RunId, long BatchNo);

/// <summary>What a batch did. Rows with the same key in a batch count once.</summary>
/// <param name="Inserted">Rows that were not known.</param>
/// <param name="Updated">Known rows that have changed.</param>
/// <param name="Unchanged">Known rows that were as they should be.</param>
/// <param name="IsRepeated">True where the batch had been written before, and nothing was now; the counts are those of then.</param>
public readonly record struct UpsertResult(int Inserted, int Updated, int Unchanged, bool IsRepeated);

/// <summary>
/// Merges batches of rows into a table from any number of workers at once: no deadlocks, sums that are exact, and no
/// batch written twice. Safe for concurrent calls.
/// </summary>
public sealed class DeduplicatingUpsert
{
    /// <summary>The most rows in a batch: more would keep other writers waiting, and the change feed with them.</summary>
    public const int MaxRows = 10_000;

    private readonly SyncDatabase _database;
    private readonly ILogger<DeduplicatingUpsert> _logger;
    private readonly ConditionalWeakTable<UpsertLayout, string[]> _types = [];
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _rows;
    private readonly Counter<long> _repeated;

    internal DeduplicatingUpsert(SyncDatabase database, SyncTelemetry telemetry, ILogger<DeduplicatingUpsert> logger)
    {
        _database = database;
        _logger = logger;
        _duration = telemetry.Meter.CreateHistogram<double>("collection.sync.upsert.duration", "s", "Time to write a batch, with waiting for others.");
        _rows = telemetry.Meter.CreateCounter<long>("collection.sync.upsert.rows", "{row}", "Rows of written batches, by outcome.");
        _repeated = telemetry.Meter.CreateCounter<long>("collection.sync.upsert.repeated", "{batch}", "Batches that came again, and were not written again.");
    }

    /// <summary>Writes a batch in a transaction of its own: all of it or nothing.</summary>
    /// <param name="table">Where to, and how.</param>
    /// <param name="batch">Which batch it is, or null where it need not be safe to repeat. The change feed has to be installed in the database then.</param>
    /// <param name="rows">At most <see cref="MaxRows"/>; a few hundred are fast and keep nobody waiting. Where keys are equal, the later row is the newer one.</param>
    /// <param name="cancellationToken">Gives up, before the commit begins.</param>
    /// <exception cref="ArgumentException">A value is none of its column's, or there are too many rows; nothing was written.</exception>
    /// <exception cref="InvalidOperationException">The table has no such column, or it is of another type.</exception>
    /// <exception cref="DbException">The database refused, or the connection broke. With a <paramref name="batch"/> it is safe to send it again, also where the commit has happened and only the reply was lost.</exception>
    public async ValueTask<UpsertResult> WriteAsync<T>(UpsertTable<T> table, UpsertBatch? batch, IReadOnlyList<T> rows, CancellationToken cancellationToken)
    {
        var merged = Merge(table, rows);
        var started = Stopwatch.GetTimestamp();
        var result = await _database.WriteAsync((transaction, token) => WriteAsync(table.Layout, batch, merged, transaction, token), cancellationToken);
        Measure(table.Name, result, Stopwatch.GetElapsedTime(started));
        return result;
    }

    /// <summary>
    /// Writes a batch as part of a transaction of <see cref="SyncDatabase.WriteAsync{T}"/>, together with what else is in
    /// it. Metrics do not count it, since it may be rolled back.
    /// </summary>
    /// <inheritdoc cref="WriteAsync{T}(UpsertTable{T}, UpsertBatch?, IReadOnlyList{T}, CancellationToken)"/>
    public ValueTask<UpsertResult> WriteAsync<T>(
        UpsertTable<T> table, UpsertBatch? batch, IReadOnlyList<T> rows, DbTransaction transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        return WriteAsync(table.Layout, batch, Merge(table, rows), transaction, cancellationToken);
    }

    /// <summary>Forgets which batches of a run are written, once none of them can come again.</summary>
    /// <returns>How many there were.</returns>
    public ValueTask<int> ForgetRunAsync(long runId, CancellationToken cancellationToken) =>
        _database.WriteAsync((transaction, token) => BatchLog.ForgetAsync(transaction, runId, token), cancellationToken);

    private static object?[][] Merge<T>(UpsertTable<T> table, IReadOnlyList<T> rows)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(rows);
        return rows.Count <= MaxRows
            ? UpsertRows.Merge(table, rows)
            : throw new ArgumentException($"{rows.Count} rows are too many for a batch: write at most {MaxRows} at once.", nameof(rows));
    }

    private async ValueTask<UpsertResult> WriteAsync(
        UpsertLayout table, UpsertBatch? batch, object?[][] rows, DbTransaction transaction, CancellationToken cancellationToken)
    {
        // First: whoever sends the same batch at the same time waits here, and for nothing else.
        if (batch is { } begun && await BatchLog.BeginAsync(transaction, begun, cancellationToken) is { } before)
        {
            _logger.BatchRepeated(begun.BatchNo, begun.RunId);
            return before;
        }

        var result = transaction switch
        {
            _ when rows.Length == 0 => default,
            SqliteTransaction sqlite => SqliteUpsert.Write(table, rows, sqlite, cancellationToken),
            NpgsqlTransaction postgres => await WriteAsync(table, rows, postgres.Connection!, cancellationToken),
            _ => throw new ArgumentException($"A {transaction.GetType().Name} is none of SyncDatabase.WriteAsync.", nameof(transaction)),
        };
        if (batch is { } written)
            await BatchLog.EndAsync(transaction, written, result, cancellationToken);
        return result;
    }

    private void Measure(string table, UpsertResult result, TimeSpan elapsed)
    {
        var tag = new KeyValuePair<string, object?>("table", table);
        _duration.Record(elapsed.TotalSeconds, tag);
        if (result.IsRepeated)
        {
            _repeated.Add(1, tag);
            return;
        }

        _rows.Add(result.Inserted, tag, new("outcome", "inserted"));
        _rows.Add(result.Updated, tag, new("outcome", "updated"));
        _rows.Add(result.Unchanged, tag, new("outcome", "unchanged"));
    }

    private async ValueTask<UpsertResult> WriteAsync(UpsertLayout table, object?[][] rows, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!_types.TryGetValue(table, out var types))
        {
            types = await PostgresUpsert.LoadTypesAsync(table, connection, cancellationToken);
            _types.AddOrUpdate(table, types);
        }

        return await PostgresUpsert.WriteAsync(table, types, rows, connection, cancellationToken);
    }
}
