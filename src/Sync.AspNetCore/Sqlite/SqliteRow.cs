using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// The row that a reader stands on, by SQLite's own functions. The wrapper in between counts references on the
/// statement at each call, which for a feed is a quarter of its whole time. Good for as long as the reader is open.
/// </summary>
/// <remarks>https://sqlite.org/c3ref/column_blob.html</remarks>
internal readonly struct SqliteRow(SqliteDataReader reader)
{
    private const string Library = "e_sqlite3";

    private readonly nint _statement = reader.Handle!.DangerousGetHandle();

    /// <summary>The type of a value: one of SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_BLOB and SQLITE_NULL.</summary>
    public int Type(int column) => sqlite3_column_type(_statement, column);

    public long Integer(int column) => sqlite3_column_int64(_statement, column);

    public double Float(int column) => sqlite3_column_double(_statement, column);

    /// <summary>The bytes of a text in UTF-8, until the reader moves on.</summary>
    public unsafe ReadOnlySpan<byte> Text(int column)
    {
        var text = sqlite3_column_text(_statement, column);
        return new ReadOnlySpan<byte>((void*)text, sqlite3_column_bytes(_statement, column));
    }

    [DllImport(Library), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int sqlite3_column_type(nint statement, int column);

    [DllImport(Library), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long sqlite3_column_int64(nint statement, int column);

    [DllImport(Library), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern double sqlite3_column_double(nint statement, int column);

    [DllImport(Library), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint sqlite3_column_text(nint statement, int column);

    [DllImport(Library), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int sqlite3_column_bytes(nint statement, int column);
}
