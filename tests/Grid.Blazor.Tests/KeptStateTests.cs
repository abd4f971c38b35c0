using Collection.Sync.Abstractions;

namespace Collection.Grid.Blazor.Tests;

public sealed class KeptStateTests
{
    [Fact]
    public void Every_kind_of_filter_and_value_comes_back()
    {
        var query = new ViewQuery
        {
            Search = "müll \"x\"",
            Sort = [new FieldSort("platform"), new FieldSort("name", SortDirection.Descending) { Collation = "sv" }],
            Filters =
            [
                new EqualFilter("flagged", true),
                new EqualFilter("percent", null),
                new EqualFilter("percent", 5d),
                new InFilter("platform", ["ebay", null, ""]),
                new RangeFilter("seen", 5, 10L) { IncludesFrom = false, IncludesTo = true },
                new RangeFilter("percent", 0.1, null),
                new RangeFilter("created", new DateTimeOffset(2025, 1, 2, 3, 4, 5, TimeSpan.Zero), null),
                new PrefixFilter("name", "a"),
                new ContainsFilter(["name", "platform"], "b"),
                new OrFilter([new AndFilter([new EqualFilter("id", long.MaxValue)]), new AndFilter([])]),
            ],
        };

        var read = KeptState.Read(new KeptState { Query = ViewQueryJson.Of(query) }.Write())!.ReadQuery()!;

        // An int comes back as a long, which is the same to a store.
        (read with { Filters = read.Filters.SetItem(4, query.Filters[4]) }).ShouldBe(query);
        read.Filters[4].ShouldBe(new RangeFilter("seen", 5L, 10L) { IncludesFrom = false, IncludesTo = true });
    }

    [Fact]
    public void Nothing_worth_keeping_is_kept_short() =>
        new KeptState { Query = ViewQueryJson.Of(ViewQuery.All) }.Write().ShouldBe("""{"version":1}""");

    [Fact]
    public void Keys_of_every_kind_come_back()
    {
        foreach (var key in (RowKey[])[5, "i5", Guid.Parse("8d8bbbb5-3e0f-4c2e-9d43-6a3f1c2b9a10")])
            KeptKey.Read(KeptKey.Write(key)).ShouldBe(key);
        KeptKey.Read("?").ShouldBeNull();
        KeptKey.Read("t").ShouldBeNull();
        KeptKey.Read(null).ShouldBeNull();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("""{"version":2}""")]
    [InlineData("""{"version":1,"columns":[null]}""")]
    [InlineData("""{"version":1,"columns":[{"width":5}]}""")]
    [InlineData("""{"version":1,"query":{"sort":[{"field":"x","direction":"Sideways"}]}}""")]
    public void What_cannot_be_understood_is_as_good_as_nothing(string? json) => KeptState.Read(json).ShouldBeNull();

    [Theory]
    [InlineData("""{"is":"equal"}""")]
    [InlineData("""{"is":"equal","field":"a","values":["x1"]}""")]
    [InlineData("""{"is":"equal","field":"a","values":["i"]}""")]
    [InlineData("""{"is":"range","field":"a","values":["a99999999999999999999",null]}""")]
    [InlineData("""{"is":"range","field":"a","values":["i1"]}""")]
    [InlineData("""{"is":"or","filters":[{"is":"xor"}]}""")]
    [InlineData("""{"is":"and","filters":[null]}""")]
    [InlineData("""{"is":"contains","text":"a","fields":[null]}""")]
    [InlineData("null")]
    public void A_filter_that_cannot_be_understood_takes_the_query_along(string filter) =>
        KeptState.Read($$$"""{"version":1,"query":{"search":"a","filters":[{{{filter}}}]}}""")!.ReadQuery().ShouldBeNull();

    [Theory]
    [InlineData("""{"sort":[null]}""")]
    [InlineData("""{"sort":[{"direction":"Descending"}]}""")]
    public void An_order_without_a_field_takes_the_query_along(string query) =>
        KeptState.Read($$$"""{"version":1,"query":{{{query}}}}""")!.ReadQuery().ShouldBeNull();
}
