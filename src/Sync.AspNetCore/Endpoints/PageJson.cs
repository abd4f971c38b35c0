using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// A page as JSON, for a person with curl. Made from the finished page, so that both forms say the same. Timestamps are
/// ISO 8601 in UTC.
/// </summary>
internal static class PageJson
{
    // Escaped as JSON asks, and no further: the answer is never part of a web page, and names stay readable.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Write(Page page)
    {
        var output = new ArrayBufferWriter<byte>(page.Header.ByteLength * 2);
        using var json = new Utf8JsonWriter(output, s_options);
        json.WriteStartObject();
        json.WriteString("collection", page.Schema.Name);
        json.WriteNumber("epoch", page.Header.Epoch);
        json.WriteBoolean("snapshot", page.Header.IsSnapshot);
        json.WriteBoolean("more", page.Header.More);
        json.WriteString("next", page.Header.Next.Value);
        json.WriteNumber("totalRows", page.Header.TotalRows);
        json.WriteStartArray("changes");
        for (var i = 0; i < page.Header.UpsertCount + page.Header.DeleteCount; i++)
            WriteChange(json, page, i);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return output.WrittenMemory;
    }

    private static void WriteChange(Utf8JsonWriter json, Page page, int index)
    {
        var isUpsert = index < page.Header.UpsertCount;
        json.WriteStartObject();
        json.WriteString("op", isUpsert ? "upsert" : "delete");
        if (!isUpsert)
            json.WriteNumber("key", page.Key(index).Value);
        json.WriteStartArray("version");
        json.WriteNumberValue(page.Version(index).Transaction);
        json.WriteNumberValue(page.Version(index).Sequence);
        json.WriteEndArray();
        if (isUpsert)
            WriteRow(json, page.Schema, page.Rows[index].Span);
        json.WriteEndObject();
    }

    private static void WriteRow(Utf8JsonWriter json, CollectionSchema schema, ReadOnlySpan<byte> row)
    {
        var reader = new MessagePackReader(row);
        reader.ReadArrayHeader(schema.Fields.Length);
        json.WriteStartObject("row");
        foreach (var field in schema.Fields)
        {
            json.WritePropertyName(field.Name);
            if (reader.TryReadNil())
                json.WriteNullValue();
            else
                WriteValue(json, field.Kind, ref reader);
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, FieldKind kind, ref MessagePackReader reader)
    {
        switch (kind)
        {
            case FieldKind.Boolean: json.WriteBooleanValue(reader.ReadBoolean()); break;
            case FieldKind.Text: json.WriteStringValue(reader.ReadTextUtf8()); break;
            case FieldKind.Timestamp: json.WriteStringValue(reader.ReadTimestamp().UtcDateTime); break;
            case FieldKind.Double:
                var number = reader.ReadDouble();
                if (double.IsFinite(number))
                    json.WriteNumberValue(number);
                else
                    json.WriteStringValue(number > 0 ? "Infinity" : "-Infinity");
                break;
            default: json.WriteNumberValue(reader.ReadInt64()); break;
        }
    }
}
