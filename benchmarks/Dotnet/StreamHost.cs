using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;

namespace Collection.Benchmarks.Dotnet;

/// <summary>A <see cref="StreamServer"/> in a process of its own, as its clients and who writes see it.</summary>
internal sealed class StreamHost : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _http;

    private StreamHost(Process process, Uri address)
    {
        _process = process;
        _http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(1) };
    }

    public static async Task<StreamHost> StartAsync(Delivery delivery, string database)
    {
        var process = Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList = { typeof(StreamHost).Assembly.Location, StreamServer.Argument, delivery.ToString(), database },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            // As hosts run by default.
            Environment = { ["DOTNET_gcServer"] = "1" },
        })!;
        return await process.StandardOutput.ReadLineAsync() is { } address
            ? new StreamHost(process, new Uri(address))
            : throw new InvalidOperationException("The host for event streams has ended before it listened: it has said why above.");
    }

    /// <summary>Opens a stream.</summary>
    public Task<Stream> OpenAsync(string path, CancellationToken cancellationToken) => _http.GetStreamAsync(new Uri(path, UriKind.Relative), cancellationToken);

    /// <summary>Has rows changed.</summary>
    /// <returns>When the transaction was about to commit, as <see cref="Stopwatch.GetTimestamp"/>.</returns>
    public async Task<long> CommitAsync(long[] keys)
    {
        using var answer = await _http.PostAsJsonAsync(new Uri(StreamServer.CommitPath, UriKind.Relative), keys, StreamJson.Default.Int64Array);
        answer.EnsureSuccessStatusCode();
        return long.Parse(await answer.Content.ReadAsStringAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>What the server says of itself, without garbage, once as many streams are open.</summary>
    public async Task<ServerFigures> ReadMemoryAsync(int streams)
    {
        // That a client has gone is noticed a little later.
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var figures = await ReadFiguresAsync(collect: true);
            if (figures.Streams == streams)
                return figures;
            await Task.Delay(100);
        }

        throw new InvalidOperationException($"The server does not come to have {streams} streams open.");
    }

    /// <summary>Seconds of processor time that the server has taken.</summary>
    public async Task<double> ReadCpuSecondsAsync() => (await ReadFiguresAsync(collect: false)).CpuSeconds;

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task<ServerFigures> ReadFiguresAsync(bool collect) => (await _http.GetFromJsonAsync(
        new Uri($"{StreamServer.FiguresPath}?collect={collect}", UriKind.Relative), StreamJson.Default.ServerFigures))!;
}
