using System.Reflection;
using System.Runtime.Loader;
using Collection.Contracts;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Collection.Simulation;

/// <summary>
/// The engine, the store in memory and the simulation, compiled from source with one place changed: so that no switch for
/// a test stands in code that is shipped.
/// </summary>
internal static class BrokenBuild
{
    private const string GlobalUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using SortDirection = Collection.Sync.Abstractions.SortDirection;
        """;

    private static readonly CSharpParseOptions s_language = new(LanguageVersion.Latest);
    private static readonly CSharpCompilation s_whole = CSharpCompilation.Create(
        "Broken",
        [.. Files().Select(path => Parse(path, File.ReadAllText(path))), Parse("", GlobalUsings)],
        References(),
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable, concurrentBuild: false));

    /// <summary>Compiles with a bug and runs until it is found.</summary>
    /// <returns>What <see cref="BugHunt.FirstViolation"/> returns.</returns>
    public static string? Hunt(SeededBug bug, long count)
    {
        var context = new AssemblyLoadContext(bug.Name, isCollectible: true);
        try
        {
            var assembly = context.LoadFromStream(Compile(bug));
            var hunt = assembly.GetType(typeof(BugHunt).FullName!, throwOnError: true)!.GetMethod(nameof(BugHunt.FirstViolation), BindingFlags.Public | BindingFlags.Static)!;
            return (string?)hunt.Invoke(null, [count]);
        }
        finally
        {
            context.Unload();
        }
    }

    /// <summary>Where a bug goes; null and why where it does not fit.</summary>
    public static string? Misfit(SeededBug bug)
    {
        var text = File.ReadAllText(RepositoryFiles.PathOf(bug.File.Split('/')));
        var found = text.Split(bug.Find).Length - 1;
        return found == 1 ? null : $"{bug.Name}: {bug.File} has the text {found} times. The code has changed: update the patch.";
    }

    private static MemoryStream Compile(SeededBug bug)
    {
        var place = RepositoryFiles.PathOf(bug.File.Split('/'));
        var source = s_whole.SyntaxTrees.First(tree => tree.FilePath == place);
        var broken = Parse(place, File.ReadAllText(place).Replace(bug.Find, bug.Replace, StringComparison.Ordinal));
        var assembly = new MemoryStream();
        var result = s_whole.ReplaceSyntaxTree(source, broken).Emit(assembly);
        if (!result.Success)
        {
            var errors = result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Take(5);
            throw new InvalidOperationException($"'{bug.Name}' does not compile: {string.Join(Environment.NewLine, errors)}");
        }

        assembly.Position = 0;
        return assembly;
    }

    private static IEnumerable<string> Files()
    {
        var simulation = RepositoryFiles.PathOf("tests", "Simulation");
        var core = Directory.GetDirectories(simulation).Where(folder => Path.GetFileName(folder) is not ("bin" or "obj" or "Bugs"))
            .SelectMany(folder => Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories));
        return [.. Directory.GetFiles(RepositoryFiles.PathOf("src", "Sync.Engine"), "*.cs"), .. Directory.GetFiles(RepositoryFiles.PathOf("tests", "Contracts"), "InMemory*.cs"), .. core];
    }

    private static SyntaxTree Parse(string path, string text) => CSharpSyntaxTree.ParseText(text, s_language, path);

    // All that this process has, but for what is compiled here.
    private static IEnumerable<MetadataReference> References() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "System.dll" or "netstandard.dll" or "mscorlib.dll"))
            .Append(typeof(Sync.Abstractions.CollectionSchema).Assembly.Location)
            .Select(path => MetadataReference.CreateFromFile(path));
}
