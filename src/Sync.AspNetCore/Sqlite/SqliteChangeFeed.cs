using System.Data.Common;
using Collection.Sync.Abstractions;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// The change feed of a SQLite database. Triggers give every change the next number of one sequence, inside the
/// transaction that makes it; as there is one writer at a time, numbers become visible in their order, and reading
/// past a number never skips one that comes later.
/// </summary>
internal sealed class SqliteChangeFeed(DbDataSource database, TimeProvider time, ILogger<SqliteChangeFeed> logger) : IChangeFeed
{
    public async ValueTask InstallAsync(SyncedTable table, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var transaction = connection.BeginTransaction(deferred: false);
        var installer = new SqliteInstaller(connection, transaction);
        installer.InstallDatabase(time.GetUtcNow().ToUnixTimeMilliseconds());
        var (rows, missedChanges) = installer.InstallTable(table);
        var epoch = missedChanges ? StartEpoch(transaction) : (long?)null;
        transaction.Commit();
        if (rows > 0)
            logger.FeedInstalled(table.Schema.Name, table.Name, rows);
        if (epoch is { } started)
            logger.EpochStarted(started);
    }

    public async ValueTask<FeedSlice> ReadAsync(
        SyncedTable table, FeedPosition? after, int maxBytes, PageWriter page, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var transaction = connection.BeginTransaction(deferred: true);
        var query = new SqliteFeedQuery(table, transaction);
        var meta = ReadMeta(transaction);
        Check(after, meta);

        var position = after ?? new SnapshotPosition(
            meta.Epoch, new RowVersion(0, meta.Sequence), SqliteFeedQuery.BeforeFirst(table.Schema), query.CountRows());
        if (position is SnapshotPosition snapshot)
        {
            var slice = query.ReadSnapshot(snapshot, maxBytes, page, cancellationToken);
            if (page.UpsertCount > 0)
                return slice;
            position = slice.Next;
        }

        return query.ReadDelta((DeltaPosition)position, maxBytes, page, cancellationToken);
    }

    public async ValueTask<long> StartEpochAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var transaction = connection.BeginTransaction(deferred: false);
        var epoch = StartEpoch(transaction);
        transaction.Commit();
        logger.EpochStarted(epoch);
        return epoch;
    }

    public async ValueTask<int> PurgeTombstonesAsync(DateTimeOffset deletedBefore, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var transaction = connection.BeginTransaction(deferred: false);
        using var raiseFloor = SqliteCommands.Create(
            connection, transaction,
            "UPDATE sync_meta SET gc_floor = max(gc_floor, (SELECT ifnull(max(sync_seq), 0) FROM sync_tombstones WHERE deleted_at < $before))",
            ("$before", deletedBefore.ToUnixTimeSeconds()));
        raiseFloor.ExecuteNonQuery();
        using var purge = SqliteCommands.Create(
            connection, transaction, "DELETE FROM sync_tombstones WHERE deleted_at < $before", ("$before", deletedBefore.ToUnixTimeSeconds()));
        var count = purge.ExecuteNonQuery();
        transaction.Commit();
        logger.TombstonesPurged(count, deletedBefore);
        return count;
    }

    private async ValueTask<SqliteConnection> OpenAsync(CancellationToken cancellationToken) =>
        (SqliteConnection)await database.OpenConnectionAsync(cancellationToken);

    // The time in milliseconds, so that a database made anew does not meet the epoch of the one before.
    private long StartEpoch(SqliteTransaction transaction)
    {
        using var command = SqliteCommands.Create(
            transaction.Connection!, transaction,
            "UPDATE sync_meta SET epoch = max(epoch + 1, $now) RETURNING epoch", ("$now", time.GetUtcNow().ToUnixTimeMilliseconds()));
        return (long)command.ExecuteScalar()!;
    }

    private static Meta ReadMeta(SqliteTransaction transaction)
    {
        using var command = SqliteCommands.Create(transaction.Connection!, transaction, "SELECT epoch, sequence, gc_floor FROM sync_meta");
        using var reader = command.ExecuteReader();
        return reader.Read()
            ? new Meta(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2))
            : throw new InvalidOperationException("The change feed is not installed in this database: the app has to start before it is read.");
    }

    private static void Check(FeedPosition? position, Meta meta)
    {
        if (position is null)
            return;
        var sequence = position is SnapshotPosition snapshot ? snapshot.Horizon.Sequence : ((DeltaPosition)position).Version.Sequence;
        // A position that the sequence has not reached yet comes from before a backup was restored.
        if (position.Epoch != meta.Epoch || sequence > meta.Sequence)
            throw new CursorRefusedException(CursorRefusal.Epoch);
        if (sequence < meta.GcFloor)
            throw new CursorRefusedException(CursorRefusal.Purged);
    }

    private readonly record struct Meta(long Epoch, long Sequence, long GcFloor);
}
