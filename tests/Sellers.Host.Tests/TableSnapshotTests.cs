using Collection.Contracts;
using Collection.Sync.Abstractions;
using Sellers.Contracts;
using Sellers.Host.Exports;

namespace Collection.Sellers.Host.Tests;

/// <summary>What a query finds in the table, beside what it finds in the store that all others are compared with, filled by a pull.</summary>
public sealed class TableSnapshotTests
{
    private static readonly string[] s_texts = ["normalized_name", "platform"];
    private static readonly string[] s_fields = [.. s_texts, "id", "times_seen", "feedback_percent", "feedback_count", "flagged", "created_at"];

    // Mixed case, accents in one piece and in two, beyond the basic plane and just below its end, what SQL takes for its own, and nothing.
    private static readonly string[] s_names = ["Fox", "fox 2", "FOX", "Ärger", "A\u0308rger", "ärger & co", "Straße", "STRASSE", "ΟΔΥΣΣΕΥΣ", "οδυσσεύς", "İstanbul", "ısı", "ﬁne", "\uff46ox", "100% o'fox_\\", "\ue000", "\U0001f600", " ", ""];
    private static readonly string[] s_platforms = ["eBay", "ebay", "Étsy", "étsy", "", "商店"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_query_finds_what_it_finds_in_a_store_in_the_same_order(bool onPostgres)
    {
        await using var host = onPostgres ? await SellersHost.OnPostgresAsync() : new SellersHost();
        var visitor = await host.SignInAsync();
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        await host.ExecuteAsync("INSERT INTO sellers (display_name, normalized_name, platform, times_seen, feedback_percent, feedback_count, flagged, created_at, updated_at) VALUES "
            + string.Join(", ", s_names.SelectMany(_ => s_platforms, (name, platform) =>
                $"('x', '{name.Replace("'", "''", StringComparison.Ordinal)}', '{platform}', {random.Next(1, 4)}, {(random.Next(3) == 0 ? "NULL" : $"{random.Next(3)}.5")}, {random.Next(3)}, {(onPostgres ? random.Next(2) == 0 : random.Next(2))}, {Instants[random.Next(3)]}, 0)")));
        await using var store = await new InMemorySyncStore(new InMemoryDatabase()).OpenAsync(Seller.Collection.Schema, default);
        await store.ApplyAsync(await visitor.Http.GetByteArrayAsync(new Uri("/sync/sellers", UriKind.Relative)), new PullStart(null, store.Status.Writes), await store.LeadAsync(default), default);
        store.Status.RowCount.ShouldBe(s_names.Length * s_platforms.Length);

        var found = 0;
        for (var i = 0; i < 400; i++)
        {
            var query = i == 0 ? ViewQuery.All : RandomQuery(random);
            await using var view = (await store.OpenViewAsync(query, new RowRange(0, 0), default)).View;
            await using var snapshot = await TableSnapshot.OpenAsync(host.Database, query, default);
            snapshot.Count.ShouldBe(view.Count, $"Seed {seed}: {query}");
            (await ReadAsync(snapshot, pageRows: 7)).ShouldBe(await ReadAsync(view, pageRows: 1000), $"Seed {seed}: {query}");
            found += snapshot.Count;
        }

        found.ShouldBeGreaterThan(4000);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_changed_while_it_is_read_is_not_in_it(bool onPostgres)
    {
        await using var host = onPostgres ? await SellersHost.OnPostgresAsync(sellers: 100) : new SellersHost { Sellers = 100 };
        await host.SignInAsync();
        foreach (var query in (ViewQuery[])[ViewQuery.All, new() { Filters = [new RangeFilter("times_seen", 1, null)], Sort = [new("normalized_name")] }])
        {
            List<Seller> before;
            await using (var first = await TableSnapshot.OpenAsync(host.Database, query, default))
                before = await ReadAsync(first, pageRows: 1000);
            await using var snapshot = await TableSnapshot.OpenAsync(host.Database, query, default);
            var begun = await snapshot.ReadAsync(new RowRange(0, 10), default);

            await host.ExecuteAsync("UPDATE sellers SET times_seen = times_seen + 1");
            await host.ExecuteAsync($"DELETE FROM sellers WHERE id = {before[50].Id}");

            begun.Decode(Seller.Collection.Codec).Concat(await ReadAsync(snapshot, pageRows: 7, from: 10)).ShouldBe(before);
        }
    }

    [Fact]
    public async Task The_order_of_a_language_is_refused()
    {
        await using var host = new SellersHost();
        await host.SignInAsync();

        await Should.ThrowAsync<ArgumentException>(() => TableSnapshot.OpenAsync(host.Database, new ViewQuery { Sort = [new("platform") { Collation = "sv" }] }, default));
    }

    private static long[] Instants => [.. ((int[])[2024, 2025, 2026]).Select(year => Microseconds.From(new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero)))];

    private static async Task<List<Seller>> ReadAsync(IStoreView view, int pageRows, int from = 0)
    {
        List<Seller> rows = [];
        for (var next = from; next < view.Count; next += pageRows)
            rows.AddRange((await view.ReadAsync(new RowRange(next, Math.Min(pageRows, view.Count - next)), default)).Decode(Seller.Collection.Codec));
        return rows;
    }

    private static ViewQuery RandomQuery(Random random) => new()
    {
        Search = random.Next(3) == 0 ? RandomText(random) : "",
        Filters = [.. Enumerable.Range(0, random.Next(3)).Select(_ => RandomFilter(random, depth: 0))],
        Sort = [.. random.GetItems(s_fields, random.Next(4)).Distinct().Select(field => new FieldSort(field, (SortDirection)random.Next(2)))],
    };

    private static ViewFilter RandomFilter(Random random, int depth)
    {
        var (field, text) = (random.GetItems(s_fields, 1)[0], random.GetItems(s_texts, 1)[0]);
        return random.Next(depth < 2 ? 7 : 5) switch
        {
            0 => new EqualFilter(field, RandomValue(random, field)),
            1 => new InFilter(field, [.. Enumerable.Range(0, random.Next(4)).Select(_ => RandomValue(random, field))]),
            2 when field != "flagged" => new RangeFilter(field, RandomValue(random, field), RandomValue(random, field)) { IncludesFrom = random.Next(2) == 0, IncludesTo = random.Next(2) == 0 },
            < 4 => new PrefixFilter(text, RandomText(random)),
            4 => new ContainsFilter(random.Next(2) == 0 ? [.. s_texts] : [text], RandomText(random)),
            5 => new AndFilter([.. Enumerable.Range(0, random.Next(3)).Select(_ => RandomFilter(random, depth + 1))]),
            _ => new OrFilter([.. Enumerable.Range(0, random.Next(3)).Select(_ => RandomFilter(random, depth + 1))]),
        };
    }

    private static object? RandomValue(Random random, string field) => random.Next(6) == 0 ? null : field switch
    {
        "normalized_name" => random.GetItems(s_names, 1)[0],
        "platform" => random.GetItems(s_platforms, 1)[0],
        "feedback_percent" => random.Next(3) + 0.5,
        "flagged" => random.Next(2) == 0,
        "created_at" => Microseconds.ToInstant(random.GetItems(Instants, 1)[0]).AddTicks(random.Next(-5, 15)),
        "id" => (long)random.Next(1, 100),
        _ => random.Next(4),
    };

    private static string RandomText(Random random) => random.GetItems(["FOX", "är", "A\u0308R", "ss", "ß", "%", "_", "'", "\\", "σ", "i", "ı", "FI", "\U0001f600", "\ue000", " ", "É", "", "nothing"], 1)[0];
}
