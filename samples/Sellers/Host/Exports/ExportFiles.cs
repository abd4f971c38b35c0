using System.Globalization;
using System.Text.RegularExpressions;
using Collection.Export.Streaming;
using Sellers.Contracts;

namespace Sellers.Host.Exports;

/// <summary>The files of exports: one that is being written has another name until it is whole.</summary>
internal sealed partial class ExportFiles(DirectoryInfo folder)
{
    private static readonly CsvFormat s_csv = new(Seller.Collection.Schema);
    private static readonly JsonFormat s_json = new(Seller.Collection.Schema);
    private static readonly JsonFormat s_lines = new(Seller.Collection.Schema, new JsonOptions { Layout = JsonLayout.Lines });

    public static IExportFormat FormatOf(ExportFormat format) => format switch
    {
        ExportFormat.Csv => s_csv,
        ExportFormat.Json => s_json,
        _ => s_lines,
    };

    public static string ExtensionOf(ExportFormat format) => format switch
    {
        ExportFormat.Csv => "csv",
        ExportFormat.Json => "json",
        _ => "ndjson",
    };

    /// <summary>A file of one attempt at an export, which is not whole yet.</summary>
    public string PartOf(long id, int attempt) => PathOf(id, attempt) + ".part";

    /// <summary>The same once it is whole.</summary>
    public string PathOf(long id, int attempt) => Path.Combine(folder.FullName, string.Create(CultureInfo.InvariantCulture, $"{id}-{attempt}"));

    /// <summary>Deletes the files that nobody wants any more.</summary>
    /// <param name="isWantedAsync">Says whether the file of an attempt at an export is wanted, or may be.</param>
    public async Task SweepAsync(Func<long, int, Task<bool>> isWantedAsync)
    {
        foreach (var file in folder.EnumerateFiles())
        {
            if (OurName().Match(file.Name) is not { Success: true, Groups: var parts })
                continue;
            if (!await isWantedAsync(long.Parse(parts[1].Value, CultureInfo.InvariantCulture), int.Parse(parts[2].Value, CultureInfo.InvariantCulture)))
                file.Delete();
        }
    }

    [GeneratedRegex(@"^(\d{1,18})-(\d{1,9})(\.part)?$")]
    private static partial Regex OurName();
}
