using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Collection.Browser.Tests;

/// <summary>Writes a table from SQL as JSON, as the documentation of the export says it, and knows nothing of the export's code.</summary>
public static class JsonOracle
{
    private static readonly JsonSerializerOptions s_relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

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
        (_, string text) => JsonSerializer.Serialize(text, s_relaxed),
        _ => JsonSerializer.Serialize(value),
    };
}
