using System.Data.Common;
using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using Collection.Sync.Abstractions;
using Collection.Sync.AspNetCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Sellers.Contracts;

namespace Collection.Benchmarks.Dotnet;

/// <summary>The whole table as the pages of a first sync, and as one bare SELECT of the same columns.</summary>
public abstract class FeedReading
{
    private const int PageBytes = 1024 * 1024;
    private static readonly FeedSource s_source = new(new SyncedTable(Seller.Collection.Schema, "sellers"));
    private static IChangeFeed s_feed = null!;
    private static DbDataSource s_database = null!;

    /// <summary>
    /// Median milliseconds for 1,000 rows of the pages in the first and in the last tenth of a pass, which are alike where
    /// a page costs the same wherever in the table it lies; and the bytes of a row in pages, and as JSON.
    /// </summary>
    public static IReadOnlyList<(string, double)> Figures { get; private set; } = [];

    [Benchmark]
    public async Task<int> Ours()
    {
        var rows = 0;
        await ReadPagesAsync((_, count) => rows += count);
        return rows;
    }

    [Benchmark]
    public async Task<int> Peer()
    {
        await using var connection = await s_database.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {SellersData.Columns} FROM sellers ORDER BY id DESC";
        await using var reader = await command.ExecuteReaderAsync();
        var rows = 0;
        for (; await reader.ReadAsync(); rows++)
            SellersData.Read(reader);
        return rows;
    }

    /// <param name="benchmark">What to try before it is measured.</param>
    /// <param name="use">The database.</param>
    /// <param name="peer">The same, as a team opens it that knows nothing of the feed.</param>
    protected static async Task PrepareAsync(FeedReading benchmark, Action<CollectionSyncOptions> use, DbDataSource? peer = null)
    {
        var services = new ServiceCollection()
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning))
            .AddCollectionSync(use)
            .BuildServiceProvider();
        (s_feed, s_database) = (services.GetRequiredService<IChangeFeed>(), peer ?? services.GetRequiredService<DbDataSource>());
        await s_feed.InstallAsync(s_source.Table, CancellationToken.None);
        if (await benchmark.Ours() != SellersData.Rows.Length || await benchmark.Peer() != SellersData.Rows.Length)
            throw new InvalidOperationException("Not every row was read, so the times mean nothing.");
        Figures = await MeasurePagesAsync();
    }

    private static async Task<IReadOnlyList<(string, double)>> MeasurePagesAsync()
    {
        // A tenth of the pages is one page of a small table, so several passes.
        const int passes = 5;
        List<double> first = [], last = [];
        (long Page, long Json) bytes = default;
        for (var pass = 0; pass < passes; pass++)
        {
            List<double> times = [];
            var started = Stopwatch.GetTimestamp();
            await ReadPagesAsync((page, count) =>
            {
                // The last page is one of changes, of which there are none.
                if (count == 0)
                    return;
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds / count * 1000);
                if (pass == 0)
                    bytes = (bytes.Page + page.Length, bytes.Json + PageJson.Write(Page.Read(page, s_source.Table.Schema)).Length);
                started = Stopwatch.GetTimestamp();
            });
            // The first page counts all rows as well, and the last one is not full.
            var full = times.Count > 3 ? times[1..^1] : times;
            var tenth = Math.Max(1, full.Count / 10);
            first.AddRange(full.Take(tenth));
            last.AddRange(full.TakeLast(tenth));
        }

        return
        [
            ("early_ms_per_1000", new Timing(first).Median), ("late_ms_per_1000", new Timing(last).Median),
            ("page_bytes_per_row", (double)bytes.Page / SellersData.Rows.Length), ("json_bytes_per_row", (double)bytes.Json / SellersData.Rows.Length),
        ];
    }

    /// <param name="read">Takes a page and how many rows are in it.</param>
    private static async Task ReadPagesAsync(Action<byte[], int> read)
    {
        var writer = new PageWriter(s_source.Table.Schema);
        FeedPosition? position = null;
        for (var more = true; more;)
        {
            var slice = await s_feed.ReadAsync(s_source, position, PageBytes, writer, CancellationToken.None);
            var rows = writer.UpsertCount;
            var page = writer.Finish(new PageHeader { Next = new SyncCursor("c"), More = slice.More, IsSnapshot = slice.IsSnapshot, Epoch = slice.Next.Epoch, TotalRows = slice.TotalRows });
            (position, more) = (slice.Next, slice.More);
            read(page, rows);
        }
    }
}

/// <inheritdoc/>
public sealed class FeedRead : FeedReading
{
    public static Task PrepareAsync() => PrepareAsync(new FeedRead(), sync => sync.UseSqlite($"Data Source={SellersData.Database.File}"));
}

/// <inheritdoc/>
public sealed class FeedReadPostgres : FeedReading
{
    public static async Task PrepareAsync()
    {
        var database = await PostgresData.MakeDatabaseAsync();
        await PrepareAsync(new FeedReadPostgres(), sync => sync.UsePostgres(database), NpgsqlDataSource.Create(database));
    }
}
