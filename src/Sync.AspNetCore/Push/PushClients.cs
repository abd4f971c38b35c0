using System.Data.Common;
using Microsoft.AspNetCore.Http;

namespace Collection.Sync.AspNetCore;

/// <summary>Who sends edits, how far each one's have been taken, and what was refused.</summary>
internal sealed class PushClients(SyncDatabase database)
{
    /// <summary>Makes or locks the client's row until the transaction ends, so that its batches come one after the other.</summary>
    /// <returns>The last mutation that was taken; 0 for an unknown client.</returns>
    /// <exception cref="PushRefusedException">The client is somebody else's.</exception>
    public static async ValueTask<long> LockAsync(
        DbTransaction transaction, string clientId, string owner, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = transaction.Command(
            """
            INSERT INTO sync_clients (client_id, owner, last_id, seen_at) VALUES (@client, @owner, 0, @now)
            ON CONFLICT (client_id) DO UPDATE SET seen_at = excluded.seen_at WHERE sync_clients.owner = excluded.owner
            RETURNING last_id
            """,
            ("client", clientId), ("owner", owner), ("now", now.ToUnixTimeSeconds()));
        return await command.ExecuteScalarAsync(cancellationToken) as long?
            ?? throw new PushRefusedException(
                StatusCodes.Status403Forbidden, "client",
                "This client id belongs to another user: make a new one for each user, and number its mutations from 1.");
    }

    public static async ValueTask SaveAsync(DbTransaction transaction, string clientId, long lastId, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            "UPDATE sync_clients SET last_id = @last WHERE client_id = @client", [("last", lastId), ("client", clientId)], cancellationToken);

    /// <summary>
    /// The refusals from <paramref name="firstId"/> on. Those before are dropped: by sending on, the client has shown
    /// that it knows of them.
    /// </summary>
    public static async ValueTask<Dictionary<long, EditResult>> ReadRejectionsAsync(
        DbTransaction transaction, string clientId, long firstId, CancellationToken cancellationToken)
    {
        await using var command = transaction.Command(
            """
            DELETE FROM sync_rejections WHERE client_id = @client AND mutation_id < @first;
            SELECT mutation_id, reason, detail FROM sync_rejections WHERE client_id = @client
            """,
            ("client", clientId), ("first", firstId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rejections = new Dictionary<long, EditResult>();
        while (await reader.ReadAsync(cancellationToken))
            rejections.Add(reader.GetInt64(0), EditResult.Rejected(reader.GetInt64(0), reader.GetString(1), reader.GetString(2)));
        return rejections;
    }

    public static async ValueTask AddRejectionAsync(DbTransaction transaction, string clientId, EditResult rejection, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            "INSERT INTO sync_rejections (client_id, mutation_id, reason, detail) VALUES (@client, @id, @reason, @detail)",
            [("client", clientId), ("id", rejection.Id), ("reason", rejection.Reason), ("detail", rejection.Detail)], cancellationToken);

    /// <summary>
    /// Forgets clients that have sent nothing for a time. One that comes back after all is told that its order is
    /// wrong, and goes on under a new id; an edit whose answer it had lost is then applied a second time.
    /// </summary>
    /// <returns>How many were forgotten.</returns>
    public ValueTask<int> ForgetClientsAsync(DateTimeOffset seenBefore, CancellationToken cancellationToken) => database.WriteAsync(
        async (transaction, cancellationToken) =>
        {
            var count = await transaction.ExecuteAsync(
                "DELETE FROM sync_clients WHERE seen_at < @before", [("before", seenBefore.ToUnixTimeSeconds())], cancellationToken);
            await transaction.ExecuteAsync(
                "DELETE FROM sync_rejections WHERE NOT EXISTS (SELECT 1 FROM sync_clients WHERE sync_clients.client_id = sync_rejections.client_id)",
                [], cancellationToken);
            return count;
        },
        cancellationToken);
}
