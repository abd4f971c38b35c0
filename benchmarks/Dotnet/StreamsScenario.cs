using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Collection.Sync.Abstractions;
using Microsoft.Data.Sqlite;
using Sellers.Contracts;

namespace Collection.Benchmarks.Dotnet;

/// <summary>Changes on their way to 1,000 open streams: from the moment before the commit until each stream has them.</summary>
internal static class StreamsScenario
{
    private const int Streams = 1000;
    private const int ChangedRows = 20;
    private const int WarmUps = 20;
    private const int SamplesPerRun = 4;
    private const int Seed = 20260103;

    public static async Task<Result> MeasureAsync(string name, int runs)
    {
        var ours = await MeasureAsync(Delivery.Ours, $"/sync/{Seller.Collection.Schema.Name}/events", "page", ReadPage, runs * SamplesPerRun);
        var peer = await MeasureAsync(Delivery.Peer, StreamServer.PeerPath, PeerStreams.Rows, ReadJson, runs * SamplesPerRun);
        return new Result(
            name, SellersData.Rows.Length, ours.Timing, "ASP.NET Core's ServerSentEvents, a channel a client", peer.Timing,
            [.. ours.Beside("ours"), .. peer.Beside("peer")]);
    }

    private static async Task<Side> MeasureAsync(Delivery delivery, string path, string @event, Func<byte[], Seller[]> read, int samples)
    {
        var database = SellersData.Database.MakeAnother($"streams-{delivery}");
        await using var host = await StreamHost.StartAsync(delivery, database);
        var random = new Random(Seed);
        // What runs for the first time is compiled, which is no stream's memory.
        await using (var few = await StreamClients.OpenAsync(host, path, @event, Streams / 20))
            await SendAsync(host, few, random, database, read, WarmUps);

        var without = await host.ReadMemoryAsync(streams: 0);
        await using var clients = await StreamClients.OpenAsync(host, path, @event, Streams);
        await SendAsync(host, clients, random, database, read, WarmUps);
        var cpu = await host.ReadCpuSecondsAsync();
        var sent = await SendAsync(host, clients, random, database, read, samples);
        cpu = await host.ReadCpuSecondsAsync() - cpu;
        var with = await host.ReadMemoryAsync(Streams);
        return new Side(
            sent, cpu / samples * 1000,
            (with.HeapBytes - without.HeapBytes) / (double)Streams, (with.WorkingSetBytes - without.WorkingSetBytes) / (double)Streams);
    }

    private static async Task<List<Sent>> SendAsync(StreamHost host, StreamClients clients, Random random, string database, Func<byte[], Seller[]> read, int samples)
    {
        List<Sent> sent = [];
        while (sent.Count < samples)
            sent.Add(await SendAsync(host, clients, random, database, read));
        return sent;
    }

    private static async Task<Sent> SendAsync(StreamHost host, StreamClients clients, Random random, string database, Func<byte[], Seller[]> read)
    {
        var keys = new HashSet<long>();
        while (keys.Count < ChangedRows)
            keys.Add(SellersData.Rows[random.Next(SellersData.Rows.Length)].Id);
        long committed = 0;
        var arrivals = await clients.ReceiveAsync(async () => committed = await host.CommitAsync([.. keys]));
        if (!read(arrivals.Data).OrderBy(row => row.Id).SequenceEqual(ReadRows(database, keys)))
            throw new InvalidOperationException("The streams did not receive the rows that were changed, so the times mean nothing.");
        return new Sent([.. arrivals.Times.Select(time => Stopwatch.GetElapsedTime(committed, time).TotalMilliseconds)], arrivals.Data.Length);
    }

    private static IEnumerable<Seller> ReadRows(string database, IEnumerable<long> keys)
    {
        using var connection = new SqliteConnection($"Data Source={database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {SellersData.Columns} FROM sellers WHERE id = @id";
        var id = command.Parameters.Add("@id", SqliteType.Integer);
        foreach (var key in keys.Order())
        {
            id.Value = key;
            using var reader = command.ExecuteReader();
            while (reader.Read())
                yield return SellersData.Read(reader);
        }
    }

    private static Seller[] ReadPage(byte[] data) =>
        Page.Read(Convert.FromBase64String(Encoding.ASCII.GetString(data)), Seller.Collection.Schema).Rows.Decode(Seller.Collection.Codec);

    private static Seller[] ReadJson(byte[] data) => JsonSerializer.Deserialize(data, StreamJson.Default.SellerArray)!;

    /// <summary>One sample.</summary>
    /// <param name="Latencies">Milliseconds until it was received, by stream.</param>
    /// <param name="Bytes">What each stream received.</param>
    private sealed record Sent(double[] Latencies, int Bytes);

    /// <summary>What was measured of one side.</summary>
    /// <param name="Samples">The samples.</param>
    /// <param name="CpuMilliseconds">Processor time of the server for a sample.</param>
    /// <param name="HeapBytes">Living objects of a stream.</param>
    /// <param name="WorkingSetBytes">Memory of the process for a stream.</param>
    private sealed record Side(List<Sent> Samples, double CpuMilliseconds, double HeapBytes, double WorkingSetBytes)
    {
        public Timing Timing => new(Samples.SelectMany(sample => sample.Latencies));

        public IEnumerable<(string, double)> Beside(string side)
        {
            var last = new Timing(Samples.Select(sample => sample.Latencies.Max())).Median;
            return
            [
                ($"{side}_last_stream_ms", last),
                ($"{side}_events_per_s", Streams / last * 1000),
                ($"{side}_server_cpu_ms", CpuMilliseconds),
                ($"{side}_heap_bytes_per_stream", HeapBytes),
                ($"{side}_memory_bytes_per_stream", WorkingSetBytes),
                ($"{side}_event_bytes", new Timing(Samples.Select(sample => (double)sample.Bytes)).Median),
            ];
        }
    }
}
