using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Collection.Sync.Abstractions;

namespace Collection.Grid.Blazor;

/// <summary>What a grid keeps in the browser from one visit to the next, as a small JSON text with a version.</summary>
internal sealed record KeptState
{
    /// <summary>Raised when the meaning of anything here changes; what has another version is forgotten.</summary>
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>The columns in their order; null where they are as declared.</summary>
    public IReadOnlyList<KeptColumn>? Columns { get; init; }

    /// <summary>Text, conditions and order; null for all rows in their own order.</summary>
    public KeptQuery? Query { get; init; }

    /// <summary>Where the person was; null for the top.</summary>
    public KeptPlace? Place { get; init; }

    /// <summary>The JSON text.</summary>
    public string Write() => JsonSerializer.Serialize(this, KeptStateJson.Default.KeptState);

    /// <summary>What a text says; null for one that cannot be understood, which is as good as none.</summary>
    public static KeptState? Read(string? json)
    {
        if (string.IsNullOrEmpty(json))
            return null;
        try
        {
            return JsonSerializer.Deserialize(json, KeptStateJson.Default.KeptState) is { Version: CurrentVersion } state
                && state.Columns?.All(static column => column is { Id: not null }) is not false
                ? state
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A column.</summary>
/// <param name="Id">What it is known by.</param>
internal sealed record KeptColumn(string Id)
{
    /// <summary>CSS pixels; null for what is declared.</summary>
    public double? Width { get; init; }

    public bool IsHidden { get; init; }
}

/// <summary>The first row on screen: its key where it is known, else its position will do.</summary>
internal sealed record KeptPlace(int Row)
{
    /// <summary>The key as <see cref="KeptValue"/> writes it.</summary>
    public string? Key { get; init; }
}

/// <summary>A query.</summary>
internal sealed record KeptQuery
{
    public string? Search { get; init; }

    public IReadOnlyList<FieldSort>? Sort { get; init; }

    public IReadOnlyList<KeptFilter>? Filters { get; init; }

    public static KeptQuery? Of(ViewQuery query) => query == ViewQuery.All ? null : new KeptQuery
    {
        Search = query.Search.Length == 0 ? null : query.Search,
        Sort = query.Sort.IsEmpty ? null : query.Sort,
        Filters = query.Filters.IsEmpty ? null : [.. query.Filters.Select(KeptFilter.Of)],
    };

    /// <summary>The query; null where a part of it cannot be understood: the rest would be another one than was kept.</summary>
    public ViewQuery? ToQuery()
    {
        try
        {
            return new ViewQuery
            {
                Search = Search ?? "",
                Sort = [.. (Sort ?? []).Select(static sort => sort is { Field: not null } ? sort : throw new FormatException("An order lacks its field."))],
                Filters = KeptFilter.ToFilters(Filters ?? []),
            };
        }
        catch (FormatException)
        {
            return null;
        }
    }
}

/// <summary>A filter, of the kind that <see cref="Is"/> names.</summary>
/// <param name="Is">equal, in, range, prefix, contains, and, or.</param>
internal sealed record KeptFilter(string Is)
{
    public string? Field { get; init; }

    public IReadOnlyList<string>? Fields { get; init; }

    public string? Text { get; init; }

    /// <summary>As <see cref="KeptValue"/> writes them: the one that is meant, those that are, or both ends.</summary>
    public IReadOnlyList<string?>? Values { get; init; }

    public bool ExcludesFrom { get; init; }

    public bool IncludesTo { get; init; }

    public IReadOnlyList<KeptFilter>? Filters { get; init; }

    public static KeptFilter Of(ViewFilter filter) => filter switch
    {
        EqualFilter equal => new KeptFilter("equal") { Field = equal.Field, Values = [KeptValue.Write(equal.Value)] },
        InFilter any => new KeptFilter("in") { Field = any.Field, Values = [.. any.Values.Select(KeptValue.Write)] },
        RangeFilter range => new KeptFilter("range") { Field = range.Field, Values = [KeptValue.Write(range.From), KeptValue.Write(range.To)], ExcludesFrom = !range.IncludesFrom, IncludesTo = range.IncludesTo },
        PrefixFilter prefix => new KeptFilter("prefix") { Field = prefix.Field, Text = prefix.Text },
        ContainsFilter contains => new KeptFilter("contains") { Fields = contains.Fields, Text = contains.Text },
        AndFilter and => new KeptFilter("and") { Filters = [.. and.Filters.Select(Of)] },
        OrFilter or => new KeptFilter("or") { Filters = [.. or.Filters.Select(Of)] },
        _ => throw new NotSupportedException($"A {filter.GetType().Name} cannot be kept: teach KeptFilter to write and read it."),
    };

    /// <exception cref="FormatException">One of them cannot be understood.</exception>
    public static ImmutableArray<ViewFilter> ToFilters(IReadOnlyList<KeptFilter> filters) =>
        [.. filters.Select(static filter => filter is null ? throw new FormatException("A filter is null.") : filter.ToFilter())];

    private ViewFilter ToFilter() => (Is, Field, Text, Values) switch
    {
        ("equal", { } field, _, [var value]) => new EqualFilter(field, KeptValue.Read(value)),
        ("in", { } field, _, { } values) => new InFilter(field, [.. values.Select(KeptValue.Read)]),
        ("range", { } field, _, [var from, var to]) => new RangeFilter(field, KeptValue.Read(from), KeptValue.Read(to)) { IncludesFrom = !ExcludesFrom, IncludesTo = IncludesTo },
        ("prefix", { } field, { } text, _) => new PrefixFilter(field, text),
        ("contains", _, { } text, _) when Fields is not null && Fields.All(static name => name is not null) => new ContainsFilter([.. Fields], text),
        ("and", _, _, _) when Filters is not null => new AndFilter(ToFilters(Filters)),
        ("or", _, _, _) when Filters is not null => new OrFilter(ToFilters(Filters)),
        _ => throw new FormatException($"'{Is}' is no filter, or lacks a part."),
    };
}

/// <summary>A value with its type, in a text: <c>i5</c>, <c>d0.5</c>, <c>tshop</c>.</summary>
internal static class KeptValue
{
    public static string? Write(object? value) => value switch
    {
        null => null,
        string text => $"t{text}",
        bool flag => flag ? "b1" : "b0",
        int or long => string.Create(CultureInfo.InvariantCulture, $"i{value}"),
        double number => string.Create(CultureInfo.InvariantCulture, $"d{number:R}"),
        DateTimeOffset instant => string.Create(CultureInfo.InvariantCulture, $"a{instant.UtcTicks}"),
        Guid guid => $"g{guid:D}",
        _ => throw new NotSupportedException($"A {value.GetType().Name} cannot be kept: teach KeptValue to write and read it."),
    };

    /// <exception cref="FormatException">It is no such text.</exception>
    public static object? Read(string? text) => text switch
    {
        null => null,
        ['t', .. var rest] => rest,
        "b1" => true,
        "b0" => false,
        ['i', .. var rest] => ReadInteger(rest),
        ['d', .. var rest] when double.TryParse(rest, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        ['a', .. var rest] when ReadInteger(rest) is var ticks && ticks >= DateTimeOffset.MinValue.Ticks && ticks <= DateTimeOffset.MaxValue.Ticks => new DateTimeOffset(ticks, TimeSpan.Zero),
        ['g', .. var rest] when Guid.TryParse(rest, out var guid) => guid,
        _ => throw new FormatException($"'{text}' is no value."),
    };

    public static string Write(RowKey key) => Write(key.Kind switch { FieldKind.Text => key.Text, FieldKind.Guid => key.Guid, _ => (object)key.Value })!;

    /// <summary>The key; null where the text is none.</summary>
    public static RowKey? ReadKey(string? text)
    {
        try
        {
            return Read(text) switch
            {
                string key => new RowKey(key),
                long key => new RowKey(key),
                Guid key => new RowKey(key),
                _ => (RowKey?)null,
            };
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static long ReadInteger(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : throw new FormatException($"'{text}' is no integer.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true)]
[JsonSerializable(typeof(KeptState))]
internal sealed partial class KeptStateJson : JsonSerializerContext;
