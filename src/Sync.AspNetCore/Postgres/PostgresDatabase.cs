using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Data.Common;
using Collection.Sync.Abstractions;
using Npgsql;

namespace Collection.Sync.AspNetCore;

/// <summary>A PostgreSQL database, 14 or later: one server that writes, and perhaps others that follow it and are read from.</summary>
internal sealed class PostgresDatabase(NpgsqlDataSource primary, NpgsqlDataSource? replicas) : SyncDatabase, IDisposable
{
    private readonly ConcurrentDictionary<string, ImmutableArray<PostgresColumn>> _columns = new(StringComparer.Ordinal);

    private readonly PostgresAnnouncer _announcer = new(primary);

    public override NpgsqlDataSource Connections => primary;

    /// <summary>Followers to read from, or null.</summary>
    public NpgsqlDataSource? Replicas => replicas;

    internal override string LockRow => " FOR UPDATE";

    /// <summary>The columns of a table, looked up once: an app restarts after its tables have changed.</summary>
    public async ValueTask<ImmutableArray<PostgresColumn>> ColumnsAsync(SyncedTable table, CancellationToken cancellationToken)
    {
        if (_columns.TryGetValue(table.Name, out var columns) && columns.Length == table.Schema.Fields.Length)
            return columns;
        await using var connection = await primary.OpenConnectionAsync(cancellationToken);
        var loaded = await PostgresColumn.LoadAsync(connection, table.Name, cancellationToken);
        return _columns[table.Name] = table.Schema.Fields.All(field => loaded.ContainsKey(field.Name))
            ? [.. table.Schema.Fields.Select(field => loaded[field.Name])]
            : throw new InvalidOperationException($"Table '{table.Name}' lacks columns of collection '{table.Schema.Name}': the app has to start before it is read.");
    }

    public void Dispose()
    {
        _announcer.Dispose();
        primary.Dispose();
        replicas?.Dispose();
    }

    internal override async ValueTask<object> ToColumnAsync(SyncedTable table, FieldSchema field, object value, CancellationToken cancellationToken) =>
        value is long microseconds && field.Kind == FieldKind.Timestamp && (await ColumnAsync(table, field, cancellationToken)).IsTimestamp
            ? Microseconds.ToInstant(microseconds)
            : value;

    internal override async ValueTask<string> ToColumnSqlAsync(SyncedTable table, FieldSchema field, string parameter, CancellationToken cancellationToken) =>
        $"CAST({parameter} AS {(await ColumnAsync(table, field, cancellationToken)).Type})";

    internal override async ValueTask ReadRowsAsync(
        FeedSource source, IReadOnlyCollection<RowKey> keys, PageWriter page, DbTransaction transaction, CancellationToken cancellationToken)
    {
        var columns = await ColumnsAsync(source.Table, cancellationToken);
        await new PostgresFeedQuery(source, columns, (NpgsqlConnection)transaction.Connection!).ReadRowsAsync(keys, page, cancellationToken);
    }

    internal override Task WatchAsync(Action changed, CancellationToken cancellationToken) =>
        PostgresWatch.RunAsync(this, changed, cancellationToken);

    private protected override async ValueTask<T> WriteOnceAsync<T>(Func<DbTransaction, CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        await using var connection = await primary.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var result = await work(transaction, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        await transaction.CommitAsync(CancellationToken.None);
        _announcer.Announce();
        return result;
    }

    private protected override bool IsWorthRepeating(DbException error) =>
        error is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure };

    private async ValueTask<PostgresColumn> ColumnAsync(SyncedTable table, FieldSchema field, CancellationToken cancellationToken) =>
        (await ColumnsAsync(table, cancellationToken))[table.Schema.IndexOf(field.Name)];
}
