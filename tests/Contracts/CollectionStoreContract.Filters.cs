using System.Collections.Immutable;
using Collection.Sync.Abstractions;

namespace Collection.Contracts;

// Filters of each kind, alone and in one another, and what is refused.
public abstract partial class CollectionStoreContract
{
    private static ThingPage Assortment() => Page()
        .Thing(1, new RowVersion(0, 1), "Etsy", label: "", rank: int.MinValue, amount: -RowKey.MaxMagnitude, score: double.NegativeInfinity, active: false, seenAt: Noon)
        .Thing(2, new RowVersion(0, 2), "ETSY SHOP", label: null, rank: null, amount: 0, score: null, active: null, seenAt: null)
        .Thing(3, new RowVersion(0, 3), "Ärger", label: "東京タワー", rank: 0, amount: 1L << 50, score: -0.0, active: true, seenAt: Noon.AddMicroseconds(1))
        .Thing(4, new RowVersion(0, 4), "\U0001f600 toys", label: "\ufffd", rank: 3, amount: 2, score: 0.5, active: true, seenAt: Noon.AddMicroseconds(-1))
        .Thing(5, new RowVersion(0, 5), "zebra", label: "\U0001f600", rank: int.MaxValue, amount: RowKey.MaxMagnitude, score: double.PositiveInfinity, active: false, seenAt: Noon.AddYears(50));

    public static TheoryData<ViewFilter, string> Filters => new()
    {
        { new InFilter("name", ["etsy", "ÄRGER", "nobody"]), "1 3" },
        { new InFilter("name", []), "" },
        { new InFilter("label", [null, ""]), "1 2" },
        { new InFilter("label", ["\U0001f600", "\ufffd"]), "4 5" },
        { new InFilter("rank", [int.MinValue, 0L, null, 7]), "1 2 3" },
        { new InFilter("amount", [1L << 50, RowKey.MaxMagnitude]), "3 5" },
        { new InFilter("score", [0.0, double.PositiveInfinity]), "3 5" },
        { new InFilter("active", [true, null]), "2 3 4" },
        { new InFilter("seen_at", [Noon, Noon.AddMicroseconds(1)]), "1 3" },
        { new InFilter("id", [2, 9L]), "2" },
        { new RangeFilter("rank", 0, 3), "3" },
        { new RangeFilter("rank", 0, 3) { IncludesTo = true }, "3 4" },
        { new RangeFilter("rank", 0, null) { IncludesFrom = false }, "4 5" },
        { new RangeFilter("rank", null, int.MaxValue), "1 3 4" },
        { new RangeFilter("rank", null, null), "1 3 4 5" },
        { new RangeFilter("rank", 3, 0), "" },
        { new RangeFilter("rank", 3, 3), "" },
        { new RangeFilter("rank", 3, 3) { IncludesTo = true }, "4" },
        { new RangeFilter("amount", -RowKey.MaxMagnitude, RowKey.MaxMagnitude), "1 2 3 4" },
        { new RangeFilter("score", double.NegativeInfinity, 0.0), "1" },
        { new RangeFilter("score", -0.0, double.PositiveInfinity) { IncludesTo = true }, "3 4 5" },
        { new RangeFilter("seen_at", Noon, Noon.AddMicroseconds(1)), "1" },
        { new RangeFilter("seen_at", null, Noon) { IncludesTo = true }, "1 4" },
        { new RangeFilter("id", 2L, 4L), "2 3" },
        { new RangeFilter("name", "ETSY", "z"), "1 2" },
        { new RangeFilter("name", "etsy", null) { IncludesFrom = false }, "2 3 4 5" },
        { new RangeFilter("label", "東京", "\U0001f600"), "3 4" },
        { new RangeFilter("label", null, "東京タワー"), "1" },
        { new RangeFilter("label", "", null) { IncludesFrom = false }, "3 4 5" },
        { new PrefixFilter("name", "ETSY"), "1 2" },
        { new PrefixFilter("name", "etsy "), "2" },
        { new PrefixFilter("name", "ä"), "3" },
        { new PrefixFilter("name", "\U0001f600"), "4" },
        { new PrefixFilter("name", "tsy"), "" },
        { new PrefixFilter("label", ""), "1 3 4 5" },
        { new PrefixFilter("label", "東"), "3" },
        { new ContainsFilter(["name"], "TSY"), "1 2" },
        { new ContainsFilter(["label"], "京タ"), "3" },
        { new ContainsFilter(["name", "label"], "\U0001f600"), "4 5" },
        { new ContainsFilter(["label", "name"], "zebr"), "5" },
        { new ContainsFilter(["label"], ""), "1 3 4 5" },
        { new ContainsFilter(["name"], "nowhere"), "" },
        { new AndFilter([]), "1 2 3 4 5" },
        { new OrFilter([]), "" },
        { new AndFilter([new PrefixFilter("name", "e"), new EqualFilter("label", null)]), "2" },
        { new OrFilter([new EqualFilter("id", 5L), new RangeFilter("rank", null, 0), new ContainsFilter(["name"], "shop")]), "1 2 5" },
        { new OrFilter([new AndFilter([new EqualFilter("active", true), new RangeFilter("rank", 1, null)]), new AndFilter([new EqualFilter("active", false), new OrFilter([new EqualFilter("label", ""), new EqualFilter("label", "x")])])]), "1 4" },
        { new AndFilter([new OrFilter([new EqualFilter("active", true), new EqualFilter("active", null)]), new OrFilter([new ContainsFilter(["name"], "s"), new ContainsFilter(["label"], "東")])]), "2 3 4" },
    };

