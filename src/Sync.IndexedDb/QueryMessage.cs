using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb;

/// <summary>
/// A query as the script takes it, with fields by position: <c>Script/view.ts</c> and <c>Script/filter.ts</c>. Text is
/// folded there, where ICU always is. Numbers travel as text, since JSON has no infinity; a boolean is a number, as in its
/// column.
/// </summary>
internal static class QueryMessage
{
    /// <exception cref="ArgumentException">The query does not fit the collection.</exception>
    public static string Encode(CollectionSchema schema, ViewQuery query)
    {
        query.Check(schema);
        return JsonText.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("search", query.Search);
            Write(json, schema, query.Filters);
            json.WriteStartArray("sort");
            foreach (var sort in query.Sort)
            {
                json.WriteStartObject();
                json.WriteNumber("field", schema.IndexOf(sort.Field));
                json.WriteBoolean("descending", sort.Direction == SortDirection.Descending);
                json.WriteString("collation", sort.Collation);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter json, CollectionSchema schema, ImmutableArray<ViewFilter> filters)
    {
        json.WriteStartArray("filters");
        foreach (var filter in filters)
        {
            json.WriteStartObject();
            Write(json, schema, filter);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, CollectionSchema schema, ViewFilter filter)
    {
        switch (filter)
        {
            case EqualFilter { Field: var field, Value: var value }:
                WriteIn(json, schema.IndexOf(field), [value]);
                break;
            case InFilter { Field: var field, Values: var values }:
                WriteIn(json, schema.IndexOf(field), values);
                break;
            case RangeFilter range:
                json.WriteString("op", "range");
                json.WriteNumber("field", schema.IndexOf(range.Field));
                json.WriteString("from", Encode(range.From));
                json.WriteString("to", Encode(range.To));
                json.WriteBoolean("includesFrom", range.IncludesFrom);
                json.WriteBoolean("includesTo", range.IncludesTo);
                break;
            case PrefixFilter prefix:
                json.WriteString("op", "prefix");
                json.WriteNumber("field", schema.IndexOf(prefix.Field));
                json.WriteString("text", prefix.Text);
                break;
            case ContainsFilter contains:
                json.WriteString("op", "contains");
                json.WriteStartArray("fields");
                foreach (var field in contains.Fields)
                    json.WriteNumberValue(schema.IndexOf(field));
                json.WriteEndArray();
                json.WriteString("text", contains.Text);
                break;
            case AndFilter and:
                json.WriteString("op", "and");
                Write(json, schema, and.Filters);
                break;
            case OrFilter or:
                json.WriteString("op", "or");
                Write(json, schema, or.Filters);
                break;
            default:
                throw new NotSupportedException($"The browser's store does not know {filter.GetType().Name}. Use packages of one version.");
        }
    }

    private static void WriteIn(Utf8JsonWriter json, int field, ImmutableArray<object?> values)
    {
        json.WriteString("op", "in");
        json.WriteNumber("field", field);
        json.WriteStartArray("values");
        foreach (var value in values)
            json.WriteStringValue(Encode(value));
        json.WriteEndArray();
    }

    private static string? Encode(object? value) => value switch
    {
        null => null,
        string text => text,
        bool flag => flag ? "1" : "0",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        DateTimeOffset instant => Microseconds.From(instant).ToString(CultureInfo.InvariantCulture),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };
}
