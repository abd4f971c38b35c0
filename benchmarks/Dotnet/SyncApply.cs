using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;
using BenchmarkDotNet.Attributes;
using Collection.Contracts;
using Collection.Sync.Abstractions;
using Sellers.Contracts;

namespace Collection.Benchmarks.Dotnet;

/// <summary>
/// A change of every row, in random order, into a store in memory that has all rows already: pages as the engine hands
/// them over, and the same rows as JSON into a dictionary by key.
/// </summary>
public sealed class SyncApply
{
    private const int PageBytes = 1024 * 1024;
    private const int Seed = 20260103;

    // A store may keep the pages that it was given. Those of one set are all superseded once the other one is stored.
    private static byte[][][] s_sets = [];
    private static byte[][] s_json = [];
    private static ICollectionStore s_store = null!;
    private static long s_fence;
    private static long s_sequence;
    private static int s_set;
    private static Dictionary<long, Seller> s_peer = [];

    /// <summary>Changes that ours gets through in a second of one processor, whatever else the machine does; and the size of a row.</summary>
    public static IReadOnlyList<(string, double)> Figures { get; private set; } = [];

    public static async Task PrepareAsync()
    {
        var rows = SellersData.Rows.ToArray();
        new Random(Seed).Shuffle(rows);
        var chunks = Pages(rows).ToArray();
        s_sets = [[.. chunks.Select(chunk => chunk.Page)], [.. chunks.Select(chunk => chunk.Page.ToArray())]];
        s_json = [.. chunks.Select(chunk => JsonSerializer.SerializeToUtf8Bytes(chunk.Rows, SellersJson.Default.SellerArray))];

        // The rows come first in the order of their keys, as in a first sync, and are then changed in another one.
        s_peer = SellersData.Rows.ToDictionary(row => row.Id);
        s_store = await new InMemorySyncStore(new InMemoryDatabase()).OpenAsync(Seller.Collection.Schema, CancellationToken.None);
        s_fence = await s_store.LeadAsync(CancellationToken.None);
        foreach (var (page, _) in Pages(SellersData.Rows))
            await s_store.ApplyAsync(page, new PullStart(s_store.Status.Cursor, s_store.Status.Writes), s_fence, CancellationToken.None);

        var benchmark = new SyncApply();

        // A pass over a short table is too short for the compiler to notice what is hot.
        for (var warmup = 0; warmup * rows.Length < 500_000; warmup++)
        {
            await MeasureAsync(benchmark);
            benchmark.Peer();
        }

        var (passes, time) = (0, TimeSpan.Zero);
        for (; passes < 5 || time < TimeSpan.FromMilliseconds(200); passes++)
            time += await MeasureAsync(benchmark);
        await CompareAsync();
        Figures =
        [
            ("changes_per_core_s", passes * rows.Length / time.TotalSeconds),
            ("page_bytes_per_change", s_sets[0].Sum(page => (double)page.Length) / rows.Length),
            ("json_bytes_per_change", s_json.Sum(page => (double)page.Length) / rows.Length),
        ];
    }

    /// <summary>Gives every change of the next set a version that is newer than all before.</summary>
    [IterationSetup(Target = nameof(Ours))]
    public void Change()
    {
        s_set = 1 - s_set;
        foreach (var page in s_sets[s_set])
        {
            var section = PageLayout.Of(page, Seller.Collection.Schema).Sequences;
            for (var position = section.Data; position < section.End; position += sizeof(double))
                BinaryPrimitives.WriteDoubleLittleEndian(page.AsSpan(position), ++s_sequence);
        }
    }

    /// <returns>The number of pages that have changed rows.</returns>
    [Benchmark]
    public async Task<int> Ours()
    {
        var before = s_store.Status.Revision;
        foreach (var page in s_sets[s_set])
        {
            // As the engine does: a page is refused before it goes to the store.
            var status = s_store.Status;
            var header = PageHeader.Read(page);
            if (header.More && header.Next == status.Cursor)
                throw new InvalidOperationException("The cursor does not advance.");
            await s_store.ApplyAsync(page, new PullStart(status.Cursor, status.Writes), s_fence, CancellationToken.None);
        }

        return (int)(s_store.Status.Revision - before);
    }

    [Benchmark]
    public int Peer()
    {
        foreach (var page in s_json)
        {
            foreach (var row in JsonSerializer.Deserialize(page, SellersJson.Default.SellerArray)!)
            {
                if (!s_peer.TryGetValue(row.Id, out var known) || known.UpdatedAt <= row.UpdatedAt)
                    s_peer[row.Id] = row;
            }
        }

        return s_peer.Count;
    }

    private static IEnumerable<(byte[] Page, Seller[] Rows)> Pages(Seller[] rows)
    {
        var writer = new PageWriter(Seller.Collection.Schema);
        var (start, number) = (0, 0);
        for (var i = 0; i < rows.Length; i++)
        {
            Write(writer, rows[i]);
            if (writer.ByteLength < PageBytes && i < rows.Length - 1)
                continue;
            var header = new PageHeader { Next = new SyncCursor($"cursor-{number++}"), More = i < rows.Length - 1, IsSnapshot = false, Epoch = 1, TotalRows = rows.Length };
            yield return (writer.Finish(header), [.. rows.Skip(start).Take(i + 1 - start)]);
            start = i + 1;
        }
    }

    private static void Write(PageWriter writer, Seller row)
    {
        writer.BeginRow(new RowVersion(0, 0));
        writer.WriteInteger(row.Id);
        writer.WriteText(row.DisplayName);
        writer.WriteText(row.NormalizedName);
        writer.WriteText(row.Platform);
        writer.WriteInteger(row.TimesSeen);
        if (row.FeedbackPercent is { } percent)
            writer.WriteDouble(percent);
        else
            writer.WriteNull();
        writer.WriteInteger(row.FeedbackCount);
        writer.WriteBoolean(row.Flagged);
        if (row.PlatformId is { } platformId)
            writer.WriteText(platformId);
        else
            writer.WriteNull();
        writer.WriteInteger(Microseconds.From(row.CreatedAt));
        writer.WriteInteger(Microseconds.From(row.UpdatedAt));
        if (row.LastSeenRunId is { } runId)
            writer.WriteInteger(runId);
        else
            writer.WriteNull();
        writer.EndRow();
    }

    /// <returns>Processor time of one pass.</returns>
    private static async Task<TimeSpan> MeasureAsync(SyncApply benchmark)
    {
        benchmark.Change();
        var before = Environment.CpuUsage.TotalTime;
        var applied = await benchmark.Ours();
        var time = Environment.CpuUsage.TotalTime - before;
        return applied == s_json.Length && s_store.Status.RowCount == SellersData.Rows.Length
            ? time
            : throw new InvalidOperationException("Not every change was taken, so the times mean nothing.");
    }

    private static async Task CompareAsync()
    {
        var (view, _) = await s_store.OpenViewAsync(ViewQuery.All, default, CancellationToken.None);
        await using var opened = view;
        var same = view.Count == s_peer.Count && view.Count == SellersData.Rows.Length;
        const int window = 1000;
        for (var start = 0; start < view.Count && same; start += window)
        {
            var rows = (await view.ReadAsync(new RowRange(start, window), CancellationToken.None)).Decode(Seller.Collection.Codec);
            same = rows.All(row => s_peer.TryGetValue(row.Id, out var known) && known == row);
        }

        if (!same)
            throw new InvalidOperationException("The rows of both sides are not the same, so the times mean nothing.");
    }
}

[JsonSerializable(typeof(Seller[]))]
internal sealed partial class SellersJson : JsonSerializerContext;
