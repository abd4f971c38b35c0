using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Xunit.Abstractions;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>
/// Requests as nobody's client sends them, to a host in a process of its own: each is answered, with a page or with a
/// refusal that says why, and the host keeps nothing of it.
/// </summary>
public sealed class HostileRequestTests(ITestOutputHelper output)
{
    private const int Pulls = 60_000;
    private const int Pushes = 40_000;
    private const int Senders = 8;
    private const int Seed = 4711;
    private const string Base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    [Fact]
    public async Task Mutated_cursors_parameters_and_headers_are_refused_with_a_reason()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Sqlite, rows: 200);
        var replica = new Replica(server);
        await replica.PullAsync(4096);
        var snapshot = replica.Cursor!;
        await replica.PullAllAsync();
        string[] cursors = [snapshot, replica.Cursor!];
        var statuses = await SendAsync(server.Data, Pulls, random => Pull(random, cursors));

        output.WriteLine($"seed {Seed}: {string.Join(", ", statuses.OrderBy(s => s.Key).Select(s => $"{s.Value} x {(int)s.Key}"))}");
        statuses.Keys.ShouldBeSubsetOf([HttpStatusCode.OK, HttpStatusCode.NotModified, HttpStatusCode.BadRequest, HttpStatusCode.Conflict, HttpStatusCode.Gone]);
        statuses[HttpStatusCode.Gone].ShouldBeGreaterThan(Pulls / 4);
        statuses[HttpStatusCode.BadRequest].ShouldBeGreaterThan(Pulls / 20);
    }

    [Fact]
    public async Task Mutated_bodies_are_refused_with_a_reason_and_change_nothing_that_may_not_be_changed()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Sqlite, rows: 10);
        var bodies = new ConcurrentBag<byte[]>(MutatedBodies.From(Seed, Pushes));
        var statuses = await SendAsync(server.Data, Pushes, random => bodies.TryTake(out var body) ? Push(random, body) : throw new InvalidOperationException());

        output.WriteLine($"seed {Seed}: {string.Join(", ", statuses.OrderBy(s => s.Key).Select(s => $"{s.Value} x {(int)s.Key}"))}");
        statuses[HttpStatusCode.BadRequest].ShouldBeGreaterThan(Pushes / 2);
        statuses[HttpStatusCode.UnsupportedMediaType].ShouldBeGreaterThan(0);
        (await server.ReadTableAsync()).Keys.Order().ShouldBe(Enumerable.Range(1, 10).Select(i => (long)i));
    }

    /// <summary>Sends requests, several at a time, and checks each answer, and what they have done to the host's memory.</summary>
    private async Task<ConcurrentDictionary<HttpStatusCode, int>> SendAsync(TestDatabase data, int count, Func<Random, HttpRequestMessage> make)
    {
        const int warmUp = 4000;
        const long bound = 128 * 1024 * 1024;
        var url = HostProcess.FreeUrl();
        await using var host = await HostProcess.StartAsync(data, url);
        using var http = new HttpClient { BaseAddress = url };
        var statuses = new ConcurrentDictionary<HttpStatusCode, int>();
        await SendAsync(http, warmUp, make, statuses);
        var before = host.WorkingSet;
        await SendAsync(http, count - warmUp, make, statuses);
        var after = host.WorkingSet;
        output.WriteLine($"{count} requests; the host had {before >> 20} MiB after {warmUp} of them, and {after >> 20} MiB after all");
        (after - before).ShouldBeLessThan(bound);
        return statuses;
    }

    private static Task SendAsync(HttpClient http, int count, Func<Random, HttpRequestMessage> make, ConcurrentDictionary<HttpStatusCode, int> statuses) =>
        Parallel.ForEachAsync(Enumerable.Range(0, Senders), async (sender, cancellationToken) =>
        {
            var random = new Random(Seed + sender + count);
            for (var i = 0; i < count / Senders; i++)
            {
                using var request = make(random);
                using var response = await http.SendAsync(request, cancellationToken);
                statuses.AddOrUpdate(response.StatusCode, 1, (_, n) => n + 1);
                if ((int)response.StatusCode >= 400)
                    await ShouldSayWhyAsync(request, response);
            }
        });

    private static async Task ShouldSayWhyAsync(HttpRequestMessage request, HttpResponseMessage response)
    {
        ((int)response.StatusCode).ShouldBeLessThan(500, $"{request.RequestUri}");
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json", $"{request.RequestUri}");
        using var problem = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        problem.RootElement.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        problem.RootElement.GetProperty("reason").GetString().ShouldNotBeNullOrEmpty();
    }

    private static HttpRequestMessage Pull(Random random, string[] cursors)
    {
        var query = new StringBuilder("/sync/items?");
        if (random.Next(4) != 0)
            query.Append("cursor=").Append(Uri.EscapeDataString(Mutate(random, cursors[random.Next(cursors.Length)], cursors[random.Next(cursors.Length)]))).Append('&');
        if (random.Next(3) == 0)
            query.Append("maxBytes=").Append(Uri.EscapeDataString(Number(random))).Append('&');
        if (random.Next(4) == 0)
            query.Append("schema=").Append(Uri.EscapeDataString(random.Next(2) == 0 ? $"{SyncServer.Items.Hash:x16}" : Mutate(random, $"{SyncServer.Items.Hash:x16}", ""))).Append('&');
        if (random.Next(20) == 0)
            query.Append("cursor=again&maxBytes=2048&maxBytes=4096");
        var request = new HttpRequestMessage(HttpMethod.Get, query.ToString());
        if (random.Next(5) == 0)
            request.Headers.TryAddWithoutValidation("Accept", Header(random));
        if (random.Next(5) == 0)
            request.Headers.TryAddWithoutValidation("Accept-Encoding", Header(random));
        if (random.Next(5) == 0)
            request.Headers.TryAddWithoutValidation("If-None-Match", Header(random));
        return request;
    }

    private static HttpRequestMessage Push(Random random, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/sync/items/mutations") { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", random.Next(20) == 0 ? Header(random) : "application/json");
        if (random.Next(50) == 0)
            request.Content.Headers.TryAddWithoutValidation("Content-Encoding", "gzip");
        return request;
    }

    private static string Mutate(Random random, string text, string other)
    {
        for (var edits = random.Next(0, 4); edits > 0; edits--)
        {
            var at = random.Next(text.Length + 1);
            text = random.Next(7) switch
            {
                0 => text[..at],
                1 => text[at..],
                2 => text[..at] + Base64[random.Next(Base64.Length)] + text[Math.Min(at + 1, text.Length)..],
                3 => text[..at] + (char)random.Next(1, 0xd7ff) + text[at..],
                4 => text[..at] + other[Math.Min(at, other.Length)..],
                5 => text + new string(Base64[random.Next(Base64.Length)], random.Next(2000)),
                _ => string.Concat(Enumerable.Range(0, random.Next(400)).Select(_ => Base64[random.Next(Base64.Length)])),
            };
        }

        return text;
    }

    private static string Number(Random random) => random.Next(8) switch
    {
        0 => "-1", 1 => "0", 2 => "1e9", 3 => "٣٣٣٣", 4 => new string('9', random.Next(1, 60)), 5 => " 4096", 6 => "0x1000", _ => $"{random.Next(1024, 10_000)}",
    };

    private static string Header(Random random) => random.Next(6) switch
    {
        0 => "*/*;q=nan", 1 => "application/json;q=0.9, application/vnd.collection.page;q=0.1", 2 => ",,,;;;===",
        3 => "W/\"" + new string('a', random.Next(500)) + "\"", 4 => "br;q=0, gzip;q=1.0000", _ => string.Concat(Enumerable.Range(0, random.Next(80)).Select(_ => (char)random.Next(33, 126))),
    };
}
