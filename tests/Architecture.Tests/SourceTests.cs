using System.Text.RegularExpressions;
using Collection.Contracts;

namespace Collection.Architecture.Tests;

/// <summary>What style asks of every source file and a machine can see.</summary>
public sealed partial class SourceTests
{
    private const int MaxLines = 350;

    private static readonly string[] Kinds = [".cs", ".razor", ".ts", ".css"];
    private static readonly string[] Generated = ["bin", "obj", "node_modules", "wwwroot"];

    [Fact]
    public void No_file_is_longer_than_can_be_taken_in()
    {
        var tooLong = Sources().Select(path => (path, lines: File.ReadLines(path).Count())).Where(file => file.lines > MaxLines);

        tooLong.Select(file => $"{Relative(file.path)}: {file.lines} lines").ShouldBeEmpty($"a file holds one concept, in at most {MaxLines} lines.");
    }

    [Fact]
    public void No_file_or_folder_has_a_name_that_says_nothing() =>
        Sources().Select(Relative).Where(path => EmptyName().IsMatch(path)).ShouldBeEmpty("say what it does instead.");

    [Fact]
    public void No_source_blocks_on_a_task_or_leaves_its_context() =>
        Sources().Where(path => path.EndsWith(".cs", StringComparison.Ordinal))
            .SelectMany(path => File.ReadLines(path).Select((line, i) => (path, line, number: i + 1)))
            .Where(line => Blocking().IsMatch(line.line) && !line.line.TrimStart().StartsWith("//", StringComparison.Ordinal))
            .Select(line => $"{Relative(line.path)}({line.number}): {line.line.Trim()}")
            .ShouldBeEmpty("libraries run on a browser's one thread: await.");

    [Fact]
    public void No_test_takes_a_promise_for_a_yes() =>
        Sources("tests").Concat(Sources("benchmarks")).Where(path => PromisedWait().IsMatch(File.ReadAllText(path)))
            .Select(Relative).ShouldBeEmpty("Playwright does not await an async function here: WaitForAsync does.");

    private static IEnumerable<string> Sources(string folder = "src") =>
        Directory.EnumerateFiles(RepositoryFiles.PathOf(folder), "*.*", SearchOption.AllDirectories)
            .Where(path => Kinds.Contains(Path.GetExtension(path)) && !Relative(path).Split('/').Any(Generated.Contains));

    private static string Relative(string path) => Path.GetRelativePath(RepositoryFiles.Root, path).Replace('\\', '/');

    [GeneratedRegex(@"(Utils?|Utilities|Helpers?|Managers?|Common|Misc)(/|\.\w+$)")]
    private static partial Regex EmptyName();

    [GeneratedRegex(@"\.ConfigureAwait\(|\.GetAwaiter\(\)\.GetResult\(\)|Thread\.Sleep\(|async void|\.Wait\(\)")]
    private static partial Regex Blocking();

    [GeneratedRegex(@"WaitForFunctionAsync\(\s*""+\s*async")]
    private static partial Regex PromisedWait();
}
