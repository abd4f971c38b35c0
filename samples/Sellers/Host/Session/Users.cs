using System.Data.Common;
using Microsoft.AspNetCore.Identity;
using Sellers.Host.Data;

namespace Sellers.Host.Session;

/// <summary>Somebody who may sign in.</summary>
internal sealed record User(string Name, string DisplayName);

/// <summary>The people who may sign in, each with a hashed password.</summary>
internal sealed class Users(DbDataSource database, IPasswordHasher<User> hasher)
{
    /// <summary>The people of the demonstration: each one's password is the name.</summary>
    private static readonly User[] s_demonstration = [new("ada", "Ada Lovelace"), new("grace", "Grace Hopper")];

    private readonly string _nobodysHash = hasher.HashPassword(new User("", ""), Guid.NewGuid().ToString());

    /// <summary>Adds those of the demonstration who are not there yet.</summary>
    public async Task AddDemonstrationAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        foreach (var user in s_demonstration)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "INSERT INTO users (name, display_name, password_hash) VALUES ($name, $display_name, $hash) ON CONFLICT (name) DO NOTHING";
            command.AddParameter("$name", user.Name);
            command.AddParameter("$display_name", user.DisplayName);
            command.AddParameter("$hash", hasher.HashPassword(user, user.Name));
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>The user whose name and password these are, or null.</summary>
    public async Task<User?> FindAsync(string name, string password, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT name, display_name, password_hash FROM users WHERE name = $name";
        command.AddParameter("$name", name);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var known = await reader.ReadAsync(cancellationToken);
        var user = known ? new User(reader.GetString(0), reader.GetString(1)) : new User("", "");

        // An unknown name takes as long as a wrong password, so that the time does not tell which it was.
        var result = hasher.VerifyHashedPassword(user, known ? reader.GetString(2) : _nobodysHash, password);
        return known && result != PasswordVerificationResult.Failed ? user : null;
    }
}
