using System.Xml.Linq;
using Collection.Contracts;

namespace Collection.Architecture.Tests;

/// <summary>A package stands on Sync.Abstractions and on nothing else of ours, unless the table here says so.</summary>
public sealed class DependencyTests
{
    private static readonly string[] Standard = ["Sync.Abstractions"];

    private static readonly Dictionary<string, string[]> Exceptions = new()
    {
        ["Sync.Abstractions"] = [],
        ["Sync.Generators"] = [],
        ["Query.Caching"] = [],
        ["Query.Blazor"] = ["Query.Caching"],
        ["Devtools.Blazor"] = ["Sync.Abstractions", "Query.Caching"],
        ["Grid.Blazor"] = ["Sync.Abstractions", "Grid.Windowing", "Query.Caching"],
    };

    public static TheoryData<string> Packages => [.. Names];

    internal static IReadOnlyList<string> Names { get; } =
        [.. Directory.GetFiles(RepositoryFiles.PathOf("src"), "*.csproj", SearchOption.AllDirectories).Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Package_references_only_what_the_architecture_allows(string package)
    {
        var allowed = Exceptions.GetValueOrDefault(package, Standard);

        var references = Items(package, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')));

        references.Except(allowed).ShouldBeEmpty($"{package} may reference {(allowed.Length == 0 ? "nothing of ours" : string.Join(", ", allowed))}.");
    }

    [Fact]
    public void Abstractions_and_engine_depend_on_the_framework_alone()
    {
        Items("Sync.Abstractions", "PackageReference").ShouldBeEmpty();
        Items("Sync.Engine", "PackageReference").ShouldBe(["Microsoft.CodeAnalysis.BannedApiAnalyzers"]);
    }

    private static IEnumerable<string> Items(string package, string kind) =>
        XDocument.Load(RepositoryFiles.PathOf("src", package, $"{package}.csproj")).Descendants(kind)
            .Select(item => (string?)item.Attribute("Include")).OfType<string>();
}
