using System.Globalization;
using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>The databases that every contract holds for. Public, since xunit's test classes are.</summary>
public enum DatabaseKind
{
    Sqlite,
    Postgres,
}

/// <summary>A database of a test's own, with a folder for the keys of the servers over it.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private TestDatabase(DatabaseKind kind, DirectoryInfo folder, string connectionString)
    {
        Kind = kind;
        Folder = folder;
        ConnectionString = connectionString;
    }

    public DatabaseKind Kind { get; }

    public DirectoryInfo Folder { get; }

    public string ConnectionString { get; }

    /// <summary>A table with one column of each kind: <see cref="SyncServer.Items"/>.</summary>
    public string CreateItems => Kind == DatabaseKind.Sqlite
        ? """
          CREATE TABLE items (
              id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, note TEXT COLLATE NOCASE, done INTEGER NOT NULL,
              count INTEGER NOT NULL CHECK (count < 1000000), size INTEGER, weight REAL, made_at INTEGER NOT NULL)
          """
        : """
          CREATE TABLE items (
              id bigint NOT NULL PRIMARY KEY, name text NOT NULL, note text, done boolean NOT NULL,
              count integer NOT NULL CHECK (count < 1000000), size bigint, weight double precision, made_at timestamptz NOT NULL)
          """;

    /// <summary>A streaming replica to read from, if there is one.</summary>
    public string? Replica { get; init; }

    public static async Task<TestDatabase> CreateAsync(DatabaseKind kind, PostgresServer? server = null)
    {
        var folder = Directory.CreateTempSubdirectory("sync-");
        var connectionString = kind == DatabaseKind.Sqlite
            ? $"Data Source={Path.Combine(folder.FullName, "test.db")}"
            : await (server ?? await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        return new TestDatabase(kind, folder, connectionString);
    }

    /// <summary>One that is there, made by another process.</summary>
    public static TestDatabase Open(DatabaseKind kind, string folder, string connectionString) => new(kind, new DirectoryInfo(folder), connectionString);

    /// <summary>The same, read from a replica where that has come far enough. It is not disposed of.</summary>
    public TestDatabase ReadFrom(string replica) => new(Kind, Folder, ConnectionString) { Replica = replica };

    public void Configure(CollectionSyncOptions sync)
    {
        if (Kind == DatabaseKind.Sqlite)
            sync.UseSqlite(ConnectionString);
        else
            sync.UsePostgres(ConnectionString, Replica);
    }

    /// <summary>Rows in several scripts, some without the values that may be missing.</summary>
    public string InsertItems(int first, int count)
    {
        var (done, madeAt) = Kind == DatabaseKind.Sqlite
            ? ("i % 2", "1700000000000000 + i")
            : ("i % 2 = 1", "to_timestamp(1700000000) + i * interval '1 microsecond'");
        return string.Create(CultureInfo.InvariantCulture, $"""
            WITH RECURSIVE n(i) AS (SELECT {first} WHERE {count} > 0 UNION ALL SELECT i + 1 FROM n WHERE i < {first + count - 1})
            INSERT INTO items (id, name, note, done, count, size, weight, made_at)
            SELECT i, 'Ärger ﬁn Łódź 商店 ' || i, CASE WHEN i % 3 <> 0 THEN 'Note ' || i END, {done}, i % 1000 - 500,
                CASE WHEN i % 5 <> 0 THEN CAST(i AS bigint) * 1000000007 END, CASE WHEN i % 7 <> 0 THEN i / 8.0 END, {madeAt}
            FROM n
            """);
    }

    /// <summary>SQL for an instant, in microseconds since 1970.</summary>
    public string Instant(long microseconds) =>
        Kind == DatabaseKind.Sqlite ? $"{microseconds}" : $"to_timestamp(0) + {microseconds} * interval '1 microsecond'";

    /// <summary>SQL for a text of the given character, repeated.</summary>
    public string Repeat(int character, string times) => Kind == DatabaseKind.Sqlite
        ? $"replace(substr(hex(zeroblob({times})), 1, {times}), '0', char({character}))"
        : $"repeat(chr({character}), ({times})::integer)";

    /// <summary>A value as a page has it.</summary>
    public static object? Normalize(FieldSchema field, object? value) => value switch
    {
        null or DBNull => null,
        DateTime instant => Microseconds.From(instant),
        _ when field.Kind == FieldKind.Boolean => Convert.ToBoolean(value, CultureInfo.InvariantCulture),
        int number => (long)number,
        _ => value,
    };

    public ValueTask DisposeAsync()
    {
        Folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
