using System.Data.Common;
using Collection.Sync.Abstractions;
using Collection.Sync.AspNetCore;
using Npgsql;
using Sellers.Contracts;
using Sellers.Host.Data;

namespace Sellers.Host.Exports;

/// <summary>An export that a host works on. Another host that takes it over has a later attempt: what the former one writes is for nothing then.</summary>
internal sealed record ClaimedExport(long Id, ExportFormat Format, int Attempt, ViewQueryJson? Query);

/// <summary>A file that is there to be fetched.</summary>
internal sealed record ReadyFile(ExportFormat Format, int Attempt, long Bytes);

/// <summary>Exports as the database knows them.</summary>
internal sealed class ExportTable(SyncDatabase database, TimeProvider time)
{
    /// <summary>How long a host has an export without saying anything.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private const int MaxAttempts = 3;
    private const string Columns = "id, state, format, rows_done, rows_total, bytes, created_at, expires_at, reason, query";

    private long Now => Microseconds.From(time.GetUtcNow());

    private long LeaseEnd => Microseconds.From(time.GetUtcNow() + Lease);

    /// <summary>Adds an export that waits, unless the person has too many.</summary>
    /// <returns>Its number; null where there are too many.</returns>
    public ValueTask<long?> AddAsync(string owner, ExportFormat format, ViewQueryJson? query, ExportOptions bounds, CancellationToken cancellationToken) => ReadAsync<long?>(
        $"""
        {(database.Connections is NpgsqlDataSource ? "LOCK TABLE export_jobs IN SHARE ROW EXCLUSIVE MODE;" : "")}
        INSERT INTO export_jobs (owner, state, format, attempt, rows_done, bytes, is_cancelling, created_at, lease_until, query)
        SELECT @owner, 'Queued', @format, 0, 0, 0, FALSE, @now, @now, @query
        WHERE (SELECT count(*) FROM export_jobs WHERE state IN ('Queued', 'Running') AND owner = @owner) < @bound
        RETURNING id
        """,
        [("owner", owner), ("format", $"{format}"), ("now", Now), ("bound", bounds.MaxPerPerson), ("query", query?.Write())], static row => row.GetInt64(0), cancellationToken);

    /// <summary>Takes the oldest export that nobody works on: one that waits, or one whose host has gone silent. Two hosts never take the same.</summary>
    public ValueTask<ClaimedExport?> ClaimAsync(CancellationToken cancellationToken) => ReadAsync<ClaimedExport?>(
        $"""
        UPDATE export_jobs SET state = 'Running', attempt = attempt + 1, rows_done = 0, bytes = 0, lease_until = @lease
        WHERE id = (
            SELECT id FROM export_jobs WHERE (state = 'Queued' OR (state = 'Running' AND lease_until < @now)) AND attempt < {MaxAttempts} AND is_cancelling = FALSE
            ORDER BY id LIMIT 1 {(database.Connections is NpgsqlDataSource ? "FOR UPDATE SKIP LOCKED" : "")})
        RETURNING id, format, attempt, query
        """,
        [("now", Now), ("lease", LeaseEnd)], static row => new ClaimedExport(row.GetInt64(0), Enum.Parse<ExportFormat>(row.GetString(1)), row.GetInt32(2), QueryOf(row, 3)), cancellationToken);

    /// <summary>Notes how far an export is, of how many rows once that is known, and goes on having it.</summary>
    /// <returns>False where it is to end: somebody wants it to, or another host has it.</returns>
    public async Task<bool> NoteAsync(ClaimedExport job, int rows, int? total, long bytes, CancellationToken cancellationToken) => await ReadAsync<bool?>(
        "UPDATE export_jobs SET rows_done = @rows, rows_total = @total, bytes = @bytes, lease_until = @lease WHERE id = @id AND attempt = @attempt AND state = 'Running' RETURNING is_cancelling",
        [("rows", rows), ("total", total), ("bytes", bytes), ("lease", LeaseEnd), ("id", job.Id), ("attempt", job.Attempt)], static row => !row.GetBoolean(0), cancellationToken) ?? false;

    /// <summary>The file is there, whole.</summary>
    /// <returns>False where another host has the export by now, or somebody has cancelled it.</returns>
    public async Task<bool> FinishAsync(ClaimedExport job, int rows, long bytes, TimeSpan keepFor, CancellationToken cancellationToken) => await ChangeAsync(
        "UPDATE export_jobs SET state = 'Ready', rows_done = @rows, rows_total = @rows, bytes = @bytes, expires_at = @expires WHERE id = @id AND attempt = @attempt AND state = 'Running' AND is_cancelling = FALSE",
        [("rows", rows), ("bytes", bytes), ("expires", Microseconds.From(time.GetUtcNow() + keepFor)), ("id", job.Id), ("attempt", job.Attempt)], cancellationToken) > 0;

    /// <summary>There is no file, and there will be none.</summary>
    public Task<int> FailAsync(ClaimedExport job, string reason, CancellationToken cancellationToken) => ChangeAsync(
        "UPDATE export_jobs SET state = 'Failed', reason = @reason WHERE id = @id AND attempt = @attempt AND state = 'Running' AND is_cancelling = FALSE",
        [("reason", reason), ("id", job.Id), ("attempt", job.Attempt)], cancellationToken);

    /// <summary>Gives an export back, for whoever is there next.</summary>
    public Task<int> ReleaseAsync(ClaimedExport job, CancellationToken cancellationToken) => ChangeAsync(
        "UPDATE export_jobs SET state = 'Queued', attempt = attempt - 1 WHERE id = @id AND attempt = @attempt AND state = 'Running'",
        [("id", job.Id), ("attempt", job.Attempt)], cancellationToken);

