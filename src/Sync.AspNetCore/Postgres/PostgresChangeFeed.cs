using Collection.Sync.Abstractions;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// The change feed of a PostgreSQL database. Triggers stamp every change with its transaction and the next number of a
/// sequence. Transactions end in another order than they begin, so a reader goes no further than the oldest that is
/// still open: the horizon. Whatever ends later is behind it, and is met.
/// </summary>
internal sealed class PostgresChangeFeed(PostgresDatabase database, SyncTelemetry telemetry, ILogger<PostgresChangeFeed> logger) : IChangeFeed
{
    // The time in milliseconds, so that a database made anew does not meet the epoch of the one before.
    private const string StartEpoch =
        "UPDATE sync_meta SET epoch = greatest(epoch + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint) RETURNING epoch";

    public string InstallScript(SyncedTable table) => PostgresInstaller.Script(table, "public");

    public async ValueTask InstallAsync(SyncedTable table, CancellationToken cancellationToken)
    {
        await using var connection = await database.Connections.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var installer = new PostgresInstaller(connection);
        var (installed, missedChanges) = await installer.InstallTableAsync(table, cancellationToken);
        var isOther = await installer.AdoptAsync(table, cancellationToken);
        var epoch = missedChanges || isOther ? await StartEpochAsync(connection, cancellationToken) : (long?)null;
        await transaction.CommitAsync(cancellationToken);
        if (installed)
            logger.FeedInstalled(table.Schema.Name, table.Name);
        if (epoch is { } started)
            logger.EpochStarted(started);
    }

    public async ValueTask<FeedSlice> ReadAsync(
        FeedSource source, FeedPosition? after, int maxBytes, PageWriter page, CancellationToken cancellationToken)
    {
        if (database.Replicas is { } replicas)
        {
            try
            {
                var slice = await ReadAsync(replicas, source, after, maxBytes, page, cancellationToken);
                telemetry.ReplicaRead(slice is null ? "behind" : "served");
                if (slice is not null)
                    return slice;
            }
            catch (NpgsqlException e) when (!cancellationToken.IsCancellationRequested)
            {
                // Away, or it gave up on the query for the sake of catching up. The primary has it all.
                logger.ReplicaFailed(e);
                telemetry.ReplicaRead("failed");
                page.Clear();
            }
        }

        return (await ReadAsync(database.Connections, source, after, maxBytes, page, cancellationToken))!;
    }

    public async ValueTask<DeltaPosition> ReadEndAsync(CancellationToken cancellationToken)
    {
        await using var command = database.Connections.CreateCommand("SELECT epoch, pg_snapshot_xmin(pg_current_snapshot()) FROM sync_meta");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new DeltaPosition(reader.GetInt64(0), new RowVersion((long)reader.GetFieldValue<ulong>(1), 0));
    }

