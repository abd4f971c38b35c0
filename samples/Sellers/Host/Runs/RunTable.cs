using System.Data.Common;
using Collection.Sync.Abstractions;
using Collection.Sync.AspNetCore;
using Sellers.Contracts;
using Sellers.Host.Data;

namespace Sellers.Host.Runs;

/// <summary>Runs as the database knows them, which every host can answer for.</summary>
internal sealed class RunTable(SyncDatabase database, TimeProvider time)
{
    private const string Columns = "r.id, coalesce(u.display_name, r.owner), r.owner, r.state, r.workers, r.size, r.found, r.inserted, r.started_at, r.ended_at, r.reason";
    private const string Source = "runs r LEFT JOIN users u ON u.name = r.owner";

    private long Now => Microseconds.From(time.GetUtcNow());

    /// <summary>
    /// Adds a run that is under way, unless there are too many. Two that begin on two hosts at the same moment may be one
    /// too many: the bounds are there against floods.
    /// </summary>
    /// <returns>Its number; null where there are too many.</returns>
    public ValueTask<long?> AddAsync(string owner, StartRunRequest request, RunOptions bounds, CancellationToken cancellationToken) =>
        database.WriteAsync(async (transaction, token) =>
        {
            await using var command = transaction.Connection!.CreateCommand();
            command.Transaction = transaction;
            command.CommandText =
                """
                INSERT INTO runs (owner, state, workers, size, found, inserted, is_cancelling, started_at, seen_at)
                SELECT @owner, 'Running', @workers, @size, 0, 0, FALSE, @now, @now
                WHERE (SELECT count(*) FROM runs WHERE state = 'Running' AND owner = @owner) < @of_one
                    AND (SELECT count(*) FROM runs WHERE state = 'Running') < @in_all
                RETURNING id
                """;
            command.AddParameter("owner", owner);
            command.AddParameter("workers", request.Workers);
            command.AddParameter("size", request.Size);
            command.AddParameter("now", Now);
            command.AddParameter("of_one", bounds.MaxPerPerson);
            command.AddParameter("in_all", bounds.MaxInAll);
            return (long?)await command.ExecuteScalarAsync(token);
        }, cancellationToken);

    /// <summary>Notes how far a run is, and that its host is there.</summary>
    /// <returns>True where somebody wants it to end.</returns>
    public ValueTask<bool> NoteAsync(long id, int found, int inserted, CancellationToken cancellationToken) =>
        database.WriteAsync(async (transaction, token) =>
        {
            await using var command = transaction.Connection!.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "UPDATE runs SET found = @found, inserted = @inserted, seen_at = @now WHERE id = @id AND state = 'Running' RETURNING is_cancelling";
            command.AddParameter("found", found);
            command.AddParameter("inserted", inserted);
            command.AddParameter("now", Now);
            command.AddParameter("id", id);
            // None where another host has taken this one for gone: there is nothing to go on for.
            return await command.ExecuteScalarAsync(token) is not { } isCancelling || Convert.ToBoolean(isCancelling, null);
        }, cancellationToken);

    /// <summary>A run has ended; one that had ended before stays as it was.</summary>
    public async Task EndAsync(long id, RunState state, string? reason, int found, int inserted, CancellationToken cancellationToken) => await database.WriteAsync(
        (transaction, token) => transaction.ExecuteAsync(
            "UPDATE runs SET state = @state, reason = @reason, found = @found, inserted = @inserted, ended_at = @now, seen_at = @now WHERE id = @id AND state = 'Running'",
            [("state", $"{state}"), ("reason", (object?)reason ?? DBNull.Value), ("found", found), ("inserted", inserted), ("now", Now), ("id", id)], token),
        cancellationToken);

    /// <summary>Asks whichever host has the run to end it.</summary>
    /// <returns>False where it does not run, or is somebody else's.</returns>
    public async Task<bool> CancelAsync(long id, string owner, CancellationToken cancellationToken) => await database.WriteAsync(
        (transaction, token) => transaction.ExecuteAsync(
            "UPDATE runs SET is_cancelling = TRUE WHERE id = @id AND owner = @owner AND state = 'Running'", [("id", id), ("owner", owner)], token),
        cancellationToken) > 0;

    /// <summary>Fails the runs of hosts that are gone.</summary>
    /// <param name="silence">How long nothing has been heard of them.</param>
    /// <param name="reason">Why, for people.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<int> FailLostAsync(TimeSpan silence, string reason, CancellationToken cancellationToken) => await database.WriteAsync(
        (transaction, token) => transaction.ExecuteAsync(
            "UPDATE runs SET state = 'Failed', reason = @reason, ended_at = @now WHERE state = 'Running' AND seen_at < @least",
            [("reason", reason), ("now", Now), ("least", Microseconds.From(time.GetUtcNow() - silence))], token),
        cancellationToken);

    /// <summary>What a person may see: his own runs, and those that have ended, the newest first.</summary>
    public Task<List<CollectionRun>> ReadAsync(string user, long before, int count, CancellationToken cancellationToken) => ReadAsync(
        $"SELECT {Columns} FROM {Source} WHERE r.id < @before AND (r.state <> 'Running' OR r.owner = @user) ORDER BY r.id DESC LIMIT @count",
        user, [("before", before), ("user", user), ("count", count)], cancellationToken);

    /// <summary>A run that the person may see, or null.</summary>
    public async Task<CollectionRun?> FindAsync(long id, string user, CancellationToken cancellationToken) => (await ReadAsync(
        $"SELECT {Columns} FROM {Source} WHERE r.id = @id AND (r.state <> 'Running' OR r.owner = @user)",
        user, [("id", id), ("user", user)], cancellationToken)).FirstOrDefault();

    private async Task<List<CollectionRun>> ReadAsync(string sql, string user, (string Name, object Value)[] parameters, CancellationToken cancellationToken)
    {
        await using var connection = await database.Connections.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.AddParameter(name, value);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<CollectionRun> runs = [];
        while (await reader.ReadAsync(cancellationToken))
            runs.Add(Read(reader, user));
        return runs;
    }

    private static CollectionRun Read(DbDataReader row, string user) => new(
        row.GetInt64(0), row.GetString(1), row.GetString(2) == user, Enum.Parse<RunState>(row.GetString(3)),
        row.GetInt32(4), row.GetInt32(5), row.GetInt32(6), row.GetInt32(7),
        Microseconds.ToInstant(row.GetInt64(8)), row.IsDBNull(9) ? null : Microseconds.ToInstant(row.GetInt64(9)), row.IsDBNull(10) ? null : row.GetString(10));
}
