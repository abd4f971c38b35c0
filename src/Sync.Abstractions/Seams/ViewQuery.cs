using System.Collections.Immutable;

namespace Collection.Sync.Abstractions;

/// <summary>Which rows a view holds, and in which order. Two queries that say the same are equal.</summary>
public sealed record ViewQuery
{
    /// <summary>Every row, in the collection's key order.</summary>
    public static ViewQuery All { get; } = new();

    /// <summary>Text that at least one searchable field contains, after folding; empty for no search.</summary>
    public string Search { get; init; } = "";

    /// <summary>Conditions that all have to hold.</summary>
    public ImmutableArray<ViewFilter> Filters { get; init; } = [];

    /// <summary>Fields to sort by, the first one first; ties are in key order. Empty for key order alone.</summary>
    public ImmutableArray<FieldSort> Sort { get; init; } = [];

    /// <summary>Throws where a collection cannot answer the query. Every store asks this before it does anything else.</summary>
    /// <exception cref="ArgumentException">
    /// A field is unknown or not indexed, a value is not of its field's kind, there are too many filters, or a collation is
    /// no language tag; the message says what to do.
    /// </exception>
    public void Check(CollectionSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        QueryRules.CheckText(Search);
        QueryRules.CheckAll(schema, Filters, depth: 1);
        foreach (var sort in Sort)
            QueryRules.CheckSort(schema, sort);
    }

    /// <summary>The position of a field that views can filter and sort by.</summary>
    /// <exception cref="ArgumentException">There is no such field, or it is not indexed.</exception>
    public static int IndexOf(CollectionSchema schema, string field)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return QueryRules.IndexOf(schema, field);
    }

    /// <inheritdoc/>
    public bool Equals(ViewQuery? other) =>
        other is not null && Search == other.Search && Filters.SequenceEqual(other.Filters) && Sort.SequenceEqual(other.Sort);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Search, Filters.Length, Sort.Length);
}

/// <summary>A field to sort by. Text is in code point order of its folded form, unless a collation says otherwise.</summary>
/// <param name="Field">The name of an indexed field, or of the key.</param>
/// <param name="Direction">Ascending puts missing values first, descending last.</param>
public sealed record FieldSort(string Field, SortDirection Direction = SortDirection.Ascending)
{
    /// <summary>
    /// The language whose dictionary order text is sorted in, as a BCP 47 tag ("sv"), still by its folded form; null for
    /// code point order. What a language's order is, is the platform's matter, and may change with its version.
    /// </summary>
    public string? Collation { get; init; }
}
