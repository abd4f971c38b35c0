using System.Data.Common;
using Npgsql;

namespace Sellers.Host.Data;

/// <summary>
/// Hosts that share a PostgreSQL and start at the same moment prepare it one after the other, so that the second one
/// finds the tables and the sellers of the first. A SQLite file is one host's alone, and needs no turns.
/// </summary>
internal sealed class PreparationTurn : IAsyncDisposable
{
    // Any number serves that nobody else locks: "sellers", in letters of eight bits.
    private const long Lock = 0x73656c6c657273;

    private readonly NpgsqlConnection? _connection;

    private PreparationTurn(NpgsqlConnection? connection) => _connection = connection;

    /// <summary>Waits for as long as another host prepares the database.</summary>
    public static async Task<PreparationTurn> TakeAsync(DbDataSource database, CancellationToken cancellationToken)
    {
        if (database is not NpgsqlDataSource postgres)
            return new PreparationTurn(null);
        var connection = await postgres.OpenConnectionAsync(cancellationToken);
        try
        {
            // Of the session, not of a transaction: making up sellers takes longer than servers let transactions idle.
            await ExecuteAsync(connection, "SELECT pg_advisory_lock(@lock)", cancellationToken);
            return new PreparationTurn(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets the next one in. The connection goes back to its pool, which would keep the lock.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_connection is null)
            return;
        await ExecuteAsync(_connection, "SELECT pg_advisory_unlock(@lock)", CancellationToken.None);
        await _connection.DisposeAsync();
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.AddParameter("lock", Lock);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
