using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Collection.Sync.AspNetCore;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Sellers.Host;

/// <summary>What the host was asked to do. Not a record, whose text would show the password of the database.</summary>
internal sealed class HostSettings
{
    public const string Usage =
        """
        Usage: Sellers.Host [--data DIR] [--database DATABASE [--replicas REPLICAS]] [--keys DIR] [--exports DIR]
                            [--sellers N | --import FILE.csv] [--restored] [--urls URL]
          --data DIR            The SQLite file, and the keys; created if missing. Default: data
          --database DATABASE   sqlite, or a PostgreSQL: "Host=db.example;Database=sellers;Username=sellers;Passfile=FILE".
                                Other people on the machine can read a command line: rather than a password in it, give
                                a Passfile, or put all of it into the environment variable DATABASE. Default: sqlite
          --replicas REPLICAS   Streaming replicas of that PostgreSQL to read from, written likewise: "Host=a,b;..."
          --keys DIR            What signs cookies and cursors. Hosts that share a database share these, too.
                                Default: keys, in the folder of --data
          --exports DIR         The files of exports. Hosts that share a database share these, too. Default: exports, likewise
          --sellers N           Makes up N sellers if there are none, 0 to 5000000. Default: 10000
          --import FILE.csv     Loads sellers from a file: UTF-8, with a header that names display_name and platform
          --restored            The database has been restored from a backup: makes every client fetch all of it again.
                                For one start, of one host; whoever stays with it refills all clients at each start
          --urls URL            Where to listen. Default: http://127.0.0.1:5080
        """;

    private const int MaxSellers = 5_000_000;
    private const int DefaultSellers = 10_000;
    private const string Restored = "restored";
    private static readonly string[] s_own = ["data", "database", "replicas", "keys", "exports", "sellers", "import", Restored, "urls"];
    private static readonly string[] s_ofTheFramework = ["environment", "contentRoot", "applicationName"];

    private readonly string? _postgres;
    private readonly string? _replicas;

    private HostSettings(IConfiguration configuration, int sellers)
    {
        DataFolder = new DirectoryInfo(configuration["data"] ?? "data");
        KeyFolder = new DirectoryInfo(configuration["keys"] ?? Path.Combine(DataFolder.FullName, "keys"));
        ExportFolder = new DirectoryInfo(configuration["exports"] ?? Path.Combine(DataFolder.FullName, "exports"));
        Sellers = sellers;
        ImportFile = configuration["import"] is { } import ? new FileInfo(import) : null;
        IsRestored = IsTrue(configuration[Restored]);
        _postgres = IsSqlite(configuration["database"]) ? null : configuration["database"];
        _replicas = configuration["replicas"];
    }

    /// <summary>Where the SQLite file is; created if missing.</summary>
    public DirectoryInfo DataFolder { get; }

    /// <summary>The keys that sign cookies and cursors.</summary>
    public DirectoryInfo KeyFolder { get; }

    /// <summary>The files of exports.</summary>
    public DirectoryInfo ExportFolder { get; }

    /// <summary>How many sellers to make up where there are none.</summary>
    public int Sellers { get; }

    /// <summary>A file to load instead, or null.</summary>
    public FileInfo? ImportFile { get; }

    /// <summary>True where the database comes from a backup, so that clients may know more than it does.</summary>
    public bool IsRestored { get; }

    /// <summary>Names the database to collection sync.</summary>
    public void UseDatabase(CollectionSyncOptions sync)
    {
        if (_postgres is null)
            sync.UseSqlite(new SqliteConnectionStringBuilder { DataSource = Path.Combine(DataFolder.FullName, "sellers.db") }.ToString());
        else
            sync.UsePostgres(_postgres, _replicas);
    }

    /// <summary>Creates the folders that are missing; the keys are for nobody else to read.</summary>
    public void CreateFolders()
    {
        DataFolder.Create();
        ExportFolder.Create();
        if (OperatingSystem.IsWindows())
            KeyFolder.Create();
        else
            Directory.CreateDirectory(KeyFolder.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>The command line as the configuration takes it, which knows no options without a value.</summary>
    public static string[] Complete(string[] args) => [.. args.Select(arg => arg == $"--{Restored}" ? $"--{Restored}=true" : arg)];

    /// <summary>Reads the settings.</summary>
    /// <param name="args">The command line, completed, for names that nobody knows.</param>
    /// <param name="configuration">The settings, from the command line or elsewhere.</param>
    /// <param name="settings">What they say, if they are good.</param>
    /// <param name="problem">What is wrong otherwise, and what to do. Nothing of a connection string is in it.</param>
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
        foreach (var name in (string[])["data", "keys", "exports"])
        {
            if (configuration[name] is { } folder && (folder.Length == 0 || File.Exists(folder)))
                problem ??= $"--{name} takes a folder, not '{folder}'.";
        }

        if (configuration[Restored] is { } restored && !bool.TryParse(restored, out _))
            problem ??= $"--{Restored} stands alone, without a value.";
        problem ??= FindDatabaseProblem(configuration);
        if (problem is not null)
            return false;
        settings = new HostSettings(configuration, sellers);
        return true;
    }

    // What is wrong with a connection string would be told in its own words, a password perhaps among them.
    private static string? FindDatabaseProblem(IConfiguration configuration)
    {
        const string wanted = "such as \"Host=db.example;Database=sellers;Username=sellers\" (what was given is not repeated here, as it may hold a password)";
        if (!IsSqlite(configuration["database"]) && !IsConnectionString(configuration["database"]!))
            return $"--database takes sqlite, or a connection string for PostgreSQL as Npgsql reads them, {wanted}.";
        if (configuration["replicas"] is not { } replicas)
            return null;
        if (IsSqlite(configuration["database"]))
            return "--replicas are of a PostgreSQL: name it with --database, or leave them out.";
        return IsConnectionString(replicas) ? null : $"--replicas takes a connection string for PostgreSQL as Npgsql reads them, {wanted}.";
    }

    private static bool IsConnectionString(string text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text).Host is { Length: > 0 };
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            return false;
        }
    }

    private static bool IsSqlite(string? database) => database is null || database.Equals("sqlite", StringComparison.OrdinalIgnoreCase);

    private static bool IsTrue(string? value) => value is not null && bool.Parse(value);

    // The configuration takes any name: a misspelt one would be passed over in silence. Values are not repeated.
    private static string? FindUnknown(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            var start = args[i].Split('=')[0];
            var name = start.StartsWith("--", StringComparison.Ordinal) ? start[2..] : null;
            if (name is null || (!name.Contains(':', StringComparison.Ordinal) && !s_own.Concat(s_ofTheFramework).Contains(name, StringComparer.OrdinalIgnoreCase)))
                return $"'{start}' is not an option.\n{Usage}";
            if (!args[i].Contains('=', StringComparison.Ordinal) && (++i == args.Length || args[i].StartsWith("--", StringComparison.Ordinal)))
                return $"--{name} wants a value.\n{Usage}";
        }

        return null;
    }
}