    /// <summary>Ends an export that waits or is under way; whoever works on it hears of it.</summary>
    /// <returns>False where there is none, or it is somebody else's.</returns>
    public async Task<bool> CancelAsync(long id, string owner, CancellationToken cancellationToken) => await ChangeAsync(
        "UPDATE export_jobs SET state = 'Cancelled', is_cancelling = TRUE WHERE id = @id AND owner = @owner AND state IN ('Queued', 'Running')",
        [("id", id), ("owner", owner)], cancellationToken) > 0;

    /// <summary>Fails what has brought down too many hosts.</summary>
    public Task<int> FailLostAsync(string reason, CancellationToken cancellationToken) => ChangeAsync(
        $"UPDATE export_jobs SET state = 'Failed', reason = @reason WHERE state = 'Running' AND lease_until < @now AND attempt >= {MaxAttempts}",
        [("reason", reason), ("now", Now)], cancellationToken);

    /// <summary>Marks files whose time is over. They may be deleted from then on.</summary>
    public Task<int> ExpireAsync(CancellationToken cancellationToken) => ChangeAsync(
        "UPDATE export_jobs SET state = 'Expired' WHERE state = 'Ready' AND expires_at < @now", [("now", Now)], cancellationToken);

    /// <summary>True where the file of an attempt is wanted, or will be.</summary>
    public async Task<bool> IsWantedAsync(long id, int attempt, CancellationToken cancellationToken) => (await FindAsync(
        "SELECT 1 FROM export_jobs WHERE id = @id AND attempt = @attempt AND state IN ('Running', 'Ready')", [("id", id), ("attempt", attempt)], static _ => true, cancellationToken)).Count > 0;

    /// <summary>True where an export waits, or its host has gone silent.</summary>
    public async Task<bool> HasWorkAsync(CancellationToken cancellationToken) => (await FindAsync(
        "SELECT 1 FROM export_jobs WHERE state = 'Queued' OR (state = 'Running' AND lease_until < @now) LIMIT 1", [("now", Now)], static _ => true, cancellationToken)).Count > 0;

    /// <summary>What a person's file is, and which attempt has made it; null where there is none, or its time is over.</summary>
    public async Task<ReadyFile?> FindFileAsync(long id, string owner, CancellationToken cancellationToken) => (await FindAsync(
        "SELECT format, attempt, bytes FROM export_jobs WHERE id = @id AND owner = @owner AND state = 'Ready' AND expires_at > @now", [("id", id), ("owner", owner), ("now", Now)],
        static row => new ReadyFile(Enum.Parse<ExportFormat>(row.GetString(0)), row.GetInt32(1), row.GetInt64(2)), cancellationToken)).FirstOrDefault();

    /// <summary>A person's exports, the newest first.</summary>
    public Task<List<ExportJob>> ReadAsync(string owner, int count, CancellationToken cancellationToken) =>
        FindAsync($"SELECT {Columns} FROM export_jobs WHERE owner = @owner ORDER BY id DESC LIMIT @count", [("owner", owner), ("count", count)], Read, cancellationToken);

    /// <summary>One of a person's exports, or null.</summary>
    public async Task<ExportJob?> FindAsync(long id, string owner, CancellationToken cancellationToken) =>
        (await FindAsync($"SELECT {Columns} FROM export_jobs WHERE id = @id AND owner = @owner", [("id", id), ("owner", owner)], Read, cancellationToken)).FirstOrDefault();

    private static ExportJob Read(DbDataReader row) => new(
        row.GetInt64(0), Enum.Parse<ExportState>(row.GetString(1)), Enum.Parse<ExportFormat>(row.GetString(2)), row.GetInt32(3), row.IsDBNull(4) ? null : row.GetInt32(4), row.GetInt64(5),
        Microseconds.ToInstant(row.GetInt64(6)), row.IsDBNull(7) ? null : Microseconds.ToInstant(row.GetInt64(7)), row.IsDBNull(8) ? null : row.GetString(8), QueryOf(row, 9));

    private static ViewQueryJson? QueryOf(DbDataReader row, int column) => row.IsDBNull(column) ? null : ViewQueryJson.Parse(row.GetString(column));

    private async Task<int> ChangeAsync(string sql, (string Name, object? Value)[] parameters, CancellationToken cancellationToken) =>
        await database.WriteAsync((transaction, token) => transaction.ExecuteAsync(sql, parameters, token), cancellationToken);

    // What a change returns: its one row, or nothing.
    private ValueTask<T?> ReadAsync<T>(string sql, (string Name, object? Value)[] parameters, Func<DbDataReader, T> read, CancellationToken cancellationToken) =>
        database.WriteAsync(async (transaction, token) => (await FindAsync(transaction.Connection!, transaction, sql, parameters, read, token)).FirstOrDefault(), cancellationToken);

    private async Task<List<T>> FindAsync<T>(string sql, (string Name, object? Value)[] parameters, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var connection = await database.Connections.OpenConnectionAsync(cancellationToken);
        return await FindAsync(connection, null, sql, parameters, read, cancellationToken);
    }

    private static async Task<List<T>> FindAsync<T>(
        DbConnection connection, DbTransaction? transaction, string sql, (string Name, object? Value)[] parameters, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.AddParameter(name, value);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<T> found = [];
        while (await reader.ReadAsync(cancellationToken))
            found.Add(read(reader));
        return found;
    }
}
