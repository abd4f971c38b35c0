using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using SQLitePCL;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// Tells a value that the database will never take from trouble that passes. Both databases name the constraint and not
/// the rows that it protects; what PostgreSQL says of those stands in its Detail, which is left out.
/// </summary>
internal static class DatabaseRefusal
{
    private const int MaxLength = 500;

    /// <summary>
    /// Begins the part of a transaction that may be taken back. Constraints that would speak up only at the commit, when
    /// it is too late to blame an edit, are looked at with each.
    /// </summary>
    public static string FirstSavepoint(DbTransaction transaction) =>
        transaction is NpgsqlTransaction ? "SET CONSTRAINTS ALL IMMEDIATE; SAVEPOINT edit" : "SAVEPOINT edit";

    /// <summary>Why the value was refused, or null where it was not the value's fault.</summary>
    public static string? Of(DbException error) => error switch
    {
        // Data exceptions, constraints, limits such as that of an index entry, check options, and what triggers raise.
        PostgresException { SqlState: ['2', '2' or '3', ..] or ['5', '4', ..] or ['4', '4', ..] or ['P', '0', ..] } refused => Short(refused.MessageText),
        SqliteException { SqliteErrorCode: raw.SQLITE_CONSTRAINT or raw.SQLITE_MISMATCH or raw.SQLITE_TOOBIG } refused => Short(refused.Message),
        _ => null,
    };

    /// <summary>The same for SQLite's deferred foreign keys, which do not obey a statement as PostgreSQL's do.</summary>
    public static string? OfDeferred(DbTransaction transaction)
    {
        if (transaction is not SqliteTransaction { Connection.Handle: { } handle })
            return null;
        raw.sqlite3_db_status(handle, raw.SQLITE_DBSTATUS_DEFERRED_FKS, out var unresolved, out _, 0);
        return unresolved == 0 ? null : "FOREIGN KEY constraint failed";
    }

    private static string Short(string message) => message.Length <= MaxLength ? message : message[..MaxLength];
}