    public async ValueTask<HorizonLag> ReadLagAsync(CancellationToken cancellationToken)
    {
        await using var command = database.Connections.CreateCommand(
            """
            SELECT (pg_snapshot_xmax(now)::text::bigint) - (pg_snapshot_xmin(now)::text::bigint),
                coalesce((SELECT extract(epoch FROM max(clock_timestamp() - xact_start)) FROM pg_stat_activity WHERE backend_xid IS NOT NULL), 0)::float8
            FROM pg_current_snapshot() AS now
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new HorizonLag(reader.GetInt64(0), TimeSpan.FromSeconds(Math.Max(reader.GetDouble(1), 0)));
    }

    public async ValueTask<long> StartEpochAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.Connections.OpenConnectionAsync(cancellationToken);
        var epoch = await StartEpochAsync(connection, cancellationToken);
        logger.EpochStarted(epoch);
        return epoch;
    }

    public async ValueTask<int> PurgeTombstonesAsync(DateTimeOffset deletedBefore, CancellationToken cancellationToken)
    {
        // Those of open transactions stay: nobody has been able to read them yet.
        await using var command = database.Connections.CreateCommand(
            """
            WITH gone AS (
                DELETE FROM sync_tombstones WHERE deleted_at < @before AND sync_xid < pg_snapshot_xmin(pg_current_snapshot())
                RETURNING collection, sync_xid, sync_seq),
            floors AS (SELECT DISTINCT ON (collection) collection, sync_xid, sync_seq FROM gone ORDER BY collection, sync_xid DESC, sync_seq DESC),
            raised AS (
                UPDATE sync_collections SET floor_xid = sync_xid, floor_seq = sync_seq FROM floors
                WHERE name = collection AND (floor_xid, floor_seq) < (sync_xid, sync_seq))
            SELECT count(*) FROM gone
            """);
        command.Parameters.AddWithValue("before", deletedBefore.ToUniversalTime());
        var count = (int)(long)(await command.ExecuteScalarAsync(cancellationToken))!;
        logger.TombstonesPurged(count, deletedBefore);
        return count;
    }

    /// <returns>Null where the server is a follower that has not come as far as the position.</returns>
    private async ValueTask<FeedSlice?> ReadAsync(
        NpgsqlDataSource server, FeedSource source, FeedPosition? after, int maxBytes, PageWriter page, CancellationToken cancellationToken)
    {
        var columns = await database.ColumnsAsync(source.Table, cancellationToken);
        await using var connection = await server.OpenConnectionAsync(cancellationToken);
        // One snapshot for the horizon and the rows.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var meta = await ReadMetaAsync(connection, source.Table, cancellationToken);
        if (!IsReached(after, meta))
            return null;
        Check(after, meta);

        var query = new PostgresFeedQuery(source, columns, connection);
        var position = after ?? new SnapshotPosition(
            meta.Epoch, new RowVersion(meta.Horizon, 0), SnapshotPosition.BeforeFirst(source.Table.Schema), await query.CountRowsAsync(cancellationToken));
        if (position is SnapshotPosition snapshot)
        {
            var slice = await query.ReadSnapshotAsync(snapshot, maxBytes, page, cancellationToken);
            if (page.UpsertCount > 0)
                return slice;
            position = slice.Next;
        }

        return await query.ReadDeltaAsync((DeltaPosition)position, meta.Horizon, maxBytes, page, cancellationToken);
    }

    /// <summary>
    /// A follower must have seen all that a first sync will not be told of again, and for changes have something to
    /// tell: else its answer would leave rows out, or say that nothing is left.
    /// </summary>
    private static bool IsReached(FeedPosition? position, Meta meta) => !meta.IsFollower || position switch
    {
        null => true,
        _ when position.Epoch > meta.Epoch => false,
        SnapshotPosition snapshot => snapshot.Horizon.Transaction <= meta.Horizon,
        _ => ((DeltaPosition)position).Version.Transaction < meta.Horizon,
    };

    private static void Check(FeedPosition? position, Meta meta)
    {
        if (position is null)
            return;
        var version = position is SnapshotPosition snapshot ? snapshot.Horizon : ((DeltaPosition)position).Version;
        // A position that no transaction has reached yet comes from before a backup was restored.
        if (position.Epoch != meta.Epoch || version.Transaction > meta.Next)
            throw new CursorRefusedException(CursorRefusal.Epoch);
        if (version < meta.Floor)
            throw new CursorRefusedException(CursorRefusal.Purged);
    }

    private static async ValueTask<Meta> ReadMetaAsync(NpgsqlConnection connection, SyncedTable table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT epoch, floor_xid, floor_seq, pg_snapshot_xmin(now), pg_snapshot_xmax(now), pg_is_in_recovery()
            FROM sync_meta, sync_collections, pg_current_snapshot() AS now WHERE name = @collection
            """,
            connection);
        command.Parameters.AddWithValue("collection", table.Schema.Name);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new Meta(
                reader.GetInt64(0), new RowVersion((long)reader.GetFieldValue<ulong>(1), reader.GetInt64(2)),
                (long)reader.GetFieldValue<ulong>(3), (long)reader.GetFieldValue<ulong>(4), reader.GetBoolean(5))
            : throw new InvalidOperationException($"The change feed of '{table.Schema.Name}' is not installed in this database: the app has to start before it is read.");
    }

    private static async ValueTask<long> StartEpochAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(StartEpoch, connection);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <param name="Epoch">The history.</param>
    /// <param name="Floor">Positions before it have missed a deletion.</param>
    /// <param name="Horizon">The lowest transaction that may still be open.</param>
    /// <param name="Next">The lowest transaction that has not begun.</param>
    /// <param name="IsFollower">True for a replica.</param>
    private readonly record struct Meta(long Epoch, RowVersion Floor, long Horizon, long Next, bool IsFollower);
}
