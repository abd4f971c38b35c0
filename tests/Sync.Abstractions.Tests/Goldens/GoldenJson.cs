using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Collection.Sync.Abstractions.Tests;

/// <summary>
/// What a reader should find in a page, as JSON. Infinities are the strings "Infinity" and "-Infinity"; booleans of
/// columns are true and false, missing values null.
/// </summary>
internal static class GoldenJson
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonObject Schema(CollectionSchema schema) => new()
    {
        ["name"] = schema.Name,
        ["hash"] = $"{schema.Hash:x16}",
        ["keyOrder"] = schema.KeyOrder == SortDirection.Ascending ? "ascending" : "descending",
        ["fields"] = new JsonArray([.. schema.Fields.Select(Field)]),
    };

    public static JsonObject Page(Page page) => new()
    {
        ["schema"] = Schema(page.Schema),
        ["header"] = new JsonObject
        {
            ["next"] = page.Header.Next.Value,
            ["more"] = page.Header.More,
            ["isSnapshot"] = page.Header.IsSnapshot,
            ["epoch"] = page.Header.Epoch,
            ["totalRows"] = page.Header.TotalRows,
            ["schemaHash"] = $"{page.Header.SchemaHash:x16}",
            ["byteLength"] = page.Header.ByteLength,
            ["upsertCount"] = page.Header.UpsertCount,
            ["deleteCount"] = page.Header.DeleteCount,
            ["columnCount"] = page.Header.ColumnCount,
        },
        ["keys"] = Changes(page, i => page.Key(i) is { Kind: FieldKind.Int64 } key ? key.Value : page.Key(i).ToString()),
        ["versions"] = Changes(page, i => new JsonArray(page.Version(i).Transaction, page.Version(i).Sequence)),
        ["columns"] = new JsonArray([.. page.Schema.IndexedFields.Select((field, column) => Column(page, page.Schema.Fields[field], column))]),
        ["rows"] = new JsonArray([.. Enumerable.Range(0, page.Rows.Count).Select(i => Row(page.Rows[i], page.Schema))]),
    };

    /// <summary>JSON with one property, and one element of an array, a line.</summary>
    public static string Format(JsonNode root)
    {
        var text = new StringBuilder();
        if (root is JsonArray array)
            AppendArray(text, array, "");
        else
            AppendObject(text, root.AsObject());
        return text.Append('\n').ToString();
    }

    private static JsonObject Field(FieldSchema field) => new()
    {
        ["name"] = field.Name,
        ["kind"] = (int)field.Kind,
        ["key"] = field.IsKey,
        ["nullable"] = field.IsNullable,
        ["indexed"] = field.IsIndexed,
        ["searchable"] = field.IsSearchable,
    };

    private static JsonArray Changes(Page page, Func<int, JsonNode> value) =>
        new([.. Enumerable.Range(0, page.Header.UpsertCount + page.Header.DeleteCount).Select(value)]);

    private static JsonObject Column(Page page, FieldSchema field, int column) => new()
    {
        ["field"] = field.Name,
        ["values"] = new JsonArray([.. Enumerable.Range(0, page.Header.UpsertCount).Select(row => Value(page, field.Kind, column, row))]),
    };

    private static JsonNode? Value(Page page, FieldKind kind, int column, int row)
    {
        if (page.IsNull(column, row))
            return null;
        return kind switch
        {
            FieldKind.Text => Encoding.UTF8.GetString(page.Text(column, row)),
            FieldKind.Boolean => page.Number(column, row) == 1,
            FieldKind.Double => Real(page.Number(column, row)),
            _ => (long)page.Number(column, row),
        };
    }

    public static JsonArray Row(ReadOnlyMemory<byte> encoded, CollectionSchema schema)
    {
        var reader = new MessagePackReader(encoded.Span);
        reader.ReadArrayHeader(schema.Fields.Length);
        var row = new JsonArray();
        foreach (var field in schema.Fields)
        {
            row.Add(reader.TryReadNil() ? null : field.Kind switch
            {
                FieldKind.Text => reader.ReadText(),
                FieldKind.Guid => reader.ReadGuid().ToString("D"),
                FieldKind.Boolean => reader.ReadBoolean(),
                FieldKind.Double => Real(reader.ReadDouble()),
                _ => (JsonNode)reader.ReadInt64(),
            });
        }

        return row;
    }

    private static JsonNode Real(double value) =>
        double.IsFinite(value) ? value : value > 0 ? "Infinity" : "-Infinity";

    private static void AppendObject(StringBuilder text, JsonObject root)
    {
        var separator = "{\n";
        foreach (var (name, value) in root)
        {
            text.Append(separator).Append("  ").Append(JsonSerializer.Serialize(name)).Append(": ");
            if (value is JsonArray { Count: > 0 } array)
                AppendArray(text, array, "  ");
            else
                text.Append(Line(value));
            separator = ",\n";
        }

        text.Append("\n}");
    }

    private static void AppendArray(StringBuilder text, JsonArray array, string indent)
    {
        text.Append("[\n");
        text.AppendJoin(",\n", array.Select(element => indent + "  " + Line(element)));
        text.Append('\n').Append(indent).Append(']');
    }

    private static string Line(JsonNode? node) => node?.ToJsonString(Compact) ?? "null";
}
