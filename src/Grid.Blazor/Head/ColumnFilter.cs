using System.Globalization;
using Collection.Sync.Abstractions;

namespace Collection.Grid.Blazor;

/// <summary>The filter of one column among those of a query: whatever stands on its field alone. Others are left as they are.</summary>
internal static class ColumnFilter
{
    // What fits on a chip.
    private const int MostNamed = 3;

    /// <summary>The filter on a field; null where there is none.</summary>
    public static ViewFilter? Of(ViewQuery query, string field) => query.Filters.FirstOrDefault(filter => IsOn(filter, field));

    /// <summary>The query with this filter on the field in place of any other.</summary>
    public static ViewQuery Set(ViewQuery query, string field, ViewFilter? filter)
    {
        if (filter is not null && filter.Equals(Of(query, field)))
            return query;
        var others = query.Filters.Where(other => !IsOn(other, field));
        return query with { Filters = filter is null ? [.. others] : [.. others, filter] };
    }

    /// <summary>What a filter says, for a person: <c>contains “shop”</c>, <c>5 – 10</c>.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="texts">The words.</param>
    /// <param name="zone">Where the days of instants begin.</param>
    public static string Describe(ViewFilter filter, GridTexts texts, TimeZoneInfo zone) => filter switch
    {
        ContainsFilter contains => Put(texts.ContainsText, contains.Text),
        PrefixFilter prefix => Put(texts.BeginsWithText, prefix.Text),
        RangeFilter { From: { } from, To: { } to } range => Put(texts.Between, Value(from, texts, zone), Last(range, to, texts, zone)),
        RangeFilter { From: { } from } => Put(texts.AtLeast, Value(from, texts, zone)),
        RangeFilter { To: { } to } range => Put(texts.AtMost, Last(range, to, texts, zone)),
        EqualFilter equal => Value(equal.Value, texts, zone),
        InFilter { Values: var values } => string.Join(", ", values.Take(MostNamed).Select(value => Value(value, texts, zone))) + (values.Length > MostNamed ? ", …" : ""),
        _ => "",
    };

    /// <summary>A text with values in it, in the current culture.</summary>
    public static string Put(string text, params object?[] values) => string.Format(CultureInfo.CurrentCulture, text, values);

    // A range of days ends where the day after begins.
    private static string Last(RangeFilter range, object to, GridTexts texts, TimeZoneInfo zone) =>
        Value(to is DateTimeOffset end && !range.IncludesTo ? end.AddTicks(-1) : to, texts, zone);

    private static string Value(object? value, GridTexts texts, TimeZoneInfo zone) => value switch
    {
        null => texts.NoValue,
        bool flag => flag ? texts.Yes : texts.No,
        DateTimeOffset instant => TimeZoneInfo.ConvertTime(instant, zone).ToString("d", CultureInfo.CurrentCulture),
        IFormattable number => number.ToString(null, CultureInfo.CurrentCulture),
        _ => value.ToString() ?? "",
    };

    private static bool IsOn(ViewFilter filter, string field) => filter switch
    {
        EqualFilter equal => equal.Field == field,
        InFilter any => any.Field == field,
        RangeFilter range => range.Field == field,
        PrefixFilter prefix => prefix.Field == field,
        ContainsFilter { Fields: [var only] } => only == field,
        _ => false,
    };
}
