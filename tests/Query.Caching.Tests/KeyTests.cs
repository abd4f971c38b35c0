namespace Collection.Query.Caching.Tests;

public sealed class KeyTests
{
    private sealed record Filter(string Platform, int Page);

    [Fact]
    public void Keys_are_equal_where_their_parts_are()
    {
        QueryKey one = ["runs", 7, new Filter("a", 1), null];
        QueryKey same = ["runs", 7, new Filter("a", 1), null];

        (one == same).ShouldBeTrue();
        one.GetHashCode().ShouldBe(same.GetHashCode());
        QueryKey[] others = [["runs", 7], ["runs", 7L, new Filter("a", 1), null], [7, "runs", new Filter("a", 1), null], ["runs", 7, new Filter("a", 2), null], []];
        others.ShouldAllBe(other => other != one);
    }

    [Fact]
    public void A_key_begins_with_its_first_parts_and_with_itself()
    {
        QueryKey key = ["runs", 7, "status"];
        QueryKey[] prefixes = [[], ["runs"], ["runs", 7], key];
        prefixes.ShouldAllBe(prefix => key.StartsWith(prefix));
        QueryKey[] others = [["run"], ["runs", 70], [7], ["runs", 7, "status", 1]];
        others.ShouldAllBe(other => !key.StartsWith(other));
    }

    [Fact]
    public void A_part_that_is_not_equal_by_value_is_refused()
    {
        int[] ids = [1, 2];
        Should.Throw<ArgumentException>(() => QueryKey.Create(["runs", ids])).Message.ShouldContain("Spread its items");
        QueryKey spread = ["runs", .. ids];
        spread.Count.ShouldBe(3);
    }

    [Fact]
    public void A_key_says_its_parts() => QueryKey.Create(["runs", 7, "status"]).ToString().ShouldBe("runs/7/status");
}