    [Fact]
    public async Task View_WithAFilterOfEachKind_HoldsTheRowsThatItSays()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Assortment());

        foreach (var row in Filters)
        {
            var (filter, keys) = ((ViewFilter)row[0], (string)row[1]);
            (await KeysAsync(store, Filtered(filter))).ShouldBe(Keys(keys), filter.ToString());
            (await KeysAsync(store, Filtered(new OrFilter([filter]), new AndFilter([filter])))).ShouldBe(Keys(keys), filter.ToString());
        }
    }

    [Fact]
    public async Task View_OfAThousandValues_HoldsTheRowsThatHaveOne()
    {
        var store = await OpenAsync();
        var page = Page();
        for (var i = 0; i < 3000; i++)
            page.Thing(i, new RowVersion(0, i), $"Thing {i}", rank: i);
        await ApplyAllAsync(store, page);
        var wanted = Enumerable.Range(0, 1000).Select(i => i * 7).ToList();
        var expected = wanted.Where(i => i < 3000).Select(i => (long)i);

        (await KeysAsync(store, Filtered(new InFilter("rank", [.. wanted.Select(i => (object?)i)])))).ShouldBe(expected);
        (await KeysAsync(store, Filtered(new InFilter("name", [.. wanted.Select(i => $"THING {i}")])))).ShouldBe(expected);
    }

    [Fact]
    public async Task View_OfAQueryThatDoesNotFitTheCollection_IsRefused()
    {
        var store = await OpenAsync();
        var deep = Enumerable.Range(0, ViewFilter.MaxDepth).Aggregate((ViewFilter)new EqualFilter("rank", 1), (inner, _) => new OrFilter([inner]));
        ViewQuery[] queries =
        [
            Filtered(new EqualFilter("memo", "x")), Filtered(new EqualFilter("nothing", 1)), Filtered(new EqualFilter("rank", "1")), Filtered(new EqualFilter("rank", 1.0)),
            Filtered(new EqualFilter("active", 1)), Filtered(new EqualFilter("score", double.NaN)), Filtered(new EqualFilter("seen_at", 5L)), Filtered(new EqualFilter("name", "\ud83d")),
            Filtered(new InFilter("memo", [])), Filtered(new InFilter("rank", [1, true])), Filtered(new RangeFilter("active", false, true)), Filtered(new RangeFilter("rank", "a", null)),
            Filtered(new PrefixFilter("rank", "1")), Filtered(new PrefixFilter("memo", "x")), Filtered(new ContainsFilter([], "x")), Filtered(new ContainsFilter(["name", "rank"], "x")),
            Filtered(new AndFilter([new OrFilter([new EqualFilter("memo", "x")])])), Filtered(deep), Filtered(new InFilter("rank", [.. Enumerable.Range(0, ViewFilter.MaxSize).Select(i => (object?)i)])),
            ViewQuery.All with { Sort = [new("rank") { Collation = "sv" }] }, ViewQuery.All with { Sort = [new("name") { Collation = "no language!" }] }, ViewQuery.All with { Sort = [new("name") { Collation = "" }] },
        ];

        foreach (var query in queries)
            await Should.ThrowAsync<ArgumentException>(async () => await store.OpenViewAsync(query, new RowRange(0, 1), default));
        (await KeysAsync(store, Filtered(((OrFilter)deep).Filters[0]))).ShouldBeEmpty();
    }

    [Fact]
    public void Queries_ThatSayTheSame_AreEqual()
    {
        static ViewQuery Make(int value) => Filtered(
            new AndFilter([new OrFilter([new InFilter("rank", [value, null]), new RangeFilter("rank", value, null)]), new ContainsFilter(["name"], "x"), new PrefixFilter("name", "y")]));

        Make(1).ShouldBe(Make(1));
        Make(1).GetHashCode().ShouldBe(Make(1).GetHashCode());
        Make(1).ShouldNotBe(Make(2));
    }

    [Fact]
    public async Task View_SortedByALanguage_IsInItsOrderWithCodePointOrderBeside()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page()
            .Thing(1, new RowVersion(0, 1), "zebra", label: "b").Thing(2, new RowVersion(0, 2), "Ärger", label: null).Thing(3, new RowVersion(0, 3), "arger", label: "Ö")
            .Thing(4, new RowVersion(0, 4), "ÅRGER", label: "z").Thing(5, new RowVersion(0, 5), "bertil", label: "o"));

        (await KeysAsync(store, Collated("name", "sv"))).ShouldBe([3, 5, 1, 4, 2]);
        (await KeysAsync(store, Collated("name", "de"))).ShouldBe([3, 4, 2, 5, 1]);
        (await KeysAsync(store, Collated("label", "sv"))).ShouldBe([2, 1, 5, 4, 3]);
        (await KeysAsync(store, Collated("label", "de", SortDirection.Descending))).ShouldBe([4, 3, 5, 1, 2]);
        (await KeysAsync(store, SortedBy(("name", SortDirection.Ascending)))).ShouldBe([3, 5, 1, 2, 4]);

        await ApplyNextAsync(store, Page().Thing(6, 6, "Åre").Thing(1, 7, "zz"));
        (await KeysAsync(store, Collated("name", "sv"))).ShouldBe([3, 5, 1, 6, 4, 2]);
    }

    private static ViewQuery Filtered(params ImmutableArray<ViewFilter> filters) => ViewQuery.All with { Filters = filters };

    private static ViewQuery Collated(string field, string collation, SortDirection direction = SortDirection.Ascending) =>
        ViewQuery.All with { Sort = [new FieldSort(field, direction) { Collation = collation }] };
}
