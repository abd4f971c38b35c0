using System.Collections;
using System.Globalization;
using System.Text;

namespace Collection.Devtools.Blazor;

/// <summary>Values as a developer reads them. By what they say of themselves: reflection would keep whole assemblies from being trimmed.</summary>
internal static class DataText
{
    private const int MaxItems = 50;
    private const int MaxLength = 20_000;

    /// <summary>An age, by the second up to a minute.</summary>
    public static string Of(TimeSpan age) => age switch
    {
        { TotalSeconds: < 60 } => string.Create(CultureInfo.CurrentCulture, $"{Math.Max(age.TotalSeconds, 0):0} s"),
        { TotalMinutes: < 60 } => string.Create(CultureInfo.CurrentCulture, $"{age.TotalMinutes:0} min"),
        _ => string.Create(CultureInfo.CurrentCulture, $"{age.TotalHours:0} h"),
    };

    /// <summary>Data of a query: records print their properties, sequences their first items, one a line.</summary>
    public static string Of(object? data)
    {
        var text = new StringBuilder();
        switch (data)
        {
            case null:
                text.Append("no data");
                break;
            case string value:
                text.Append(value);
                break;
            case IEnumerable items:
                Append(text, items);
                break;
            default:
                text.Append(CultureInfo.InvariantCulture, $"{data}");
                break;
        }

        return text.Length <= MaxLength ? text.ToString() : text.ToString(0, MaxLength) + " …";
    }

    private static void Append(StringBuilder text, IEnumerable items)
    {
        var count = 0;
        foreach (var item in items)
        {
            if (++count > MaxItems)
            {
                text.AppendLine("…");
                return;
            }

            text.AppendLine(CultureInfo.InvariantCulture, $"{item}");
        }

        if (count == 0)
            text.Append("empty");
    }
}
