using System.Text.RegularExpressions;
using Collection.Contracts;

namespace Collection.Query.Caching.Tests;

/// <summary>The table in <c>docs/query-caching.md</c> names every test of the cache, and no other.</summary>
public sealed partial class DocumentationTests
{
    [Fact]
    public void The_table_of_behaviour_names_every_test_and_no_other()
    {
        var named = TestName().Matches(File.ReadAllText(RepositoryFiles.PathOf("docs", "query-caching.md"))).Select(match => match.Groups[1].Value).ToHashSet();
        var written = Directory.GetDirectories(RepositoryFiles.PathOf("tests"), "Query.*.Tests")
            .SelectMany(folder => Directory.GetFiles(folder, "*Tests.cs"))
            .SelectMany(path => TestMethod().Matches(File.ReadAllText(path)).Select(match => match.Groups[1].Value))
            .Where(name => name != nameof(The_table_of_behaviour_names_every_test_and_no_other))
            .ToHashSet();

        named.Except(written).ShouldBeEmpty("these are named and not there");
        written.Except(named).ShouldBeEmpty("these are there and not named");
    }

    [GeneratedRegex("`([A-Z][a-z0-9]*(?:_[A-Za-z0-9]+){2,})`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"public (?:async Task|void) (\w+_\w+)\(")]
    private static partial Regex TestMethod();
}
