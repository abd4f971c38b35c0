using System.Data.Common;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// The database of the synced tables, for whoever writes to them. Writing through it is never necessary, since triggers
/// notice every change; it saves the waiting for locks and the repeating after deadlocks, and lets streams hear of the
/// change at once. Made by <c>UseSqlite</c> or <c>UsePostgres</c>. Safe for concurrent calls.
/// </summary>
public abstract class SyncDatabase
{
    private const int MaxAttempts = 8;

    private protected SyncDatabase()
    {
    }

    /// <summary>Connections for reading, with the right settings; also registered by itself.</summary>
    public abstract DbDataSource Connections { get; }

    /// <summary>Raised after a commit of <see cref="WriteAsync{T}"/>, on the writer's thread.</summary>
    internal event Action? Committed;

    /// <summary>
    /// Runs <paramref name="work"/> in a write transaction, and commits. Where the database gives up on the transaction
    /// for the sake of others (a deadlock, a conflict between two snapshots), all of it runs again, a few times; so it
    /// must do nothing but write to the transaction. On SQLite writers take turns in the order in which they came.
    /// </summary>
    /// <param name="work">What to do. It neither commits nor rolls back.</param>
    /// <param name="cancellationToken">Gives up, before the commit begins.</param>
    /// <exception cref="DbException">The database refused. Nothing was written, unless the connection broke during the commit itself: only looking tells then.</exception>
    public async ValueTask<T> WriteAsync<T>(Func<DbTransaction, CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var result = await WriteOnceAsync(work, cancellationToken);
                Committed?.Invoke();
                return result;
            }
            catch (DbException e) when (attempt < MaxAttempts && IsWorthRepeating(e))
            {
            }
        }
    }

    /// <summary>Appended to a SELECT that reads a row in order to change it.</summary>
    internal abstract string LockRow { get; }

    /// <summary>A value as the column of a field takes it: a bool, long, double or string; a long in microseconds for an instant.</summary>
    internal abstract ValueTask<object> ToColumnAsync(SyncedTable table, FieldSchema field, object value, CancellationToken cancellationToken);

    /// <summary>What a parameter becomes in SQL that sets the column of a field, such as <c>CAST(@p AS citext)</c>.</summary>
    internal abstract ValueTask<string> ToColumnSqlAsync(SyncedTable table, FieldSchema field, string parameter, CancellationToken cancellationToken);

    /// <summary>Writes the rows with the given keys to a page, as the transaction sees them; those that are not there, or not let through, are left out.</summary>
    internal abstract ValueTask ReadRowsAsync(FeedSource source, IReadOnlyCollection<RowKey> keys, PageWriter page, DbTransaction transaction, CancellationToken cancellationToken);

    /// <summary>Calls <paramref name="changed"/> whenever something may have been committed, by whomever, until cancelled. May call it in vain; must not miss a commit for longer than a second.</summary>
    internal abstract Task WatchAsync(Action changed, CancellationToken cancellationToken);

    private protected abstract ValueTask<T> WriteOnceAsync<T>(Func<DbTransaction, CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken);

    /// <summary>True where the transaction is known to be rolled back and would succeed later.</summary>
    private protected abstract bool IsWorthRepeating(DbException error);
}
