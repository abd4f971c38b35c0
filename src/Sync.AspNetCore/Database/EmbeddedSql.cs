namespace Collection.Sync.AspNetCore;

/// <summary>The SQL files of this package.</summary>
internal static class EmbeddedSql
{
    /// <param name="name">Folder and file, such as <c>Sqlite/Database.sql</c>.</param>
    public static string Read(string name)
    {
        using var stream = typeof(EmbeddedSql).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The resource {name} is missing from the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
