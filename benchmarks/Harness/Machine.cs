using System.Globalization;
using System.Runtime.InteropServices;

namespace Collection.Benchmarks;

/// <summary>What the figures were measured on: a figure without it says nothing.</summary>
internal static class Machine
{
    /// <summary>A heading and one paragraph, in Markdown.</summary>
    public static string Heading(string title, params string[] versions)
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024);
        string[] facts =
        [
            $"{Environment.ProcessorCount} cores ({Processor()})",
            string.Create(CultureInfo.InvariantCulture, $"{memory:F0} GiB of memory"),
            RuntimeInformation.OSDescription,
            .. versions,
        ];
        return string.Create(CultureInfo.InvariantCulture, $"# {title}\n\nMeasured on {DateTimeOffset.UtcNow:yyyy-MM-dd} with {string.Join(", ", facts)}. Read the ratios: the milliseconds are this machine's.");
    }

    private static string Processor()
    {
        const string name = "model name";
        var line = OperatingSystem.IsLinux() ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
