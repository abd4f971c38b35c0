using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Collection.Sync.Abstractions;

/// <summary>
/// A <see cref="ViewQuery"/> as JSON, for what is kept or sent:
/// <c>{"search":"fox","sort":[{"field":"times_seen","direction":"Descending"}],"filters":[{"is":"equal","field":"platform","values":["tebay"]}]}</c>.
/// What is missing is empty. Whether a collection can answer the query, <see cref="ViewQuery.Check"/> says.
/// </summary>
public sealed record ViewQueryJson
{
    /// <summary>As <see cref="ViewQuery.Search"/>.</summary>
    public string? Search { get; init; }

    /// <summary>As <see cref="ViewQuery.Sort"/>.</summary>
    public IReadOnlyList<FieldSort>? Sort { get; init; }

    /// <summary>As <see cref="ViewQuery.Filters"/>.</summary>
    public IReadOnlyList<ViewFilterJson>? Filters { get; init; }

    /// <summary>A query as JSON; null for <see cref="ViewQuery.All"/>.</summary>
    public static ViewQueryJson? Of(ViewQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return query == ViewQuery.All ? null : new ViewQueryJson
        {
            Search = query.Search.Length == 0 ? null : query.Search,
            Sort = query.Sort.IsEmpty ? null : query.Sort,
            Filters = query.Filters.IsEmpty ? null : [.. query.Filters.Select(ViewFilterJson.Of)],
        };
    }

