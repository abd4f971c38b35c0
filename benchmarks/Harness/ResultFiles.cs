using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Collection.Benchmarks;

/// <summary>Writes results as a table for people and as one JSON object a line for programs.</summary>
internal static class ResultFiles
{
    /// <summary>Writes <paramref name="jsonFile"/>, and beside it the same as Markdown.</summary>
    public static Task WriteAsync(string jsonFile, string heading, IReadOnlyList<Result> results, CancellationToken cancellationToken) =>
        WriteAsync(jsonFile, heading, results, [], cancellationToken);

    /// <summary>Writes the same with figures that are no times in a table of their own.</summary>
    public static async Task WriteAsync(
        string jsonFile, string heading, IReadOnlyList<Result> results, IReadOnlyList<Figures> figures, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(jsonFile))!);
        await File.WriteAllLinesAsync(jsonFile, [.. results.Select(Json), .. figures.Select(Json)], cancellationToken);
        await File.WriteAllTextAsync(Path.ChangeExtension(jsonFile, ".md"), $"{heading}\n\n{Tables(results, figures)}", cancellationToken);
    }

    public static string Tables(IReadOnlyList<Result> results, IReadOnlyList<Figures> figures) =>
        string.Join('\n', new[] { results.Count > 0 ? Table(results) : "", figures.Count > 0 ? Table(figures) : "" }.Where(table => table.Length > 0));

    public static string Table(IReadOnlyList<Result> results)
    {
        var table = new StringBuilder("| scenario | rows | ours, ms: median (p95) | peer | peer, ms: median (p95) | ratio | beside |\n| --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (var result in results)
        {
            var beside = string.Join(", ", result.Beside.Select(b => $"{b.Name} {Number(b.Value)}"));
            table.Append(CultureInfo.InvariantCulture,
                $"| {result.Scenario} | {result.Rows} | {Number(result.Ours.Median)} ({Number(result.Ours.P95)}) | {result.Peer} | {Number(result.PeerTiming.Median)} ({Number(result.PeerTiming.P95)}) | {Number(result.Ratio)} | {beside} |\n");
        }

        return table.ToString();
    }

    private static string Table(IReadOnlyList<Figures> figures)
    {
        var table = new StringBuilder("| scenario | rows | of | figures |\n| --- | --- | --- | --- |\n");
        foreach (var (scenario, rows, of, values) in figures)
            table.Append(CultureInfo.InvariantCulture, $"| {scenario} | {rows} | {of} | {string.Join(", ", values.Select(v => $"{v.Name} {Number(v.Value)}"))} |\n");
        return table.ToString();
    }

    private static string Json(Figures figures) => Json(json =>
    {
        json.WriteString("scenario", figures.Scenario);
        json.WriteNumber("rows", figures.Rows);
        json.WriteString("of", figures.Of);
        foreach (var (name, value) in figures.Values)
            json.WriteNumber(name, Rounded(value));
    });

    private static string Json(Result result) => Json(json =>
    {
        json.WriteString("scenario", result.Scenario);
        json.WriteNumber("rows", result.Rows);
        json.WriteNumber("ours_ms", Rounded(result.Ours.Median));
        json.WriteNumber("ours_p95_ms", Rounded(result.Ours.P95));
        json.WriteString("peer", result.Peer);
        json.WriteNumber("peer_ms", Rounded(result.PeerTiming.Median));
        json.WriteNumber("peer_p95_ms", Rounded(result.PeerTiming.P95));
        json.WriteNumber("ratio", Rounded(result.Ratio));
        foreach (var (name, value) in result.Beside)
            json.WriteNumber(name, Rounded(value));
    });

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>Three digits are more than a busy machine gives.</summary>
    private static string Number(double value) =>
        value >= 100 ? value.ToString("F0", CultureInfo.InvariantCulture) : value.ToString("G3", CultureInfo.InvariantCulture);

    private static double Rounded(double value) => Math.Round(value, 3);
}
