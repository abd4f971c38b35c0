using System.Globalization;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Components;

namespace Collection.Grid.Blazor;

/// <summary>How many rows a row source shows: <c>1,234 of 100,000</c>, or one number where all are shown. Exact, and announced when it changes.</summary>
/// <typeparam name="TRow">The type of a row; inferred from the source.</typeparam>
public sealed partial class RowCount<TRow> : RowSourceComponent<TRow>
{
    /// <summary>The number of rows in the collection.</summary>
    [Parameter, EditorRequired]
    public int Total { get; set; }

    /// <summary>How the two numbers are put: {0} is shown, {1} in the collection.</summary>
    [Parameter]
    public string Format { get; set; } = "{0:N0} of {1:N0}";

    private string Text
    {
        get
        {
            if (Source.State.Version == 0)
                return "";
            var isAll = Source.Query.Search.Length == 0 && Source.Query.Filters.Length == 0;
            return isAll ? Source.State.Count.ToString("N0", CultureInfo.CurrentCulture) : string.Format(CultureInfo.CurrentCulture, Format, Source.State.Count, Total);
        }
    }
}
