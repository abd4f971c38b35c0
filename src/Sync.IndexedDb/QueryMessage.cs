using System.Globalization;
using System.Text.Json;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb;

/// <summary>A query as the script takes it, with fields by position: <c>Script/view.ts</c>. Text is folded there, where ICU always is.</summary>
internal sealed record QueryMessage(string Search, IReadOnlyList<QueryMessage.Filter> Filters, IReadOnlyList<QueryMessage.Order> Sort)
{
    /// <exception cref="ArgumentException">The query names a field that is not indexed, or a value that is not of its field's kind.</exception>
    public static string Encode(CollectionSchema schema, ViewQuery query)
    {
        var message = new QueryMessage(
            query.Search,
            [.. query.Filters.Select(filter => new Filter(IndexedField(schema, filter.Field), Encode(schema, filter)))],
            [.. query.Sort.Select(sort => new Order(IndexedField(schema, sort.Field), sort.Direction == SortDirection.Descending))]);
        return JsonSerializer.Serialize(message, MessageContext.Default.QueryMessage);
    }

    /// <summary>The position of a field that the store can filter and sort by.</summary>
    /// <exception cref="ArgumentException">There is no such field, or it is not indexed.</exception>
    public static int IndexedField(CollectionSchema schema, string name)
    {
        var index = schema.IndexOf(name);
        return schema.Fields[index] is { IsIndexed: true } or { IsKey: true }
            ? index
            : throw new ArgumentException($"Field '{name}' of '{schema.Name}' is not indexed, so no view can filter or sort by it: mark it with IsIndexed.", nameof(name));
    }

    // Numbers travel as text, since JSON has no infinity; a boolean is a number, as in its column.
    private static string? Encode(CollectionSchema schema, FieldFilter filter)
    {
        var kind = schema.Fields[schema.IndexOf(filter.Field)].Kind;
        return (kind, filter.Value) switch
        {
            (_, null) => null,
            (FieldKind.Text, string text) => text,
            (FieldKind.Boolean, bool flag) => flag ? "1" : "0",
            (FieldKind.Int32 or FieldKind.Int64, int or long) => string.Create(CultureInfo.InvariantCulture, $"{filter.Value}"),
            (FieldKind.Double, double number) => number.ToString("R", CultureInfo.InvariantCulture),
            (FieldKind.Timestamp, DateTimeOffset instant) => Microseconds.From(instant).ToString(CultureInfo.InvariantCulture),
            _ => throw new ArgumentException($"Field '{filter.Field}' of '{schema.Name}' is of kind {kind}; it cannot equal a {filter.Value.GetType().Name}.", nameof(filter)),
        };
    }

    internal sealed record Filter(int Field, string? Value);

    internal sealed record Order(int Field, bool Descending);
}
