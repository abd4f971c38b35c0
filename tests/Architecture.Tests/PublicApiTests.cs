using System.Reflection;
using Collection.Contracts;

namespace Collection.Architecture.Tests;

/// <summary>
/// The public API of each package is a text file in <c>Approved</c>, so that a change to it is seen.
/// <c>UPDATE_APPROVED=1 dotnet test tests/Architecture.Tests</c> writes them anew.
/// </summary>
public sealed class PublicApiTests
{
    private static readonly bool Update = Environment.GetEnvironmentVariable("UPDATE_APPROVED") == "1";

    public static TheoryData<string> Packages => DependencyTests.Packages;

    [Theory]
    [MemberData(nameof(Packages))]
    public void Public_api_is_as_approved(string package)
    {
        var path = RepositoryFiles.PathOf("tests", "Architecture.Tests", "Approved", $"{package}.txt");
        var found = PublicApi.Of(Assembly.Load($"Collection.{package}"));
        if (Update)
            File.WriteAllText(path, found);

        File.Exists(path).ShouldBeTrue($"{package} has no approved API: read it in the diff after UPDATE_APPROVED=1.");
        var approved = File.ReadAllText(path).ReplaceLineEndings("\n");
        Difference(approved, found).ShouldBeEmpty(
            $"the public API of {package} has changed. If that is meant: UPDATE_APPROVED=1 dotnet test tests/Architecture.Tests, and a line in CHANGELOG.md.");
    }

    [Fact]
    public void Approved_files_are_of_packages_that_exist()
    {
        var approved = Directory.GetFiles(RepositoryFiles.PathOf("tests", "Architecture.Tests", "Approved")).Select(Path.GetFileNameWithoutExtension);

        approved.Except(DependencyTests.Names).ShouldBeEmpty();
    }

    private static IEnumerable<string> Difference(string approved, string found)
    {
        var (before, after) = (approved.Split('\n'), found.Split('\n'));
        return [.. before.Except(after).Select(line => $"- {line}"), .. after.Except(before).Select(line => $"+ {line}")];
    }
}
