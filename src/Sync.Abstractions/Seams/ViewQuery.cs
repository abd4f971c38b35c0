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
    public ImmutableArray<FieldFilter> Filters { get; init; } = [];

    /// <summary>Fields to sort by, the first one first; ties are in key order. Empty for key order alone.</summary>
    public ImmutableArray<FieldSort> Sort { get; init; } = [];

    /// <inheritdoc/>
    public bool Equals(ViewQuery? other) =>
        other is not null && Search == other.Search && Filters.SequenceEqual(other.Filters) && Sort.SequenceEqual(other.Sort);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Search, Filters.Length, Sort.Length);
}

/// <summary>A field that has to equal a value.</summary>
/// <param name="Field">The name of an indexed field, or of the key.</param>
/// <param name="Value">
/// A <see cref="string"/> (compared folded), <see cref="bool"/>, <see cref="int"/>, <see cref="long"/>,
/// <see cref="double"/> or <see cref="DateTimeOffset"/>, as the field's kind asks; null for "has no value".
/// </param>
public sealed record FieldFilter(string Field, object? Value);

/// <summary>A field to sort by. Text is in code point order of its folded form.</summary>
/// <param name="Field">The name of an indexed field, or of the key.</param>
/// <param name="Direction">Ascending puts missing values first, descending last.</param>
public sealed record FieldSort(string Field, SortDirection Direction = SortDirection.Ascending);
