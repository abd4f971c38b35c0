using System.Globalization;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb;

/// <summary>A schema as the script takes it: <c>Script/schema.ts</c>.</summary>
internal static class SchemaMessage
{
    public static string Encode(CollectionSchema schema) => JsonText.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("name", schema.Name);
        json.WriteString("hash", schema.Hash.ToString("x16", CultureInfo.InvariantCulture));
        json.WriteNumber("key", schema.KeyIndex);
        json.WriteBoolean("descending", schema.KeyOrder == SortDirection.Descending);
        json.WriteStartArray("fields");
        foreach (var field in schema.Fields)
        {
            json.WriteStartObject();
            json.WriteString("name", field.Name);
            json.WriteNumber("kind", (int)field.Kind);
            json.WriteBoolean("nullable", field.IsNullable);
            json.WriteBoolean("indexed", field.IsIndexed);
            json.WriteBoolean("searchable", field.IsSearchable);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
