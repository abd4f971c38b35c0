using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Components;

namespace Collection.Grid.Blazor;

/// <summary>A choice of one value that a field of a row source has to equal, or of all. A flag is two options.</summary>
/// <typeparam name="TRow">The type of a row; inferred from the source.</typeparam>
public sealed partial class FilterSelect<TRow> : RowSourceComponent<TRow>
{
    private const int NoFilter = -1;
    private const int OtherFilter = -2;

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

    /// <summary>What a filter is called that somebody else has set on the field, and that is none of the options.</summary>
    [Parameter]
    public string Other { get; set; } = "Several";

    private int Selected
    {
        get
        {
            var filter = ColumnFilter.Of(Source.Query, Field);
            for (var i = 0; filter is EqualFilter equal && i < Options.Count; i++)
            {
                if (Equals(Options[i].Value, equal.Value))
                    return i;
            }

            return filter is null ? NoFilter : OtherFilter;
        }
    }

    private Task SelectAsync(int selected) =>
        Source.QueryAsync(ColumnFilter.Set(Source.Query, Field, selected < 0 ? null : new EqualFilter(Field, Options[selected].Value)));
}

/// <summary>A value to filter by.</summary>
/// <param name="Text">What the option is called.</param>
/// <param name="Value">The value, of a type that <see cref="EqualFilter"/> takes for the field; null for "has no value".</param>
public sealed record FilterOption(string Text, object? Value);
