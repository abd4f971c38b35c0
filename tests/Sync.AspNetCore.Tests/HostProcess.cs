using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>A host in a process of its own, which can be killed. It is this assembly, started as a program.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private const string Ready = "ready";

    private readonly Process _process;

    private HostProcess(Process process) => _process = process;

    /// <summary>The program: serves the items of a database until it is asked to end.</summary>
    public static async Task<int> Main(string[] arguments)
    {
        if (arguments is not [var kind, var folder, var connectionString, var url])
            return 2;
        var data = TestDatabase.Open(Enum.Parse<DatabaseKind>(kind), folder, connectionString);
        await using var server = await SyncServer.StartAsync(data, configure: endpoint => endpoint.AllowEdits(Pusher.AllFields), url: url);
        await Console.Out.WriteLineAsync(Ready);
        await server.WaitForShutdownAsync();
        return 0;
    }

    /// <summary>Starts one, and returns once it listens.</summary>
    public static async Task<HostProcess> StartAsync(TestDatabase data, Uri url)
    {
        var process = Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList = { typeof(HostProcess).Assembly.Location, data.Kind.ToString(), data.Folder.FullName, data.ConnectionString, url.ToString() },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var host = new HostProcess(process);
        if (await process.StandardOutput.ReadLineAsync() != Ready)
            throw new InvalidOperationException($"The host did not start: {await process.StandardError.ReadToEndAsync()}");
        return host;
    }

    /// <summary>The memory that it has now, in bytes.</summary>
    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>An address that nobody listens on.</summary>
    public static Uri FreeUrl()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }

    /// <summary>Ends it at once, whatever it is doing.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks it to end, as a deployment does.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync();
        _process.ExitCode.ShouldBe(0);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }
}
