using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using Collection.Sync.Abstractions;
using Xunit.Abstractions;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>
/// A host that is killed or stopped again and again while clients pull, push and listen, each of which goes on where it
/// was: nothing is missed, and nothing happens twice.
/// </summary>
public abstract class RestartContract(DatabaseKind kind, ITestOutputHelper output)
{
    private const int Restarts = 100;
    private const int Seed = 815;
    private const int Rows = 400;

    [Fact]
    public async Task Clients_of_a_host_that_restarts_miss_nothing_and_do_nothing_twice()
    {
        output.WriteLine($"seed {Seed}");
        // A second host over the same data, which stays: it writes as others do, and says what is true.
        await using var server = await SyncServer.StartAsync(kind, rows: Rows);
        await using var clients = new Clients(server, HostProcess.FreeUrl());
        var random = new Random(Seed);
        var host = await HostProcess.StartAsync(server.Data, clients.Url);
        clients.HostIsUp();
        var working = clients.Start();
        for (var restart = 0; restart < Restarts; restart++)
        {
            await clients.DoneAsync(random.Next(3, 25), working);
            clients.HostGoesDown();
            if (restart % 2 == 0)
                await host.KillAsync();
            else
                await host.StopAsync();
            await host.DisposeAsync();
            host = await HostProcess.StartAsync(server.Data, clients.Url);
            clients.HostIsUp();
        }

        await clients.FinishAsync(working);
        await host.DisposeAsync();
        await clients.ShouldHaveEverythingOnceAsync();
        output.WriteLine($"{Restarts} restarts: {clients.Pages} pages, {clients.Pushes} edits, {clients.Events} events, {clients.Failures} requests cut off or refused a connection");
        clients.Failures.ShouldBeGreaterThan(Restarts);
    }

    private sealed class Clients(SyncServer server, Uri url) : IAsyncDisposable
    {
        private const string Sentinel = "the end";

