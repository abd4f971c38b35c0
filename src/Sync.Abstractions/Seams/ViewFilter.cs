using System.Collections.Immutable;

namespace Collection.Sync.Abstractions;

/// <summary>
/// A condition on the rows of a view; the kinds of it are those of this package. Fields are named, and have to be indexed
/// or a key that is an integer; values are of the field's kind: a <see cref="string"/> (compared folded, by code point), <see cref="bool"/>,
/// <see cref="int"/> or <see cref="long"/>, <see cref="double"/>, or <see cref="DateTimeOffset"/> (in whole microseconds,
/// rounded down). Filters that say the same in the same order are equal.
/// </summary>
public abstract record ViewFilter
{
    /// <summary>The most levels of <see cref="AndFilter"/> and <see cref="OrFilter"/> in one another, with what stands in the innermost.</summary>
    public const int MaxDepth = 16;

    /// <summary>The most filters, fields and values in a query: each is looked at for each row, at worst.</summary>
    public const int MaxSize = 10_000;

    private protected ViewFilter()
    {
    }

    /// <summary>Throws where the filter does not fit the schema; the number of filters, fields and values in it.</summary>
    internal abstract int Check(CollectionSchema schema, int depth);
}

/// <summary>The field has this value.</summary>
/// <param name="Field">The field's name.</param>
/// <param name="Value">The value; null for "has no value".</param>
public sealed record EqualFilter(string Field, object? Value) : ViewFilter
{
    internal override int Check(CollectionSchema schema, int depth)
    {
        QueryRules.CheckValue(schema, Field, Value);
        return 1;
    }
}

/// <summary>The field has one of some values; none of none.</summary>
/// <param name="Field">The field's name.</param>
/// <param name="Values">The values; null for "has no value".</param>
public sealed record InFilter(string Field, ImmutableArray<object?> Values) : ViewFilter
{
    /// <inheritdoc/>
    public bool Equals(InFilter? other) => other is not null && Field == other.Field && Values.SequenceEqual(other.Values);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Field, Values.Length);

    internal override int Check(CollectionSchema schema, int depth)
    {
        QueryRules.IndexOf(schema, Field);
        foreach (var value in Values)
            QueryRules.CheckValue(schema, Field, value);
        return 1 + Values.Length;
    }
}

/// <summary>
/// The field has a value between two others: from the first one on, up to but without the second one, unless
/// <see cref="IncludesFrom"/> and <see cref="IncludesTo"/> say otherwise. Not for booleans.
/// </summary>
/// <param name="Field">The field's name.</param>
/// <param name="From">The smallest value; null for no bound.</param>
/// <param name="To">The bound above; null for none. Without any bound, every row that has a value matches.</param>
public sealed record RangeFilter(string Field, object? From, object? To) : ViewFilter
{
    /// <summary>True where a value that equals <see cref="From"/> matches.</summary>
    public bool IncludesFrom { get; init; } = true;

    /// <summary>True where a value that equals <see cref="To"/> matches.</summary>
    public bool IncludesTo { get; init; }

    internal override int Check(CollectionSchema schema, int depth)
    {
        if (schema.Fields[QueryRules.IndexOf(schema, Field)].Kind == FieldKind.Boolean)
            throw new ArgumentException($"Field '{Field}' of '{schema.Name}' is a boolean, which has no range: use an EqualFilter.");
        QueryRules.CheckValue(schema, Field, From);
        QueryRules.CheckValue(schema, Field, To);
        return 1;
    }
}

/// <summary>The folded text of the field begins with a folded text; with the empty one, every text does.</summary>
/// <param name="Field">The name of a text field.</param>
/// <param name="Text">The beginning.</param>
public sealed record PrefixFilter(string Field, string Text) : ViewFilter
{
    internal override int Check(CollectionSchema schema, int depth)
    {
        QueryRules.CheckTextField(schema, Field);
        QueryRules.CheckText(Text);
        return 1;
    }
}

/// <summary>The folded text of at least one of some fields contains a folded text; every text contains the empty one.</summary>
/// <param name="Fields">The names of text fields, at least one. They need not be searchable.</param>
/// <param name="Text">What to look for.</param>
public sealed record ContainsFilter(ImmutableArray<string> Fields, string Text) : ViewFilter
{
    /// <inheritdoc/>
    public bool Equals(ContainsFilter? other) => other is not null && Text == other.Text && Fields.SequenceEqual(other.Fields);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Text, Fields.Length);

    internal override int Check(CollectionSchema schema, int depth)
    {
        if (Fields.IsEmpty)
            throw new ArgumentException($"A ContainsFilter on '{schema.Name}' names no field: name at least one indexed text field.");
        foreach (var field in Fields)
            QueryRules.CheckTextField(schema, field);
        QueryRules.CheckText(Text);
        return 1 + Fields.Length;
    }
}

/// <summary>All of some filters hold; where there are none, every row matches.</summary>
/// <param name="Filters">The filters.</param>
public sealed record AndFilter(ImmutableArray<ViewFilter> Filters) : ViewFilter
{
    /// <inheritdoc/>
    public bool Equals(AndFilter? other) => other is not null && Filters.SequenceEqual(other.Filters);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(nameof(AndFilter), Filters.Length);

    internal override int Check(CollectionSchema schema, int depth) => 1 + QueryRules.CheckAll(schema, Filters, depth + 1);
}

/// <summary>At least one of some filters holds; where there are none, no row matches.</summary>
/// <param name="Filters">The filters.</param>
public sealed record OrFilter(ImmutableArray<ViewFilter> Filters) : ViewFilter
{
    /// <inheritdoc/>
    public bool Equals(OrFilter? other) => other is not null && Filters.SequenceEqual(other.Filters);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(nameof(OrFilter), Filters.Length);

    internal override int Check(CollectionSchema schema, int depth) => 1 + QueryRules.CheckAll(schema, Filters, depth + 1);
}
