using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Sellers.Host;

/// <summary>What the host was asked to do.</summary>
/// <param name="DataFolder">Where the database and the keys are; created if missing.</param>
/// <param name="Sellers">How many sellers to make up where there are none.</param>
/// <param name="ImportFile">A file to load instead, or null.</param>
internal sealed record HostSettings(DirectoryInfo DataFolder, int Sellers, FileInfo? ImportFile)
{
    public const string Usage =
        """
        Usage: Sellers.Host [--data DIR] [--sellers N | --import FILE.csv] [--urls URL]
          --data DIR          Database and keys; created if missing. Default: data
          --sellers N         Makes up N sellers if there are none, 0 to 5000000. Default: 10000
          --import FILE.csv   Loads sellers from a file: UTF-8, with a header that names display_name and platform
          --urls URL          Where to listen. Default: http://127.0.0.1:5080
        """;

    /// <summary>The database, in the data folder.</summary>
    public string ConnectionString => new SqliteConnectionStringBuilder { DataSource = Path.Combine(DataFolder.FullName, "sellers.db") }.ToString();

    /// <summary>The keys that sign cookies and cursors, in the data folder.</summary>
    public DirectoryInfo KeyFolder => new(Path.Combine(DataFolder.FullName, "keys"));

    private const int MaxSellers = 5_000_000;
    private const int DefaultSellers = 10_000;
    private static readonly string[] s_own = ["data", "sellers", "import", "urls"];
    private static readonly string[] s_ofTheFramework = ["environment", "contentRoot", "applicationName"];

    /// <summary>Creates the folders that are missing; the keys are for nobody else to read.</summary>
    public void CreateFolders()
    {
        DataFolder.Create();
        if (OperatingSystem.IsWindows())
            KeyFolder.Create();
        else
            Directory.CreateDirectory(KeyFolder.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Reads the settings.</summary>
    /// <param name="args">The command line, for names that nobody knows.</param>
    /// <param name="configuration">The settings, from the command line or elsewhere.</param>
    /// <param name="settings">What they say, if they are good.</param>
    /// <param name="problem">What is wrong otherwise, and what to do.</param>
    public static bool TryRead(
        string[] args, IConfiguration configuration, [NotNullWhen(true)] out HostSettings? settings, [NotNullWhen(false)] out string? problem)
    {
        settings = null;
        problem = FindUnknown(args);
        var sellers = DefaultSellers;
        if (configuration["sellers"] is { } number
            && (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out sellers) || sellers > MaxSellers))
            problem ??= $"--sellers takes a whole number from 0 to {MaxSellers}, not '{number}'.";
        if (configuration["sellers"] is not null && configuration["import"] is not null)
            problem ??= "--sellers makes sellers up, --import loads real ones: give one of the two.";
        if (configuration["import"] is { } file && !File.Exists(file))
            problem ??= $"--import: there is no file '{file}'.";
        if (configuration["data"] is { } folder && (folder.Length == 0 || File.Exists(folder)))
            problem ??= $"--data takes a folder, not '{folder}'.";
        if (problem is not null)
            return false;
        settings = new HostSettings(
            new DirectoryInfo(configuration["data"] ?? "data"), sellers, configuration["import"] is { } import ? new FileInfo(import) : null);
        return true;
    }

    // The configuration takes any name: a misspelt one would be passed over in silence.
    private static string? FindUnknown(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i].StartsWith("--", StringComparison.Ordinal) ? args[i][2..].Split('=')[0] : null;
            if (name is null || (!name.Contains(':', StringComparison.Ordinal) && !s_own.Concat(s_ofTheFramework).Contains(name, StringComparer.OrdinalIgnoreCase)))
                return $"'{args[i]}' is not an option.\n{Usage}";
            if (!args[i].Contains('=', StringComparison.Ordinal) && (++i == args.Length || args[i].StartsWith("--", StringComparison.Ordinal)))
                return $"--{name} wants a value.\n{Usage}";
        }

        return null;
    }
}
