using System.Text;
using Collection.Sync.Abstractions;
using static Collection.Sync.Http.Tests.Items;

namespace Collection.Sync.Http.Tests;

/// <summary>Whatever a server sends, a caller meets one exception, and no memory is taken for what is not there.</summary>
public sealed class MangledAnswerTests
{
    private const int Count = 20_000;

    // Twice the answer and some for the machinery: a request and its headers take some 20 KB.
    private const int MaxAllocatedBytes = 400_000;

    private static readonly HttpSyncOptions Options = new() { MaxEventBytes = 4096, MaxPushAnswerBytes = 4096 };

    private static readonly string[] Tokens =
    [
        "null", "true", "-1", "1e999", "9223372036854775808", "\"\"", "\"\\ud800\"", "{}", "[]", "[[[[[[[[[[", "{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}", "\"id\"", "\"results\"", "\"rows\"", "\"applied\"",
        ":", ",", "}", "]", "\"", "\\", "\ufeff", "\n", "\r", "\n\n", "\r\n\r\n", "data:", "id:", "event: page", "event: closed", "\0", "A", "=", "====", "/**/",
    ];

    [Fact]
    public async Task Answer_to_edits_is_taken_or_refused()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var batch = Batch(1, Edit(1, ("done", true)), Edit(2, ("done", false)));
        string[] originals =
        [
            """{"lastId":2,"results":[{"id":1,"status":"applied"},{"id":2,"status":"rejected","reason":"missing","detail":"There is no such row."}],"rows":"AQIDBAUGBwg="}""",
            """{"lastId":2,"results":[{"id":1,"status":"applied"},{"id":2,"status":"applied"}],"rows":null}""",
            """{"title":"Bad","status":400,"detail":"No.","reason":"value","mutation":2}""",
        ];
        var outcomes = new Dictionary<string, int>();
        for (var i = 0; i < Count; i++)
        {
            var which = random.Next(originals.Length);
            var body = Mangle(originals[which], random);
            var transport = CannedHandler.Transport(
                _ => CannedHandler.Of(which == 2 ? 400 : 200, which == 2 ? "application/problem+json" : "application/json", new PiecewiseStream(body, () => random.Next(1, 100))), Options);
            await CountAsync(outcomes, $"seed {seed}, answer {i}: {Convert.ToHexString(body)}", async () =>
            {
                var answer = await transport.PushAsync(Schema, batch, default);
                answer.Results.Select(result => result.Id).ShouldBe([1, 2]);
            });
        }

        // A generator whose answers are all good, or all bad, would show nothing.
        outcomes.Keys.ShouldBe(["taken", "Protocol None", "Refused None", "Refused Mutation"], ignoreOrder: true, $"seed {seed}");
        outcomes.Values.ShouldAllBe(count => count > Count / 200, $"seed {seed}");
    }

    [Fact]
    public async Task Stream_is_read_or_refused()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        const string original = "retry: 2000\nid: 1.2.3\nevent: ready\ndata: {}\n\nid: 1.2.4\nevent: page\ndata: AQIDBAUGBwgJCgsMDQ4PEA==\n\n: c\nid: 1.2.5\r\nevent: behind\r\ndata: {}\r\n\r\nid: 1.2.6\nevent: ping\ndata: {}\n\n";
        var outcomes = new Dictionary<string, int>();
        for (var i = 0; i < Count; i++)
        {
            var body = Mangle(original, random);
            var transport = CannedHandler.Transport(_ => CannedHandler.Of(200, "text/event-stream", new PiecewiseStream(body, () => random.Next(1, 100))), Options);
            await CountAsync(outcomes, $"seed {seed}, stream {i}: {Convert.ToHexString(body)}", async () =>
            {
                await foreach (var news in transport.ListenAsync(Schema, null, default))
                {
                    (news.Page is { Length: > 0 }).ShouldBe(news.Kind == LiveEventKind.Page);
                    (news.Id?.Length is null or > 0 and <= EventParser.MaxIdLength).ShouldBeTrue();
                }
            });
        }

        outcomes.Keys.ShouldBe(["taken", "Protocol None"], ignoreOrder: true, $"seed {seed}");
        outcomes.Values.ShouldAllBe(count => count > Count / 200, $"seed {seed}");
    }

    // All completes at once, on this thread: what it allocates is what the transport takes.
    private static async Task CountAsync(Dictionary<string, int> outcomes, string what, Func<Task> act)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var outcome = "taken";
        try
        {
            await act();
        }
        catch (SyncTransportException e)
        {
            outcome = $"{e.Failure} {e.Refusal}";
        }
        catch (Exception e) when (e is not ShouldAssertException)
        {
            throw new InvalidOperationException(what, e);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(MaxAllocatedBytes, what);
        outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
    }

    private static byte[] Mangle(string original, Random random)
    {
        var bytes = Encoding.UTF8.GetBytes(original).ToList();
        for (var changes = random.Next(4); changes > 0 && bytes.Count > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 20), bytes.Count - at);
            switch (random.Next(7))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, length); break;
                case 3: bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length)); break;
                case 4: bytes.RemoveRange(at, bytes.Count - at); break;
                case 5 when random.Next(20) == 0: bytes.InsertRange(at, Enumerable.Repeat(bytes[at], 5000)); break;
                default: bytes.InsertRange(at, Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)])); break;
            }
        }

        return [.. bytes];
    }
}
