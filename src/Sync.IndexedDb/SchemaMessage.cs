using System.Globalization;
using System.Text.Json;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb;

/// <summary>A schema as the script takes it: <c>Script/schema.ts</c>.</summary>
internal sealed record SchemaMessage(string Name, string Hash, int Key, bool Descending, IReadOnlyList<SchemaMessage.Field> Fields)
{
    public static string Encode(CollectionSchema schema)
    {
        var message = new SchemaMessage(
            schema.Name,
            schema.Hash.ToString("x16", CultureInfo.InvariantCulture),
            schema.KeyIndex,
            schema.KeyOrder == SortDirection.Descending,
            [.. schema.Fields.Select(f => new Field(f.Name, (int)f.Kind, f.IsNullable, f.IsIndexed, f.IsSearchable))]);
        return JsonSerializer.Serialize(message, MessageContext.Default.SchemaMessage);
    }

    internal sealed record Field(string Name, int Kind, bool Nullable, bool Indexed, bool Searchable);
}
