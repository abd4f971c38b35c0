using System.Diagnostics;
using System.Text;

namespace Collection.Browser.Tests;

/// <summary>The published sellers host as a process of its own, with a data folder that goes away with it.</summary>
public sealed class HostProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output;

    private HostProcess(Process process, StringBuilder output, Uri address, string dataFolder)
    {
        _process = process;
        _output = output;
        Address = address;
        DataFolder = dataFolder;
    }

    public Uri Address { get; }

    public string DataFolder { get; }

    /// <summary>What the host has printed so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Starts a host and waits until it answers.</summary>
    /// <param name="arguments">Such as <c>--sellers 1000</c>.</param>
    /// <param name="address">Where to listen; a free port where null.</param>
    /// <param name="dataFolder">The data folder; a new one where null.</param>
    public static async Task<HostProcess> StartAsync(string[] arguments, Uri? address = null, string? dataFolder = null)
    {
        dataFolder ??= Directory.CreateTempSubdirectory("sellers-").FullName;
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = PublishFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["ASPNETCORE_ENVIRONMENT"] = "Production" },
        };
        foreach (var argument in (string[])["Sellers.Host.dll", "--urls", address?.ToString() ?? "http://127.0.0.1:0", "--data", dataFolder, .. arguments])
            start.ArgumentList.Add(argument);

        var output = new StringBuilder();
        var ready = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        void Read(object sender, DataReceivedEventArgs e)
        {
            lock (output)
                output.AppendLine(e.Data);
            if (e.Data?.StartsWith("Sellers: http", StringComparison.Ordinal) == true)
                ready.TrySetResult(new Uri(e.Data["Sellers: ".Length..]));
        }

        process.OutputDataReceived += Read;
        process.ErrorDataReceived += Read;
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"The host has ended: {output}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new HostProcess(process, output, await ready.Task.WaitAsync(TimeSpan.FromMinutes(2)), dataFolder);
    }

    /// <summary>Ends the host as a crash would.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
        Directory.Delete(DataFolder, recursive: true);
    }

    private static string PublishFolder =>
        Environment.GetEnvironmentVariable("SELLERS_HOST") is { Length: > 0 } folder
            ? folder
            : throw new InvalidOperationException("SELLERS_HOST does not name the folder of the published host. Run the tests with eng/test.sh, which publishes it.");
}
