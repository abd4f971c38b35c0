namespace Collection.Sync.Abstractions.Tests;

public sealed class ViewQueryJsonTests
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
                new EqualFilter("flagged", false),
                new EqualFilter("percent", null),
                new InFilter("platform", ["ebay", null, ""]),
                new RangeFilter("seen", -5L, long.MaxValue) { IncludesFrom = false, IncludesTo = true },
                new RangeFilter("percent", 0.1, double.PositiveInfinity),
                new RangeFilter("created", new DateTimeOffset(2025, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(7), null),
                new EqualFilter("key", Guid.Parse("8d8bbbb5-3e0f-4c2e-9d43-6a3f1c2b9a10")),
                new PrefixFilter("name", ""),
                new ContainsFilter(["name", "platform"], "i5"),
                new OrFilter([new AndFilter([new EqualFilter("flagged", true)]), new AndFilter([]), new OrFilter([])]),
            ],
        };

        ViewQueryJson.Parse(ViewQueryJson.Of(query)!.Write()).ToQuery().ShouldBe(query);
    }

    [Fact]
    public void What_is_written_stays_as_it_is()
    {
        ViewQueryJson.Of(ViewQuery.All).ShouldBeNull();
        var query = new ViewQuery { Search = "fox", Sort = [new("seen", SortDirection.Descending), new("name")], Filters = [new EqualFilter("platform", "ebay")] };

        ViewQueryJson.Of(query)!.Write().ShouldBe(
            """{"search":"fox","sort":[{"field":"seen","direction":"Descending"},{"field":"name"}],"filters":[{"is":"equal","field":"platform","values":["tebay"]}]}""");
    }

    [Theory]
    [InlineData("null", "this is null")]
    [InlineData("{", "not as it should be")]
    [InlineData("[]", "not as it should be")]
    [InlineData("""{"sort":[{"field":"x","direction":"Sideways"}]}""", "$.sort[0].direction")]
    [InlineData("""{"sort":[{"field":"x","direction":7}]}""", "direction that is none")]
    [InlineData("""{"sort":[null]}""", "lacks its field")]
    [InlineData("""{"filters":[null]}""", "A filter is null")]
    [InlineData("""{"filters":[{"field":"a"}]}""", "'' is no filter")]
    [InlineData("""{"filters":[{"is":"or","filters":[{"is":"xor"}]}]}""", "'xor' is no filter")]
    [InlineData("""{"filters":[{"is":"range","field":"a","values":["i1"]}]}""", "'range' is no filter, or lacks a part")]
    [InlineData("""{"filters":[{"is":"equal","field":"a","values":["x1"]}]}""", "'x1' is no value")]
    [InlineData("""{"filters":[{"is":"equal","field":"a","values":["i1.5"]}]}""", "'1.5' is no integer")]
    public void What_is_no_query_is_named(string json, string message) =>
        Should.Throw<FormatException>(() => ViewQueryJson.Parse(json).ToQuery()).Message.ShouldContain(message);
}
