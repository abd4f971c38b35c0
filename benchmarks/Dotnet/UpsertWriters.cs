using System.Data;
using System.Data.Common;
using Collection.Sync.AspNetCore;

namespace Collection.Benchmarks.Dotnet;

/// <summary>One way to write batches of found sellers.</summary>
internal interface IUpsertWriter : IAsyncDisposable
{
    UpsertTarget Target { get; }

    Task WriteAsync(FoundSeller[] batch, int number);
}

/// <summary>Ours, with the memory of written batches.</summary>
internal sealed class OurWriter(UpsertTarget target) : IUpsertWriter
{
    public UpsertTarget Target => target;

    public async Task WriteAsync(FoundSeller[] batch, int number) =>
        await target.Upsert.WriteAsync(FoundSeller.Table, new UpsertBatch(batch[0].RunId, number), batch, CancellationToken.None);

    public ValueTask DisposeAsync() => target.DisposeAsync();
}

/// <summary>What a team would write: a transaction a batch, and in it the prepared command once a row.</summary>
internal sealed class RowWriter(UpsertTarget target, DbConnection connection) : IUpsertWriter
{
    private DbCommand? _command;

    public UpsertTarget Target => target;

    public async Task WriteAsync(FoundSeller[] batch, int number)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        if (_command is null)
        {
            _command = connection.CreateCommand();
            _command.CommandText = RowUpsert.Sql;
            RowUpsert.AddParameters(_command.Parameters, _command.CreateParameter);
            _command.Transaction = transaction;
            await _command.PrepareAsync();
        }

        _command.Transaction = transaction;
        foreach (var seller in batch)
        {
            RowUpsert.SetValues(_command.Parameters, seller);
            await _command.ExecuteNonQueryAsync();
        }

        await transaction.CommitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_command is not null)
            await _command.DisposeAsync();
        await connection.DisposeAsync();
        await target.DisposeAsync();
    }
}

/// <summary>The same for a server across a network, by somebody who knows that round trips cost: all commands sent at once.</summary>
internal sealed class PipelinedWriter(UpsertTarget target, DbConnection connection) : IUpsertWriter
{
    private DbBatch? _commands;

    public UpsertTarget Target => target;

    public async Task WriteAsync(FoundSeller[] batch, int number)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        if (_commands is null)
        {
            _commands = connection.CreateBatch();
            for (var i = 0; i < batch.Length; i++)
            {
                var command = _commands.CreateBatchCommand();
                command.CommandText = RowUpsert.Sql;
                RowUpsert.AddParameters(command.Parameters, command.CreateParameter);
                _commands.BatchCommands.Add(command);
            }

            await _commands.PrepareAsync();
        }

        for (var i = 0; i < batch.Length; i++)
            RowUpsert.SetValues(_commands.BatchCommands[i].Parameters, batch[i]);
        await _commands.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_commands is not null)
            await _commands.DisposeAsync();
        await connection.DisposeAsync();
        await target.DisposeAsync();
    }
}

/// <summary>The statement of the peers, which follows the same rules as ours.</summary>
internal static class RowUpsert
{
    public const string Sql =
        """
        INSERT INTO sellers (normalized_name, platform, display_name, times_seen, feedback_percent, feedback_count, flagged, platform_id, created_at, updated_at, last_seen_run_id)
        VALUES (@name, @platform, @display, 1, @percent, @count, @flagged, @platform_id, @at, @at, @run)
        ON CONFLICT (normalized_name, platform) DO UPDATE SET
            times_seen = sellers.times_seen + 1, feedback_percent = excluded.feedback_percent, feedback_count = excluded.feedback_count,
            updated_at = excluded.updated_at, last_seen_run_id = excluded.last_seen_run_id
        """;

    private static readonly (string Name, DbType Type, Func<FoundSeller, object?> Value)[] s_parameters =
    [
        ("name", DbType.String, seller => seller.NormalizedName),
        ("platform", DbType.String, seller => seller.Platform),
        ("display", DbType.String, seller => seller.DisplayName),
        ("percent", DbType.Double, seller => seller.FeedbackPercent),
        ("count", DbType.Int32, seller => seller.FeedbackCount),
        ("flagged", DbType.Boolean, seller => seller.Flagged),
        ("platform_id", DbType.String, seller => seller.PlatformId),
        ("at", DbType.Int64, seller => seller.FoundAt),
        ("run", DbType.Int64, seller => seller.RunId),
    ];

    public static void AddParameters(DbParameterCollection parameters, Func<DbParameter> create)
    {
        foreach (var (name, type, _) in s_parameters)
        {
            var parameter = create();
            (parameter.ParameterName, parameter.DbType, parameter.Value) = (name, type, DBNull.Value);
            parameters.Add(parameter);
        }
    }

    public static void SetValues(DbParameterCollection parameters, FoundSeller seller)
    {
        for (var i = 0; i < s_parameters.Length; i++)
            parameters[i].Value = s_parameters[i].Value(seller) ?? DBNull.Value;
    }
}
