using BenchmarkDotNet.Attributes;
using Collection.Sync.Abstractions;
using Collection.Sync.AspNetCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sellers.Contracts;

namespace Collection.Benchmarks.Dotnet;

/// <summary>The whole table as the pages of a first sync, and as one bare SELECT of the same columns.</summary>
public sealed class FeedRead
{
    private static readonly SyncedTable s_table = new(Seller.Collection.Schema, "sellers");
    private static IChangeFeed? s_feed;

    public static async Task PrepareAsync()
    {
        s_feed = new ServiceCollection()
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning))
            .AddCollectionSync(sync => sync.UseSqlite($"Data Source={SellersData.Database.File}"))
            .BuildServiceProvider()
            .GetRequiredService<IChangeFeed>();
        await s_feed.InstallAsync(s_table, CancellationToken.None);
        var benchmark = new FeedRead();
        if (await benchmark.Ours() != SellersData.Rows.Length || benchmark.Peer() != SellersData.Rows.Length)
            throw new InvalidOperationException("Not every row was read, so the times mean nothing.");
    }

    [Benchmark]
    public async Task<int> Ours()
    {
        const int pageBytes = 1024 * 1024;
        var writer = new PageWriter(s_table.Schema);
        FeedPosition? position = null;
        var rows = 0;
        for (var more = true; more;)
        {
            var slice = await s_feed!.ReadAsync(s_table, position, pageBytes, writer, CancellationToken.None);
            rows += writer.UpsertCount;
            writer.Finish(new PageHeader { Next = new SyncCursor("c"), More = slice.More, IsSnapshot = slice.IsSnapshot, Epoch = slice.Next.Epoch, TotalRows = slice.TotalRows });
            (position, more) = (slice.Next, slice.More);
        }

        return rows;
    }

    [Benchmark]
    public int Peer()
    {
        using var connection = SellersData.Database.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {SellersData.Columns} FROM sellers ORDER BY id DESC";
        using var reader = command.ExecuteReader();
        var rows = 0;
        for (; reader.Read(); rows++)
            SellersData.Read(reader);
        return rows;
    }
}
