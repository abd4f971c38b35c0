using System.Collections.Immutable;
using Collection.Sync.Abstractions;

namespace Collection.Grid.Blazor.Tests;

public sealed class ColumnSortTests
{
    [Theory]
    [InlineData("", "a", false, "a+")]
    [InlineData("a+", "a", false, "a-")]
    [InlineData("a-", "a", false, "")]
    [InlineData("a-", "b", false, "b+")]
    [InlineData("a-b+", "a", false, "a+")]
    [InlineData("a-", "b", true, "a-b+")]
    [InlineData("a-b+", "b", true, "a-b-")]
    [InlineData("a-b+", "a", true, "b+")]
    [InlineData("a+b+", "a", true, "a-b+")]
    [InlineData("", "a", true, "a+")]
    public void A_heading_changes_the_order(string before, string field, bool isAdded, string after) =>
        Write(ColumnSort.Next(Read(before), field, isAdded)).ShouldBe(after);

    [Fact]
    public void Turned_round_a_field_keeps_its_language() =>
        ColumnSort.Next([new FieldSort("a") { Collation = "sv" }], "a", isAdded: false).ShouldHaveSingleItem().Collation.ShouldBe("sv");

    private static ImmutableArray<FieldSort> Read(string text) =>
        [.. text.Chunk(2).Select(part => new FieldSort(part[0].ToString(), part[1] == '+' ? SortDirection.Ascending : SortDirection.Descending))];

    private static string Write(ImmutableArray<FieldSort> sort) => string.Concat(sort.Select(part => part.Field + (part.Direction == SortDirection.Ascending ? "+" : "-")));
}
