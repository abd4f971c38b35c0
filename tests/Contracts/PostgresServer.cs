using System.Diagnostics;

namespace Collection.Contracts;

/// <summary>
/// A private PostgreSQL in a temporary folder, run by <c>eng/postgres.sh</c>. It goes away with the process that
/// started it, also where that is killed: the script holds the other end of a pipe, and cleans up once it closes.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>
    /// What a test kills is processes, never the machine, so nothing has to reach the disk; commits stay synchronous.
    /// Each database of a test has a pool of connections of its own, and a standby should notice soon that its primary is back.
    /// </summary>
    private static readonly string[] Defaults = ["fsync=off", "max_connections=300", "wal_retrieve_retry_interval=100ms"];

    private static readonly Lazy<Task<PostgresServer>> Shared = new(() => StartAsync());

    private readonly string _folder;
    private readonly Process _lifeline;

    private PostgresServer(string folder, Process lifeline, string connectionString)
    {
        _folder = folder;
        _lifeline = lifeline;
        ConnectionString = connectionString;
    }

    /// <summary>For Npgsql: the database <c>collection</c>, as a superuser. <see cref="StartAgainAsync"/> may change its port.</summary>
    public string ConnectionString { get; private set; }

    /// <summary>The one server of this process, started when it is first asked for. Nobody stops or disposes it; a test takes a database of its own from it.</summary>
    public static Task<PostgresServer> SharedAsync() => Shared.Value;

    /// <summary>Starts a server that is the caller's own.</summary>
    /// <param name="settings">Such as <c>wal_level=logical</c>, on top of the defaults.</param>
    public static Task<PostgresServer> StartAsync(params string[] settings) =>
        LaunchAsync(folder => ["start", folder, "--attached", .. Defaults.Concat(settings).SelectMany(setting => (string[])["-c", setting])]);

    /// <summary>Starts a streaming standby with the settings of this server. It follows this one across stops and starts, unless the port changes.</summary>
    public Task<PostgresServer> StartStandbyAsync() => LaunchAsync(folder => ["standby", folder, _folder, "--attached"]);

    /// <summary>Stops the server; its data stays. One that is stopped already is left alone.</summary>
    /// <param name="immediate">Without a checkpoint and without a word to anybody connected, as a crash: the next start recovers from the log.</param>
    public async Task StopAsync(bool immediate) => await RunAsync("stop", _folder, immediate ? "immediate" : "fast");

    /// <summary>Starts a stopped server on its data, on the same port unless somebody else has taken that meanwhile.</summary>
    public async Task StartAgainAsync() => ConnectionString = await RunAsync("start", _folder);

    /// <summary>Makes an empty database with a random name, and returns its connection string.</summary>
    public Task<string> CreateDatabaseAsync() => RunAsync("database", _folder, $"t_{Guid.NewGuid():N}");

    /// <summary>Stops the server and deletes its data.</summary>
    public async ValueTask DisposeAsync()
    {
        await RunAsync("remove", _folder);
        _lifeline.Dispose();
    }

    private static async Task<PostgresServer> LaunchAsync(Func<string, string[]> arguments)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"collection-postgres-{Guid.NewGuid():N}");
        var lifeline = Script(arguments(folder));
        return new PostgresServer(folder, lifeline, await LastLineAsync(lifeline));
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        using var script = Script(arguments);
        script.StandardInput.Close();
        return await LastLineAsync(script);
    }

    private static Process Script(string[] arguments)
    {
        var start = new ProcessStartInfo("bash")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(RepositoryFiles.PathOf("eng", "postgres.sh"));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static async Task<string> LastLineAsync(Process script)
    {
        var (output, errors) = (script.StandardOutput.ReadToEndAsync(), script.StandardError.ReadToEndAsync());
        await Task.WhenAll(output, errors, script.WaitForExitAsync());
        return script.ExitCode == 0
            ? (await output).TrimEnd().Split('\n')[^1]
            : throw new InvalidOperationException($"eng/postgres.sh {string.Join(' ', script.StartInfo.ArgumentList.Skip(1))} failed: {await errors}");
    }
}
