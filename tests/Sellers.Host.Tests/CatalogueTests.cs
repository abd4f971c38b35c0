using Collection.Sync.AspNetCore;
using Microsoft.Extensions.DependencyInjection;
using Sellers.Host.Data;
using Sellers.Host.Seeding;

namespace Collection.Sellers.Host.Tests;

public sealed class CatalogueTests
{
    private static readonly DateTimeOffset s_until = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly FoundSeller[] s_sellers = [.. new Catalogue(1, s_until).Take(20_000)];

    [Fact]
    public void Same_seed_gives_the_same_sellers_and_another_one_others()
    {
        new Catalogue(1, s_until).Take(2000).ShouldBe(s_sellers[..2000]);
        new Catalogue(2, s_until).Take(2000).ShouldNotBe(s_sellers[..2000]);
    }

    [Fact]
    public void Sellers_are_as_many_as_asked_for_and_no_two_are_the_same()
    {
        s_sellers.Length.ShouldBe(20_000);
        s_sellers.Select(s => (s.NormalizedName, s.Platform)).Distinct().Count().ShouldBe(20_000);
        s_sellers.ShouldAllBe(s => s.NormalizedName == NameNormalizer.Normalize(s.DisplayName) && s.DisplayName == NameNormalizer.Display(s.DisplayName));
    }

    [Fact]
    public void Sellers_look_like_those_of_marketplaces()
    {
        foreach (var script in (string[])["ЖИжи", "Ωωλ", "のひ", "书店店", "서상점", "متجر", "חנות", "भंडार", "ร้าน", "łŁśż", "ăţșüöÖé"])
            s_sellers.ShouldContain(s => s.DisplayName.IndexOfAny(script.ToCharArray()) >= 0, $"none is written with {script}");
        Share(s => s.FeedbackPercent > 95).ShouldBeInRange(0.7, 0.9);
        Share(s => s.FeedbackPercent is null && s.FeedbackCount == 0).ShouldBeInRange(0.1, 0.15);
        Share(s => s.Flagged).ShouldBeInRange(0.015, 0.025);
        Share(s => s.PlatformId is not null).ShouldBeInRange(0.9, 0.96);
        Share(s => s.DisplayName.Length > 60).ShouldBeInRange(0.005, 0.02);
        s_sellers.ShouldAllBe(s => s.CreatedAt < s_until && s.CreatedAt > s_until.AddDays(-366) && s.DisplayName.Length <= 400);
        s_sellers.Select(s => s.CreatedAt.Month).Distinct().Count().ShouldBe(12);
        s_sellers.Max(s => s.FeedbackCount).ShouldBeGreaterThan(20_000);

        static double Share(Func<FoundSeller, bool> condition) => s_sellers.Count(condition) / (double)s_sellers.Length;
    }

    [Fact]
    public async Task Empty_table_is_filled_with_all_of_them_or_none()
    {
        await using var host = new SellersHost();
        await Should.ThrowAsync<TimeoutException>(async () => await SeedAsync(60_000, _ => throw new TimeoutException()));
        (await CountAsync()).ShouldBe(0);

        (await SeedAsync(303)).ShouldBe(303);
        (await CountAsync()).ShouldBe(303);
        (await SeedAsync(500)).ShouldBe(0);
        (await CountAsync()).ShouldBe(303);

        ValueTask<int> SeedAsync(int count, Action<string>? report = null) => Seeder.RunAsync(
            host.Services.GetRequiredService<SyncDatabase>(), host.Services.GetRequiredService<DeduplicatingUpsert>(), count, report ?? (_ => { }), CancellationToken.None);

        async Task<long> CountAsync()
        {
            await using var connection = await host.Database.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            return await transaction.CountSellersAsync(CancellationToken.None);
        }
    }

    [Fact]
    public void Weights_of_the_vocabularies_make_a_hundred() => Vocabulary.All.Sum(v => v.Weight).ShouldBe(100);
}