    /// <summary>Reads what <see cref="Write"/> has written.</summary>
    /// <exception cref="FormatException">It is no query; the message says what is wrong.</exception>
    public static ViewQueryJson Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ViewQueryJsonContext.Default.ViewQueryJson) ?? throw new FormatException("A query is an object, and this is null.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"A query is not as it should be: {e.Message}", e);
        }
    }

    /// <summary>The query, an <see cref="int"/> of it as a <see cref="long"/>.</summary>
    /// <exception cref="FormatException">A part of it cannot be understood; the message says which.</exception>
    public ViewQuery ToQuery() => new()
    {
        Search = Search ?? "",
        Sort = [.. (Sort ?? []).Select(static sort => sort is { Field: not null } && Enum.IsDefined(sort.Direction) ? sort : throw new FormatException("An order lacks its field, or has a direction that is none."))],
        Filters = ViewFilterJson.ToFilters(Filters ?? []),
    };

    /// <summary>The JSON, without what is empty.</summary>
    public string Write() => JsonSerializer.Serialize(this, ViewQueryJsonContext.Default.ViewQueryJson);

    /// <summary>A value with its type, in a text: <c>i5</c>, <c>d0.5</c>, <c>tshop</c>, <c>b1</c>, <c>a</c> and ticks of an instant, <c>g</c> and a Guid; null for null.</summary>
    /// <exception cref="NotSupportedException">No field has such a value.</exception>
    public static string? WriteValue(object? value) => value switch
    {
        null => null,
        string text => $"t{text}",
        bool flag => flag ? "b1" : "b0",
        int or long => string.Create(CultureInfo.InvariantCulture, $"i{value}"),
        double number => string.Create(CultureInfo.InvariantCulture, $"d{number:R}"),
        DateTimeOffset instant => string.Create(CultureInfo.InvariantCulture, $"a{instant.UtcTicks}"),
        Guid guid => $"g{guid:D}",
        _ => throw new NotSupportedException($"A {value.GetType().Name} cannot be written: teach ViewQueryJson to write and read it."),
    };

    /// <summary>Reads what <see cref="WriteValue"/> has written; integers become <see cref="long"/>.</summary>
    /// <exception cref="FormatException">It is no such text.</exception>
    public static object? ReadValue(string? text) => text switch
    {
        null => null,
        ['t', .. var rest] => rest,
        "b1" => true,
        "b0" => false,
        ['i', .. var rest] => ReadInteger(rest),
        ['d', .. var rest] when double.TryParse(rest, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        ['a', .. var rest] when ReadInteger(rest) is var ticks && ticks >= DateTimeOffset.MinValue.Ticks && ticks <= DateTimeOffset.MaxValue.Ticks => new DateTimeOffset(ticks, TimeSpan.Zero),
        ['g', .. var rest] when Guid.TryParse(rest, out var guid) => guid,
        _ => throw new FormatException($"'{text}' is no value: it begins with its type, as i5, d0.5, tshop and b1 do."),
    };

    private static long ReadInteger(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : throw new FormatException($"'{text}' is no integer.");
}

/// <summary>A <see cref="ViewFilter"/> as JSON, of the kind that <see cref="Is"/> names.</summary>
/// <param name="Is">equal, in, range, prefix, contains, and, or.</param>
public sealed record ViewFilterJson(string Is)
{
    /// <summary>The field of equal, in, range and prefix.</summary>
    public string? Field { get; init; }

    /// <summary>The fields of contains.</summary>
    public IReadOnlyList<string>? Fields { get; init; }

    /// <summary>The text of prefix and contains.</summary>
    public string? Text { get; init; }

    /// <summary>As <see cref="ViewQueryJson.WriteValue"/> writes them: the one that is meant, those that are, or both ends.</summary>
    public IReadOnlyList<string?>? Values { get; init; }

    /// <summary>True where a range is without its lower end.</summary>
    public bool ExcludesFrom { get; init; }

    /// <summary>True where a range is with its upper end.</summary>
    public bool IncludesTo { get; init; }

    /// <summary>The filters of and, or.</summary>
    public IReadOnlyList<ViewFilterJson>? Filters { get; init; }

    internal static ViewFilterJson Of(ViewFilter filter) => filter switch
    {
        EqualFilter equal => new ViewFilterJson("equal") { Field = equal.Field, Values = [ViewQueryJson.WriteValue(equal.Value)] },
        InFilter any => new ViewFilterJson("in") { Field = any.Field, Values = [.. any.Values.Select(ViewQueryJson.WriteValue)] },
        RangeFilter range => new ViewFilterJson("range") { Field = range.Field, Values = [ViewQueryJson.WriteValue(range.From), ViewQueryJson.WriteValue(range.To)], ExcludesFrom = !range.IncludesFrom, IncludesTo = range.IncludesTo },
        PrefixFilter prefix => new ViewFilterJson("prefix") { Field = prefix.Field, Text = prefix.Text },
        ContainsFilter contains => new ViewFilterJson("contains") { Fields = contains.Fields, Text = contains.Text },
        AndFilter and => new ViewFilterJson("and") { Filters = [.. and.Filters.Select(Of)] },
        OrFilter or => new ViewFilterJson("or") { Filters = [.. or.Filters.Select(Of)] },
        _ => throw new NotSupportedException($"A {filter.GetType().Name} cannot be written: teach ViewFilterJson to write and read it."),
    };

    internal static ImmutableArray<ViewFilter> ToFilters(IReadOnlyList<ViewFilterJson> filters) =>
        [.. filters.Select(static filter => filter is null ? throw new FormatException("A filter is null.") : filter.ToFilter())];

    private ViewFilter ToFilter() => (Is, Field, Text, Values) switch
    {
        ("equal", { } field, _, [var value]) => new EqualFilter(field, ViewQueryJson.ReadValue(value)),
        ("in", { } field, _, { } values) => new InFilter(field, [.. values.Select(ViewQueryJson.ReadValue)]),
        ("range", { } field, _, [var from, var to]) => new RangeFilter(field, ViewQueryJson.ReadValue(from), ViewQueryJson.ReadValue(to)) { IncludesFrom = !ExcludesFrom, IncludesTo = IncludesTo },
        ("prefix", { } field, { } text, _) => new PrefixFilter(field, text),
        ("contains", _, { } text, _) when Fields is not null && Fields.All(static name => name is not null) => new ContainsFilter([.. Fields], text),
        ("and", _, _, _) when Filters is not null => new AndFilter(ToFilters(Filters)),
        ("or", _, _, _) when Filters is not null => new OrFilter(ToFilters(Filters)),
        _ => throw new FormatException($"'{Is}' is no filter, or lacks a part."),
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ViewQueryJson))]
internal sealed partial class ViewQueryJsonContext : JsonSerializerContext;
