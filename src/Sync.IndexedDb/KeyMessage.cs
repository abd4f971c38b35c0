using System.Text.Json;
using System.Text.Json.Serialization;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb;

/// <summary>A key as the script takes it and keeps it: an integer as a number, a text and a Guid as a string. <c>Script/keys.ts</c>.</summary>
internal sealed class KeyMessage : JsonConverter<RowKey>
{
    /// <summary>An argument of a call.</summary>
    public static object Encode(RowKey key, CollectionSchema schema)
    {
        schema.CheckKey(key);
        return key.Kind == FieldKind.Int64 ? key.Value : key.ToString();
    }

    /// <summary>A key that was read from JSON, where a Guid looks like a text. That of an edit older than the schema may be of another kind, and stays as it is.</summary>
    public static RowKey Decode(RowKey read, CollectionSchema schema) =>
        schema.Key.Kind == FieldKind.Guid && read.Kind == FieldKind.Text && Guid.TryParseExact(read.Text, "D", out var guid) ? guid : read;

    public override RowKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? reader.GetString()! : reader.GetInt64();

    public override void Write(Utf8JsonWriter writer, RowKey value, JsonSerializerOptions options)
    {
        if (value.Kind == FieldKind.Int64)
            writer.WriteNumberValue(value.Value);
        else
            writer.WriteStringValue(value.ToString());
    }
}
