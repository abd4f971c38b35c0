using System.Globalization;

namespace Collection.Benchmarks.Browser;

/// <summary>What the process of a page takes, as the operating system counts it.</summary>
internal static class RendererMemory
{
    /// <summary>
    /// The private memory, in MiB, of the largest page of the browser that has this profile; null where there is no
    /// /proc to read it from. Private is what would be free if the process ended; code that it shares with others is not in it.
    /// </summary>
    public static double? Measure(string profile)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        var processes = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0)
            .Select(id => (Id: id, Parent: ParentOf(id), Command: Read(id, "cmdline")))
            .ToArray();
        HashSet<int> ours = [.. processes.Where(p => p.Command.Contains($"--user-data-dir={profile}\0", StringComparison.Ordinal)).Select(p => p.Id)];
        for (var known = 0; known < ours.Count;)
        {
            known = ours.Count;
            ours.UnionWith(processes.Where(p => ours.Contains(p.Parent)).Select(p => p.Id));
        }

        return processes
            .Where(p => ours.Contains(p.Id) && p.Command.Contains("--type=renderer", StringComparison.Ordinal))
            .Select(p => PrivateMebibytes(p.Id)).DefaultIfEmpty(0).Max();
    }

    private static double PrivateMebibytes(int process) => Read(process, "smaps_rollup").Split('\n')
        .Where(line => line.StartsWith("Private_", StringComparison.Ordinal))
        .Sum(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)) / 1024;

    /// <summary>The fourth word of /proc/N/stat; the second, in parentheses, may have blanks in it.</summary>
    private static int ParentOf(int process)
    {
        var stat = Read(process, "stat");
        var words = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 1 ? int.Parse(words[1], CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Nothing where the process has ended meanwhile.</summary>
    private static string Read(int process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
