using Collection.Sync.Abstractions;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// The change feed of a SQLite database. Triggers give every change the next number of one sequence, inside the
/// transaction that makes it; as there is one writer at a time, numbers become visible in their order, and reading
/// past a number never skips one that comes later.
/// </summary>
internal sealed class SqliteChangeFeed(SqliteDatabase database, TimeProvider time, ILogger<SqliteChangeFeed> logger) : IChangeFeed
{
    public string InstallScript(SyncedTable table) => SqliteInstaller.Script(table);

    public async ValueTask InstallAsync(SyncedTable table, CancellationToken cancellationToken)
    {
        var (installed, epoch) = await database.WriteAsync((transaction, _) =>
        {
            var installer = new SqliteInstaller((SqliteTransaction)transaction);
            installer.InstallDatabase(time.GetUtcNow().ToUnixTimeMilliseconds());
            var (installed, missedChanges) = installer.InstallTable(table);
            return ValueTask.FromResult((installed, missedChanges ? StartEpoch((SqliteTransaction)transaction) : (long?)null));
        }, cancellationToken);
        if (installed)
            logger.FeedInstalled(table.Schema.Name, table.Name);
        if (epoch is { } started)
            logger.EpochStarted(started);
    }

    public async ValueTask<FeedSlice> ReadAsync(
        FeedSource source, FeedPosition? after, int maxBytes, PageWriter page, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var transaction = connection.BeginTransaction(deferred: true);
        var query = new SqliteFeedQuery(source, transaction);
        var meta = ReadMeta(transaction, source.Table.Schema.Name);
        Check(after, meta);

        var position = after ?? new SnapshotPosition(
            meta.Epoch, new RowVersion(0, meta.Sequence), SnapshotPosition.BeforeFirst(source.Table.Schema), query.CountRows());
        if (position is SnapshotPosition snapshot)
        {
            var slice = query.ReadSnapshot(snapshot, maxBytes, page, cancellationToken);
            if (page.UpsertCount > 0)
                return slice;
            position = slice.Next;
        }

        return query.ReadDelta((DeltaPosition)position, meta.Sequence, maxBytes, page, cancellationToken);
    }

    public async ValueTask<DeltaPosition> ReadEndAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        using var command = new SqliteCommand("SELECT epoch, sequence FROM sync_meta", connection);
        using var reader = command.ExecuteReader();
        reader.Read();
        return new DeltaPosition(reader.GetInt64(0), new RowVersion(0, reader.GetInt64(1)));
    }

    // What a writer has not committed is not in the file.
    public ValueTask<HorizonLag> ReadLagAsync(CancellationToken cancellationToken) => ValueTask.FromResult(default(HorizonLag));

    public async ValueTask<long> StartEpochAsync(CancellationToken cancellationToken)
    {
        var epoch = await database.WriteAsync((transaction, _) => ValueTask.FromResult(StartEpoch((SqliteTransaction)transaction)), cancellationToken);
        logger.EpochStarted(epoch);
        return epoch;
    }

    public async ValueTask<int> PurgeTombstonesAsync(DateTimeOffset deletedBefore, CancellationToken cancellationToken)
    {
        var count = await database.WriteAsync((transaction, _) =>
        {
            var connection = (SqliteConnection)transaction.Connection!;
            (string, object)[] before = [("$before", deletedBefore.ToUnixTimeSeconds())];
            using var raiseFloors = SqliteCommands.Create(
                connection, (SqliteTransaction)transaction,
                """
                UPDATE sync_collections SET gc_floor = max(gc_floor, forgotten.sequence)
                FROM (SELECT collection, max(sync_seq) AS sequence FROM sync_tombstones WHERE deleted_at < $before GROUP BY collection) AS forgotten
                WHERE name = forgotten.collection
                """, before);
            raiseFloors.ExecuteNonQuery();
            using var purge = SqliteCommands.Create(
                connection, (SqliteTransaction)transaction, "DELETE FROM sync_tombstones WHERE deleted_at < $before", before);
            return ValueTask.FromResult(purge.ExecuteNonQuery());
        }, cancellationToken);
        logger.TombstonesPurged(count, deletedBefore);
        return count;
    }

    private async ValueTask<SqliteConnection> OpenAsync(CancellationToken cancellationToken) =>
        (SqliteConnection)await database.Connections.OpenConnectionAsync(cancellationToken);

    // The time in milliseconds, so that a database made anew does not meet the epoch of the one before.
    private long StartEpoch(SqliteTransaction transaction)
    {
        using var command = SqliteCommands.Create(
            transaction.Connection!, transaction,
            "UPDATE sync_meta SET epoch = max(epoch + 1, $now) RETURNING epoch", ("$now", time.GetUtcNow().ToUnixTimeMilliseconds()));
        return (long)command.ExecuteScalar()!;
    }

    private static Meta ReadMeta(SqliteTransaction transaction, string collection)
    {
        using var command = SqliteCommands.Create(
            transaction.Connection!, transaction,
            "SELECT epoch, sequence, sync_collections.gc_floor FROM sync_meta, sync_collections WHERE name = $collection", ("$collection", collection));
        using var reader = command.ExecuteReader();
        return reader.Read()
            ? new Meta(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2))
            : throw new InvalidOperationException($"The change feed of '{collection}' is not installed in this database: the app has to start before it is read.");
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
