using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>
/// Stands between clients and a PostgreSQL server, and cuts some connections when the server has committed and before
/// the client hears of it.
/// </summary>
internal sealed class CommitCutter : IAsyncDisposable
{
    private static readonly byte[] s_committed = [(byte)'C', 0, 0, 0, 11, .. "COMMIT\0"u8];

    private readonly CancellationTokenSource _closing = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly (string Host, int Port) _server;
    private readonly int _every;
    private readonly Task _accepting;
    private int _commits;
    private int _cuts;

    /// <param name="connectionString">The server's.</param>
    /// <param name="every">Cuts at every so many commits.</param>
    public CommitCutter(string connectionString, int every)
    {
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        _server = (target.Host!, target.Port);
        _every = every;
        _listener.Start();
        target.Host = "127.0.0.1";
        target.ApplicationName = "workers";
        target.Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        ConnectionString = target.ConnectionString;
        _accepting = AcceptAsync();
    }

    public string ConnectionString { get; }

    public int Cuts => _cuts;

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(ForwardAsync(await _listener.AcceptTcpClientAsync(_closing.Token)));
        }
        catch (OperationCanceledException)
        {
        }

        await Task.WhenAll(connections);
    }

    private async Task ForwardAsync(TcpClient accepted)
    {
        using var client = accepted;
        using var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await server.ConnectAsync(_server.Host, _server.Port, _closing.Token);
            // Either side's end is the other's.
            await Task.WhenAny(
                client.GetStream().CopyToAsync(server.GetStream(), _closing.Token),
                CopyUntilCutAsync(server.GetStream(), client.GetStream()));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
        }
    }

    private async Task CopyUntilCutAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer, _closing.Token) is var length and > 0)
        {
            if (buffer.AsSpan(0, length).IndexOf(s_committed) >= 0 && Interlocked.Increment(ref _commits) % _every == 0)
            {
                Interlocked.Increment(ref _cuts);
                return;
            }

            await to.WriteAsync(buffer.AsMemory(0, length), _closing.Token);
        }
    }
}
