using System.Globalization;
using System.Text;

namespace Collection.Browser.Tests;

/// <summary>Writes a table from SQL as the documentation of the export says it, and knows nothing of the export's code.</summary>
public static class CsvOracle
{
    public static readonly string[] Columns =
        ["id", "display_name", "normalized_name", "platform", "times_seen", "feedback_percent", "feedback_count", "flagged", "platform_id", "created_at", "updated_at", "last_seen_run_id"];

    public static byte[] Write(SellersDatabase database, string orderBy, string where = "1")
    {
        var text = new StringBuilder().AppendJoin(',', Columns).Append("\r\n");
        foreach (var row in database.Query($"SELECT {string.Join(", ", Columns)} FROM sellers WHERE {where} ORDER BY {orderBy}"))
            text.AppendJoin(',', row.Select((value, i) => Cell(Columns[i], value))).Append("\r\n");
        return new UTF8Encoding(false).GetBytes(text.ToString());
    }

    private static string Cell(string column, object? value) => (column, value) switch
    {
        (_, null) => "",
        ("flagged", long flag) => flag == 0 ? "false" : "true",
        ("created_at" or "updated_at", long microseconds) => DateTime.UnixEpoch.AddMicroseconds(microseconds).ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
        (_, long integer) => integer.ToString(CultureInfo.InvariantCulture),
        (_, double number) => number.ToString("R", CultureInfo.InvariantCulture),
        (_, string text) => Text(text),
        _ => throw new InvalidOperationException($"Column '{column}' holds a {value.GetType().Name}."),
    };

    private static string Text(string text)
    {
        if (text.Length > 0 && "=+-@\t\r\0".Contains(text[0], StringComparison.Ordinal))
            text = "'" + text;
        var isQuoted = text.AsSpan().IndexOfAny(",\"\r\n") >= 0 || text.StartsWith(' ') || text.EndsWith(' ');
        return isQuoted ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
