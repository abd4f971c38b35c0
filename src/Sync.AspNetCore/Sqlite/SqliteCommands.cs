using Microsoft.Data.Sqlite;

namespace Collection.Sync.AspNetCore;

/// <summary>Commands with their parameters in one expression.</summary>
internal static class SqliteCommands
{
    /// <summary>Makes a command. The SQL holds no value but in parameters, and no name but a checked one.</summary>
    public static SqliteCommand Create(
        SqliteConnection connection, SqliteTransaction transaction, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = new SqliteCommand(sql, connection, transaction);
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        return command;
    }
}
