using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb;

/// <summary>
/// A query as the script takes it, with fields by position: <c>Script/view.ts</c> and <c>Script/filter.ts</c>. Text is
/// folded there, where ICU always is. Numbers travel as text, since JSON has no infinity; a boolean is a number, as in its
/// column.
/// </summary>
internal sealed record QueryMessage(string Search, IReadOnlyList<QueryMessage.Filter> Filters, IReadOnlyList<QueryMessage.Order> Sort)
{
    /// <exception cref="ArgumentException">The query does not fit the collection.</exception>
    public static string Encode(CollectionSchema schema, ViewQuery query)
    {
        query.Check(schema);
        var message = new QueryMessage(
            query.Search,
            Encode(schema, query.Filters),
            [.. query.Sort.Select(sort => new Order(schema.IndexOf(sort.Field), sort.Direction == SortDirection.Descending, sort.Collation))]);
        return JsonSerializer.Serialize(message, MessageContext.Default.QueryMessage);
    }

    private static IReadOnlyList<Filter> Encode(CollectionSchema schema, ImmutableArray<ViewFilter> filters) =>
        [.. filters.Select(filter => Encode(schema, filter))];

    private static Filter Encode(CollectionSchema schema, ViewFilter filter) => filter switch
    {
        EqualFilter equal => new In(schema.IndexOf(equal.Field), [Encode(equal.Value)]),
        InFilter one => new In(schema.IndexOf(one.Field), [.. one.Values.Select(Encode)]),
        RangeFilter range => new Range(schema.IndexOf(range.Field), Encode(range.From), Encode(range.To), range.IncludesFrom, range.IncludesTo),
        PrefixFilter prefix => new Prefix(schema.IndexOf(prefix.Field), prefix.Text),
        ContainsFilter contains => new Contains([.. contains.Fields.Select(schema.IndexOf)], contains.Text),
        AndFilter and => new And(Encode(schema, and.Filters)),
        OrFilter or => new Or(Encode(schema, or.Filters)),
        _ => throw new NotSupportedException($"The browser's store does not know {filter.GetType().Name}. Use packages of one version."),
    };

    private static string? Encode(object? value) => value switch
    {
        null => null,
        string text => text,
        bool flag => flag ? "1" : "0",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        DateTimeOffset instant => Microseconds.From(instant).ToString(CultureInfo.InvariantCulture),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };

    [JsonPolymorphic(TypeDiscriminatorPropertyName = "op")]
    [JsonDerivedType(typeof(In), "in")]
    [JsonDerivedType(typeof(Range), "range")]
    [JsonDerivedType(typeof(Prefix), "prefix")]
    [JsonDerivedType(typeof(Contains), "contains")]
    [JsonDerivedType(typeof(And), "and")]
    [JsonDerivedType(typeof(Or), "or")]
    internal abstract record Filter;

    internal sealed record In(int Field, IReadOnlyList<string?> Values) : Filter;

    internal sealed record Range(int Field, string? From, string? To, bool IncludesFrom, bool IncludesTo) : Filter;

    internal sealed record Prefix(int Field, string Text) : Filter;

    internal sealed record Contains(IReadOnlyList<int> Fields, string Text) : Filter;

    internal sealed record And(IReadOnlyList<Filter> Filters) : Filter;

    internal sealed record Or(IReadOnlyList<Filter> Filters) : Filter;

    internal sealed record Order(int Field, bool Descending, string? Collation);
}
