using System.Data.Common;
using Collection.Sync.Abstractions;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Collection.Sync.AspNetCore;

/// <summary>A SQLite database file, with one queue for all who write to it from this process.</summary>
internal sealed class SqliteDatabase(string connectionString) : SyncDatabase, IDisposable
{
    // Without the queue, writers wait by sleeping and trying again, and the unlucky one times out.
    private readonly SemaphoreSlim _turn = new(1, 1);

    public override DbDataSource Connections { get; } = new SqliteDataSource(connectionString);

    // A write transaction is alone from its start.
    internal override string LockRow => "";

    public void Dispose()
    {
        Connections.Dispose();
        _turn.Dispose();
    }

    internal override ValueTask<object> ToColumnAsync(SyncedTable table, FieldSchema field, object value, CancellationToken cancellationToken) =>
        ValueTask.FromResult(value);

    internal override ValueTask<string> ToColumnSqlAsync(SyncedTable table, FieldSchema field, string parameter, CancellationToken cancellationToken) =>
        ValueTask.FromResult(parameter);

    internal override ValueTask ReadRowsAsync(
        FeedSource source, IReadOnlyCollection<RowKey> keys, PageWriter page, DbTransaction transaction, CancellationToken cancellationToken)
    {
        new SqliteFeedQuery(source, (SqliteTransaction)transaction).ReadRows(keys, page, cancellationToken);
        return ValueTask.CompletedTask;
    }

    internal override Task WatchAsync(Action changed, CancellationToken cancellationToken) =>
        SqliteWatch.RunAsync(this, changed, cancellationToken);

    private protected override async ValueTask<T> WriteOnceAsync<T>(Func<DbTransaction, CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await using var connection = (SqliteConnection)await Connections.OpenConnectionAsync(cancellationToken);
            // Immediate: a transaction that reads first and writes later would fail where another one has written between.
            await using var transaction = connection.BeginTransaction(deferred: false);
            var result = await work(transaction, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            transaction.Commit();
            return result;
        }
        finally
        {
            _turn.Release();
        }
    }

    // Another process has written for longer than the busy timeout.
    private protected override bool IsWorthRepeating(DbException error) => error is SqliteException { SqliteErrorCode: raw.SQLITE_BUSY };
}
