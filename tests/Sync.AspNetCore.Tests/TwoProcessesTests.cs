using System.Net.ServerSentEvents;
using System.Text;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>Two host processes on one PostgreSQL, and clients that care little which of them answers.</summary>
public sealed class TwoProcessesTests
{
    private const int Edits = 60;
    private const int Rows = 300;

    [Fact]
    public async Task Edits_by_either_host_reach_the_stream_of_the_other_and_a_client_that_moves_between_them_misses_nothing()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Postgres, rows: Rows);
        Uri[] urls = [HostProcess.FreeUrl(), HostProcess.FreeUrl()];
        await using var one = await HostProcess.StartAsync(server.Data, urls[0]);
        await using var other = await HostProcess.StartAsync(server.Data, urls[1]);
        HttpClient[] hosts = [.. urls.Select(url => new HttpClient { BaseAddress = url })];
        await using var streams = new Streams(await Task.WhenAll(hosts.Select(OpenAsync)));
        var replica = new Replica(server);

        for (var id = 1; id <= Edits; id++)
        {
            await EditAsync(hosts[id % 2], id);
            await streams.HearAsync((id + 1) % 2, key: id);
            await replica.PullAsync(2048, hosts[id / 2 % 2]);
        }

        await server.SettleAsync();
        await replica.PullAllAsync();
        await replica.ShouldEqualTableAsync();
        replica.Rows.Values.Count(row => ((string)row[1]!).StartsWith("edit ", StringComparison.Ordinal)).ShouldBe(Edits);
        foreach (var host in hosts)
            host.Dispose();
    }

    private static async Task<IAsyncEnumerator<SseItem<string>>> OpenAsync(HttpClient host)
    {
        var stream = await host.GetStreamAsync(new Uri("/sync/items/events", UriKind.Relative));
        var events = SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator();
        (await events.MoveNextAsync()).ShouldBeTrue();
        events.Current.EventType.ShouldBe("ready");
        return events;
    }

    // One client id, whichever host it sends to: each takes up where the other was.
    private static async Task EditAsync(HttpClient host, int id)
    {
        var body = $$$"""{"clientId":"c","mutations":[{"id":{{{id}}},"key":{{{id}}},"fields":{"name":"edit {{{id}}}"}}]}""";
        using var response = await host.PostAsync(new Uri("/sync/items/mutations", UriKind.Relative), new StringContent(body, Encoding.UTF8, "application/json"));
        response.EnsureSuccessStatusCode();
    }

    private sealed class Streams(IAsyncEnumerator<SseItem<string>>[] events) : IAsyncDisposable
    {
        /// <summary>Waits until a stream has told of a key.</summary>
        public async Task HearAsync(int stream, long key)
        {
            bool heard;
            do
            {
                (await events[stream].MoveNextAsync()).ShouldBeTrue();
                var item = events[stream].Current;
                item.EventType.ShouldNotBe("behind");
                heard = item.EventType == "page" && Keys(Page.Read(Convert.FromBase64String(item.Data), SyncServer.Items)).Contains(key);
            }
            while (!heard);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var stream in events)
                await stream.DisposeAsync();
        }

        private static IEnumerable<long> Keys(Page page) => Enumerable.Range(0, page.Header.UpsertCount).Select(i => page.Key(i).Value);
    }
}