        private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) }) { BaseAddress = url };
        private readonly CancellationTokenSource _finishing = new();
        private readonly SemaphoreSlim _done = new(0);
        private readonly List<Replica> _replicas = [];
        private readonly Replica _listener = new(server);

        public Uri Url => url;

        public int Pages { get; private set; }

        public int Pushes { get; private set; }

        public int Events { get; private set; }

        public int Failures => _failures;

        private int _failures;
        private volatile TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void HostIsUp() => _up.SetResult();

        public void HostGoesDown() => _up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task[] Start() => [Task.Run(PullAsync), Task.Run(PushAsync), Task.Run(ListenAsync), Task.Run(WriteAsync)];

        /// <summary>Waits for a number of pages, edits and events together.</summary>
        public async Task DoneAsync(int count, Task[] working)
        {
            for (; count > 0; count--)
                await await Task.WhenAny([_done.WaitAsync(), .. working.Where(w => w.IsFaulted)]);
        }

        /// <summary>Lets everybody come to an end: the listener has heard of all once it hears of the last change.</summary>
        public async Task FinishAsync(Task[] working)
        {
            await _finishing.CancelAsync();
            await Task.WhenAll(working[0], working[1], working[3]);
            await server.SettleAsync();
            await server.ExecuteAsync($"UPDATE items SET name = '{Sentinel}' WHERE id = {Rows}");
            await working[2];
        }

        public async Task ShouldHaveEverythingOnceAsync()
        {
            foreach (var replica in _replicas)
            {
                await replica.PullAllAsync();
                await replica.ShouldEqualTableAsync();
            }

            await _listener.ShouldEqualTableAsync();
            await using var connection = await server.OpenAsync();
            (await connection.ScalarAsync<long>("SELECT count(*) FROM sync_edits")).ShouldBe(Pushes);
            (await connection.ScalarAsync<long>("SELECT count(*) FROM (SELECT DISTINCT client_id, mutation_id FROM sync_edits) AS once")).ShouldBe(Pushes);
        }

        // One client after another, so that some are cut off in their first sync and others later.
        private async Task PullAsync()
        {
            while (!_finishing.IsCancellationRequested)
            {
                var replica = new Replica(server);
                _replicas.Add(replica);
                for (var page = 0; page < 30 && !_finishing.IsCancellationRequested; page++)
                {
                    await InsistAsync(() => replica.PullAsync(4096, _http));
                    Pages++;
                    _done.Release();
                }
            }
        }

        private async Task PushAsync()
        {
            for (var id = 1; !_finishing.IsCancellationRequested; id++)
            {
                var body = string.Create(CultureInfo.InvariantCulture, $$$"""{"clientId":"c","mutations":[{"id":{{{id}}},"key":{{{(id % (Rows - 1)) + 1}}},"fields":{"name":"edit {{{id}}}"}}]}""");
                await InsistAsync(async () =>
                {
                    using var request = new HttpRequestMessage(HttpMethod.Post, "/sync/items/mutations") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
                    request.Headers.Add("X-User", "ada");
                    using var response = await _http.SendAsync(request);
                    response.EnsureSuccessStatusCode();
                    using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
                    answer.RootElement.GetProperty("lastId").GetInt64().ShouldBe(id);
                    return 0;
                });
                Pushes++;
                _done.Release();
            }
        }

        // Pulls once, and then lives on what it hears; a stream that says "pull" is obeyed.
        private async Task ListenAsync()
        {
            string? lastApplied = null;
            var ended = false;
            do
            {
                await InsistAsync(async () =>
                {
                    using var request = new HttpRequestMessage(HttpMethod.Get, "/sync/items/events");
                    request.Headers.Add("X-User", "ada");
                    if (lastApplied is not null)
                        request.Headers.Add("Last-Event-ID", lastApplied);
                    using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                    response.EnsureSuccessStatusCode();
                    if (lastApplied is null)
                        await _listener.PullAllAsync();
                    await using var stream = await response.Content.ReadAsStreamAsync();
                    await foreach (var item in SseParser.Create(stream).EnumerateAsync())
                    {
                        if (item.EventType == "behind")
                            await _listener.PullAllAsync();
                        if (item.EventType == "page")
                        {
                            (lastApplied is null || Position(item.EventId!).CompareTo(Position(lastApplied)) > 0).ShouldBeTrue($"{item.EventId} after {lastApplied}: applied twice");
                            _listener.ApplyHints(Page.Read(Convert.FromBase64String(item.Data), SyncServer.Items));
                            Events++;
                            _done.Release();
                        }

                        lastApplied = item.EventType is "page" or "ready" or "behind" ? item.EventId : lastApplied;
                        ended = _listener.Rows[Rows][1] as string == Sentinel;
                        if (ended)
                            return 0;
                    }

                    throw new IOException("The stream has ended.");
                });
            }
            while (!ended);
        }

        private async Task WriteAsync()
        {
            var random = new Random(Seed);
            while (!_finishing.IsCancellationRequested)
            {
                var key = random.Next(1, Rows);
                await server.ExecuteAsync(random.Next(3) == 0 ? $"DELETE FROM items WHERE id = {key + (10 * Rows)}" : $"UPDATE items SET count = count + 1 WHERE id = {key}; {server.Data.InsertItems(key + (10 * Rows), 1)} WHERE TRUE ON CONFLICT (id) DO NOTHING");
            }
        }

        private static (long, long, long) Position(string id) =>
            id.Split('.') is [var epoch, var transaction, var sequence]
                ? (long.Parse(epoch, CultureInfo.InvariantCulture), long.Parse(transaction, CultureInfo.InvariantCulture), long.Parse(sequence, CultureInfo.InvariantCulture))
                : throw new FormatException($"'{id}' is not a position.");

        // As a client does: the same again, until it is answered. To save time it is told when that may be.
        private async Task InsistAsync<T>(Func<Task<T>> request)
        {
            while (true)
            {
                try
                {
                    await request();
                    return;
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    Interlocked.Increment(ref _failures);
                    await _up.Task;
                }
            }
        }

        public ValueTask DisposeAsync()
        {
            _http.Dispose();
            _finishing.Dispose();
            _done.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

public sealed class SqliteRestartTests(ITestOutputHelper output) : RestartContract(DatabaseKind.Sqlite, output);

public sealed class PostgresRestartTests(ITestOutputHelper output) : RestartContract(DatabaseKind.Postgres, output);
