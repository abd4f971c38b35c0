using Microsoft.Data.Sqlite;

namespace Collection.Benchmarks;

/// <summary>A copy of the data for one run, in a folder of its own that goes with it.</summary>
internal sealed class DatabaseCopy : IDisposable
{
    private readonly DirectoryInfo _folder;

    /// <summary>Copies a database.</summary>
    public DatabaseCopy(string original)
    {
        // Beside the data and not in the folder for temporary files, which may be in memory.
        _folder = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(original))!, $"run-{Environment.ProcessId}"));
        File = Path.Combine(_folder.FullName, "copy.db");
        Copy(original, File);
    }

    /// <summary>The copy.</summary>
    public string File { get; }

    /// <summary>Room for other files of the run.</summary>
    public string Folder => _folder.FullName;

    /// <summary>Makes a further copy of the data as it is now, which goes with the folder.</summary>
    /// <returns>The file.</returns>
    public string MakeAnother(string name)
    {
        var another = Path.Combine(_folder.FullName, $"{name}.db");
        Copy(File, another);
        return another;
    }

    /// <summary>Opens a connection to the copy, which the caller closes.</summary>
    public SqliteConnection Open() => Open(File);

    /// <inheritdoc/>
    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Delete(recursive: true);
    }

    private static void Copy(string from, string to)
    {
        using var connection = Open(from);
        using var command = connection.CreateCommand();
        command.CommandText = "VACUUM INTO $copy";
        command.Parameters.AddWithValue("$copy", to);
        command.ExecuteNonQuery();
    }

    private static SqliteConnection Open(string file)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }
}
