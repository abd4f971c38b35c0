using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Components;

namespace Collection.Grid.Blazor;

/// <summary>A choice of one value that a field of a row source has to equal, or of all. A flag is two options.</summary>
/// <typeparam name="TRow">The type of a row; inferred from the source.</typeparam>
public sealed partial class FilterSelect<TRow> : RowSourceComponent<TRow>
{
    private const int NoFilter = -1;

    /// <summary>The name of the indexed field.</summary>
    [Parameter, EditorRequired]
    public string Field { get; set; } = "";

    /// <summary>What the choice is called by assistive technology.</summary>
    [Parameter, EditorRequired]
    public string Label { get; set; } = "";

    /// <summary>The values to choose from, in the order in which they are shown.</summary>
    [Parameter, EditorRequired]
    public IReadOnlyList<FilterOption> Options { get; set; } = [];

    /// <summary>What the option without a filter is called.</summary>
    [Parameter]
    public string All { get; set; } = "All";

    private int Selected
    {
        get
        {
            var filter = Source.Query.Filters.OfType<EqualFilter>().FirstOrDefault(filter => filter.Field == Field);
            for (var i = 0; filter is not null && i < Options.Count; i++)
            {
                if (Equals(Options[i].Value, filter.Value))
                    return i;
            }

            return NoFilter;
        }
    }

    private Task SelectAsync(int selected)
    {
        var others = Source.Query.Filters.Where(filter => filter is not EqualFilter equal || equal.Field != Field);
        return Source.QueryAsync(Source.Query with
        {
            Filters = selected == NoFilter ? [.. others] : [.. others, new EqualFilter(Field, Options[selected].Value)],
        });
    }
}

/// <summary>A value to filter by.</summary>
/// <param name="Text">What the option is called.</param>
/// <param name="Value">The value, of a type that <see cref="EqualFilter"/> takes for the field; null for "has no value".</param>
public sealed record FilterOption(string Text, object? Value);
