using System.Globalization;
using Collection.Sync.Abstractions;

namespace Collection.Grid.Blazor;

/// <summary>What a person has put into the filter of a column, and the filter that it makes. No UI, and no source.</summary>
/// <param name="field">The column's field.</param>
/// <param name="kind">What its values are.</param>
/// <param name="hasChoices">True where values are chosen, and not described.</param>
/// <param name="zone">Where days begin.</param>
internal sealed class FilterForm(string field, FieldKind kind, bool hasChoices, TimeZoneInfo zone)
{
    // What every calendar, zone and date input can take.
    private const int FirstYear = 1000;
    private const int LastYear = 9998;
    private const string DayFormat = "yyyy-MM-dd";

    private ViewFilter? _shown;

    /// <summary>The text to look for.</summary>
    public string Text { get; set; } = "";

    /// <summary>True for texts that begin with it, false for those that contain it.</summary>
    public bool IsPrefix { get; set; }

    /// <summary>The smallest number, or the first day.</summary>
    public string From { get; set; } = "";

    /// <summary>The largest number, or the last day.</summary>
    public string To { get; set; } = "";

    /// <summary>True or false; null for either.</summary>
    public bool? Flag { get; set; }

    /// <summary>The values that were chosen.</summary>
    public HashSet<string> Chosen { get; } = new(StringComparer.Ordinal);

    /// <summary>Shows what a query says now; what somebody is putting in stays, as long as the query says what came of it.</summary>
    public void Show(ViewFilter? filter)
    {
        if (Equals(filter, _shown))
            return;
        _shown = filter;
        (Text, IsPrefix) = filter switch
        {
            ContainsFilter contains => (contains.Text, false),
            PrefixFilter prefix => (prefix.Text, true),
            _ => ("", IsPrefix),
        };
        (From, To) = filter is RangeFilter range ? (Shown(range.From, isEnd: false), Shown(range.To, isEnd: !range.IncludesTo)) : ("", "");
        Flag = (filter as EqualFilter)?.Value as bool?;
        Chosen.Clear();
        Chosen.UnionWith(filter switch
        {
            EqualFilter { Value: string value } => [value],
            InFilter any => any.Values.OfType<string>(),
            _ => [],
        });
    }

    /// <summary>Takes everything out.</summary>
    public void Clear()
    {
        Text = From = To = "";
        Flag = null;
        Chosen.Clear();
    }

    /// <summary>The filter that was put in; null for none, and where it cannot be understood.</summary>
    /// <param name="texts">The words for what is wrong.</param>
    /// <param name="error">What is wrong; null where nothing is.</param>
    public ViewFilter? Read(GridTexts texts, out string? error)
    {
        error = null;
        return _shown = kind switch
        {
            _ when hasChoices => Chosen.Count switch
            {
                0 => null,
                // As a choice of one value says it, so that both understand each other.
                1 => new EqualFilter(field, Chosen.First()),
                _ => new InFilter(field, [.. Chosen.Order(StringComparer.Ordinal)]),
            },
            FieldKind.Text => ReadText(),
            FieldKind.Boolean => Flag is { } flag ? new EqualFilter(field, flag) : null,
            FieldKind.Timestamp => ReadRange(ReadDay, texts, out error) is { } days ? days with { To = AfterDay(days.To) } : null,
            FieldKind.Double => ReadRange(ReadNumber, texts, out error) is { } numbers ? numbers with { IncludesTo = true } : null,
            _ => ReadRange(ReadInteger, texts, out error) is { } integers ? integers with { IncludesTo = true } : null,
        };
    }

    private ViewFilter? ReadText()
    {
        // A character that is being typed may be there by half.
        var text = string.Concat(Text.EnumerateRunes().Where(static rune => rune.Value != 0xFFFD)).Trim();
        return text.Length == 0 ? null : IsPrefix ? new PrefixFilter(field, text) : new ContainsFilter([field], text);
    }

    private RangeFilter? ReadRange(Reader read, GridTexts texts, out string? error)
    {
        var from = read(From.Trim(), texts, out error);
        if (error is not null)
            return null;
        var to = read(To.Trim(), texts, out error);
        if (error is not null || (from is null && to is null))
            return null;
        if (from is null || to is null || Comparer<IComparable>.Default.Compare(from, to) <= 0)
            return new RangeFilter(field, from, to);
        error = texts.FromAfterTo;
        return null;
    }

    private static IComparable? ReadInteger(string text, GridTexts texts, out string? error)
    {
        error = null;
        if (text.Length == 0)
            return null;
        if (long.TryParse(Ungrouped(text), NumberStyles.AllowLeadingSign, CultureInfo.CurrentCulture, out var value) && Math.Abs((double)value) <= RowKey.MaxMagnitude)
            return value;
        error = ColumnFilter.Put(texts.NotAWholeNumber, text);
        return null;
    }

    private static IComparable? ReadNumber(string text, GridTexts texts, out string? error)
    {
        error = null;
        if (text.Length == 0)
            return null;
        if (double.TryParse(Ungrouped(text), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.CurrentCulture, out var value) && double.IsFinite(value))
            return value;
        error = ColumnFilter.Put(texts.NotANumber, text);
        return null;
    }

    private IComparable? ReadDay(string text, GridTexts texts, out string? error)
    {
        error = null;
        if (text.Length == 0)
            return null;
        if (DateOnly.TryParseExact(text, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= FirstYear and <= LastYear)
            return BeginningOf(day);
        error = ColumnFilter.Put(texts.NotADay, text);
        return null;
    }

    private DateTimeOffset? AfterDay(object? beginning) => beginning is DateTimeOffset instant ? BeginningOf(DayOf(instant).AddDays(1)) : null;

    private DateTimeOffset BeginningOf(DateOnly day)
    {
        var local = day.ToDateTime(TimeOnly.MinValue);
        // Where clocks go forward at midnight, the day begins an hour later.
        while (zone.IsInvalidTime(local))
            local = local.AddMinutes(30);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }

    private DateOnly DayOf(DateTimeOffset instant) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, zone).DateTime);

    // Digits in groups of three, as we show them ourselves; "1,5" is a mistake where a comma groups, and not fifteen.
    private static string Ungrouped(string text)
    {
        var separator = CultureInfo.CurrentCulture.NumberFormat.NumberGroupSeparator;
        var decimals = text.IndexOf(CultureInfo.CurrentCulture.NumberFormat.NumberDecimalSeparator, StringComparison.Ordinal);
        var whole = decimals < 0 ? text : text[..decimals];
        var groups = whole.Split(separator);
        var isGrouped = groups.Length > 1 && groups[0].Length > 0 && groups.Skip(1).All(static group => group.Length == 3);
        return isGrouped ? string.Concat(groups) + text[whole.Length..] : text;
    }

    private string Shown(object? value, bool isEnd) => value switch
    {
        DateTimeOffset instant => DayOf(isEnd ? instant.AddTicks(-1) : instant).ToString(DayFormat, CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.CurrentCulture),
        _ => "",
    };

    private delegate IComparable? Reader(string text, GridTexts texts, out string? error);
}
