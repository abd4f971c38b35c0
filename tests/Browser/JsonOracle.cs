using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Collection.Browser.Tests;

/// <summary>Writes a table from SQL as JSON, as the documentation of the export says it, and knows nothing of the export's code.</summary>
public static partial class JsonOracle
{
    private static readonly Dictionary<string, string> s_short = new() { ["\""] = "\\\"", ["\\"] = "\\\\", ["\b"] = "\\b", ["\t"] = "\\t", ["\n"] = "\\n", ["\f"] = "\\f", ["\r"] = "\\r" };

    public static byte[] WriteArray(SellersDatabase database, string orderBy, string where) =>
        Encoding.UTF8.GetBytes($"[\n{string.Join(",\n", Rows(database, orderBy, where))}\n]\n");

    public static byte[] WriteLines(SellersDatabase database, string orderBy, string where) =>
        Encoding.UTF8.GetBytes(string.Concat(Rows(database, orderBy, where).Select(row => row + "\n")));

    private static IEnumerable<string> Rows(SellersDatabase database, string orderBy, string where) =>
        database.Query($"SELECT {string.Join(", ", CsvOracle.Columns)} FROM sellers WHERE {where} ORDER BY {orderBy}")
            .Select(row => $"{{{string.Join(',', row.Select((value, i) => $"\"{CsvOracle.Columns[i]}\":{Value(CsvOracle.Columns[i], value)}"))}}}");

    private static string Value(string column, object? value) => (column, value) switch
    {
        (_, null) => "null",
        ("flagged", long flag) => flag == 0 ? "false" : "true",
        ("created_at" or "updated_at", long microseconds) => $"\"{DateTime.UnixEpoch.AddMicroseconds(microseconds).ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture)}\"",
        (_, string text) => $"\"{Escaped().Replace(text, found => s_short.GetValueOrDefault(found.Value) ?? $"\\u{(int)found.Value[0]:x4}")}\"",
        _ => JsonSerializer.Serialize(value),
    };

    [GeneratedRegex("[\"\\\\\\x00-\\x1f]")]
    private static partial Regex Escaped();
}
