using Collection.Contracts;

namespace Collection.Sync.Abstractions.Tests;

/// <summary>
/// Compares what the code makes with the files in <c>tests/golden</c>. <c>UPDATE_GOLDENS=1 dotnet test
/// tests/Sync.Abstractions.Tests</c> writes them anew: a change to one is a change to the wire format.
/// </summary>
internal static class GoldenFiles
{
    private static readonly bool Update = Environment.GetEnvironmentVariable("UPDATE_GOLDENS") == "1";

    public static string Folder { get; } = RepositoryFiles.PathOf("tests", "golden");

    public static void ShouldHold(string name, byte[] expected)
    {
        var path = Path.Combine(Folder, name);
        if (Update)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, expected);
            return;
        }

        File.Exists(path).ShouldBeTrue($"tests/golden/{name} is missing: write it with UPDATE_GOLDENS=1.");
        var found = File.ReadAllBytes(path);
        var same = expected.AsSpan().CommonPrefixLength(found);
        (same == expected.Length && same == found.Length).ShouldBeTrue(
            $"tests/golden/{name} differs from what the code makes at byte {same} ({found.Length} bytes there, {expected.Length} made).");
    }
}
