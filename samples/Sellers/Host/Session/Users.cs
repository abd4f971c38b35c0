using Collection.Sync.AspNetCore;
using Microsoft.AspNetCore.Identity;
using Sellers.Host.Data;

namespace Sellers.Host.Session;

/// <summary>Somebody who may sign in.</summary>
internal sealed record User(string Name, string DisplayName);

/// <summary>The people who may sign in, each with a hashed password.</summary>
internal sealed class Users(SyncDatabase database, IPasswordHasher<User> hasher)
{
    /// <summary>The people of the demonstration: each one's password is the name.</summary>
    private static readonly User[] s_demonstration = [new("ada", "Ada Lovelace"), new("grace", "Grace Hopper")];

    private readonly string _nobodysHash = hasher.HashPassword(new User("", ""), Guid.NewGuid().ToString());

    /// <summary>Adds those of the demonstration who are not there yet.</summary>
    public async Task AddDemonstrationAsync(CancellationToken cancellationToken)
    {
        foreach (var user in s_demonstration)
        {
            var hash = hasher.HashPassword(user, user.Name);
            await database.WriteAsync((transaction, token) => transaction.ExecuteAsync(
                "INSERT INTO users (name, display_name, password_hash) VALUES (@name, @display_name, @hash) ON CONFLICT (name) DO NOTHING",
                [("name", user.Name), ("display_name", user.DisplayName), ("hash", hash)], token), cancellationToken);
        }
    }

    /// <summary>The user whose name and password these are, or null.</summary>
    public async Task<User?> FindAsync(string name, string password, CancellationToken cancellationToken)
    {
        await using var connection = await database.Connections.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT name, display_name, password_hash FROM users WHERE name = @name";
        // No name has a NUL in it, and PostgreSQL does not take one.
        command.AddParameter("name", name.Replace('\0', '\ufffd'));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var known = await reader.ReadAsync(cancellationToken);
        var user = known ? new User(reader.GetString(0), reader.GetString(1)) : new User("", "");

        // An unknown name takes as long as a wrong password, so that the time does not tell which it was.
        var result = hasher.VerifyHashedPassword(user, known ? reader.GetString(2) : _nobodysHash, password);
        return known && result != PasswordVerificationResult.Failed ? user : null;
    }
}
