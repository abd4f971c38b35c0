using System.Security.Claims;
using System.Security.Cryptography;
using Collection.Sync.Abstractions;
using Collection.Sync.AspNetCore;
using Sellers.Host.Data;

namespace Sellers.Host.Session;

/// <summary>
/// Who is signed in, kept in the database: a cookie only names a session, so that signing out takes effect at once, on
/// every host, also for copies of the cookie.
/// </summary>
internal sealed class Sessions(SyncDatabase database, TimeProvider time)
{
    /// <summary>The claim that names the session.</summary>
    public const string IdClaim = "session";

    /// <summary>How long a session lasts after it was last used, within half of that.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(14);

    private const int IdBytes = 16;

    /// <summary>Begins a session, and ends the one that it replaces.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="replaced">Who was signed in until now in the same browser; nobody's session may be in it.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <returns>The id of the session, which nobody can guess.</returns>
    public async Task<string> OpenAsync(User user, ClaimsPrincipal replaced, CancellationToken cancellationToken)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        var now = time.GetUtcNow();
        await database.WriteAsync(async (transaction, token) =>
        {
            // Those that are over go with it: as many come as go.
            await transaction.ExecuteAsync(
                "DELETE FROM sessions WHERE expires_at <= @now OR id = @replaced",
                [("now", Microseconds.From(now)), ("replaced", IdOf(replaced) ?? "")], token);
            return await transaction.ExecuteAsync(
                "INSERT INTO sessions (id, user_name, created_at, expires_at) VALUES (@id, @user, @now, @expires)",
                [("id", id), ("user", user.Name), ("now", Microseconds.From(now)), ("expires", Microseconds.From(now + Lifetime))], token);
        }, cancellationToken);
        return id;
    }

    /// <summary>How long the person's session goes on; null where there is none, or none any more.</summary>
    public async ValueTask<TimeSpan?> FindRemainingAsync(ClaimsPrincipal? person, CancellationToken cancellationToken)
    {
        if (IdOf(person) is not { } id)
            return null;
        await using var connection = await database.Connections.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT expires_at FROM sessions WHERE id = @id AND user_name = @user";
        command.AddParameter("id", id);
        command.AddParameter("user", person!.FindFirstValue(ClaimTypes.NameIdentifier));
        if (await command.ExecuteScalarAsync(cancellationToken) is not long expires)
            return null;
        var remaining = Microseconds.ToInstant(expires) - time.GetUtcNow();
        return remaining > TimeSpan.Zero ? remaining : null;
    }

    /// <summary>Lets a session go on for another <see cref="Lifetime"/>; does nothing where it has been ended meanwhile.</summary>
    public async Task ExtendAsync(ClaimsPrincipal person, CancellationToken cancellationToken)
    {
        var expires = Microseconds.From(time.GetUtcNow() + Lifetime);
        await database.WriteAsync(
            (transaction, token) => transaction.ExecuteAsync("UPDATE sessions SET expires_at = @expires WHERE id = @id", [("expires", expires), ("id", IdOf(person)!)], token),
            cancellationToken);
    }

    /// <summary>Ends the person's session.</summary>
    public async Task CloseAsync(ClaimsPrincipal person, CancellationToken cancellationToken) => await database.WriteAsync(
        (transaction, token) => transaction.ExecuteAsync("DELETE FROM sessions WHERE id = @id", [("id", IdOf(person) ?? "")], token), cancellationToken);

    private static string? IdOf(ClaimsPrincipal? person) => person?.FindFirstValue(IdClaim);
}
