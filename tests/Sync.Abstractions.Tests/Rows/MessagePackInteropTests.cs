using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Collection.Contracts;

namespace Collection.Sync.Abstractions.Tests;

/// <summary>Our MessagePack and JavaScript's <c>@msgpack/msgpack</c> read what the other writes.</summary>
public sealed class MessagePackInteropTests
{
    private delegate void Write(MessagePackWriter writer);

    [Fact]
    public async Task JavaScript_reads_what_we_write_and_we_read_what_JavaScript_writes()
    {
        Sample[] samples = [.. Integers(), .. Reals(), .. Texts(), .. Others(), .. Rows()];

        var answers = await RunNodeAsync(new JsonArray([.. samples.Select(sample => sample.Message)]).ToJsonString());

        answers.Length.ShouldBe(samples.Length);
        foreach (var (sample, answer) in samples.Zip(answers))
            sample.CheckAnswer(Convert.FromHexString(answer));
    }

    private static IEnumerable<Sample> Integers()
    {
        long[] edges = [0, 127, 128, 255, 256, 65_535, 65_536, uint.MaxValue, uint.MaxValue + 1L, RowKey.MaxMagnitude, -1, -32, -33, -128, -129, -32_768, -32_769, int.MinValue, int.MinValue - 1L, -RowKey.MaxMagnitude];
        foreach (var value in edges)
        {
            var ours = Bytes(w => w.WriteInt64(value));

            // Both write the shortest form, so the bytes agree; but beyond 32 bits JavaScript's may be a float.
            yield return new Sample("integer", Invariant(value), ours, theirs =>
            {
                ((long)new MessagePackReader(theirs).ReadDouble()).ShouldBe(value);
                if (Math.Abs(value) <= int.MaxValue)
                    theirs.ShouldBe(ours);
            });
        }

        foreach (var value in edges.Append(long.MaxValue).Append(long.MinValue))
            yield return new Sample("big", Invariant(value), Bytes(w => w.WriteInt64(value)), theirs => new MessagePackReader(theirs).ReadInt64().ShouldBe(value));
    }

    private static IEnumerable<Sample> Reals()
    {
        foreach (var value in new[] { 0.5, -0.1, 1e300, double.Epsilon, double.MaxValue, 3.0 })
        {
            yield return new Sample("real", value.ToString("R", CultureInfo.InvariantCulture), Bytes(w => w.WriteDouble(value)),
                theirs => new MessagePackReader(theirs).ReadDouble().ShouldBe(value));
        }

        yield return new Sample("real", "Infinity", Bytes(w => w.WriteDouble(double.PositiveInfinity)),
            theirs => new MessagePackReader(theirs).ReadDouble().ShouldBe(double.PositiveInfinity));
    }

    private static IEnumerable<Sample> Texts()
    {
        foreach (var text in new[] { "", "a", "\0", "é", "日本", "😀👩‍👧", "\ufffe", new string('x', 31), new string('x', 32), new string('字', 85), new string('x', 256), new string('é', 40_000) })
        {
            var ours = Bytes(w => w.WriteText(text));
            yield return new Sample("other", text, ours, theirs =>
            {
                new MessagePackReader(theirs).ReadText().ShouldBe(text);
                theirs.ShouldBe(ours);
            });
        }
    }

    private static IEnumerable<Sample> Others()
    {
        yield return new Sample("other", null, Bytes(w => w.WriteNil()), theirs => new MessagePackReader(theirs).TryReadNil().ShouldBeTrue());
        yield return new Sample("other", true, Bytes(w => w.WriteBoolean(true)), theirs => new MessagePackReader(theirs).ReadBoolean().ShouldBeTrue());
        yield return new Sample("other", false, Bytes(w => w.WriteBoolean(false)), theirs => new MessagePackReader(theirs).ReadBoolean().ShouldBeFalse());
        foreach (var count in new[] { 0, 15, 16, 70_000 })
        {
            byte[] ours = [.. Bytes(w => w.WriteArrayHeader(count)), .. Enumerable.Repeat((byte)1, count)];
            yield return new Sample("other", new JsonArray([.. Enumerable.Repeat(1, count).Select(one => (JsonNode)one)]), ours, theirs => theirs.ShouldBe(ours));
        }
    }

    private static IEnumerable<Sample> Rows()
    {
        var (_, schema, bytes) = GoldenPages.All().Single(golden => golden.Name == "snapshot");
        var page = Page.Read(bytes, schema);
        for (var i = 0; i < page.Rows.Count; i++)
        {
            var json = GoldenJson.Row(page.Rows[i], schema);
            yield return new Sample("other", json, page.Rows[i].ToArray(), theirs => GoldenJson.Row(theirs, schema).ToJsonString().ShouldBe(json.ToJsonString()));
        }
    }

    private static async Task<string[]> RunNodeAsync(string input)
    {
        using var node = Process.Start(new ProcessStartInfo("node", "interop.mjs")
        {
            WorkingDirectory = RepositoryFiles.PathOf("tests", "Sync.Abstractions.Tests", "interop"),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = node.StandardOutput.ReadToEndAsync();
        var errors = node.StandardError.ReadToEndAsync();
        await node.StandardInput.WriteAsync(input);
        node.StandardInput.Close();
        await node.WaitForExitAsync();
        node.ExitCode.ShouldBe(0, await errors);
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Invariant(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static byte[] Bytes(Write write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(new MessagePackWriter(buffer));
        return buffer.WrittenSpan.ToArray();
    }

    private sealed record Sample(string Type, JsonNode? Value, byte[] Bytes, Action<byte[]> CheckAnswer)
    {
        public JsonObject Message => new() { ["type"] = Type, ["value"] = Value?.DeepClone(), ["bytes"] = Convert.ToHexStringLower(Bytes) };
    }
}
