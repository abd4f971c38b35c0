using System.Collections.Immutable;
using System.Text;

namespace Collection.Sync.Abstractions;

/// <summary>What a query may ask of a collection. All stores refuse the same, since all of them ask here.</summary>
internal static class QueryRules
{
    /// <summary>The position of a field that views can filter and sort by.</summary>
    public static int IndexOf(CollectionSchema schema, string field)
    {
        ArgumentNullException.ThrowIfNull(field);
        var index = schema.IndexOf(field);
        return schema.Fields[index] is { IsIndexed: true } or { IsKey: true }
            ? index
            : throw new ArgumentException($"Field '{field}' of '{schema.Name}' is not indexed, so no view can filter or sort by it: mark it with IsIndexed.");
    }

    /// <returns>The number of filters, fields and values.</returns>
    public static int CheckAll(CollectionSchema schema, ImmutableArray<ViewFilter> filters, int depth)
    {
        if (depth > ViewFilter.MaxDepth)
            throw new ArgumentException($"A filter on '{schema.Name}' has filters in one another more than {ViewFilter.MaxDepth} levels deep: write it flatter.");
        var size = 0;
        foreach (var filter in filters)
        {
            size += filter.Check(schema, depth);
            if (size > ViewFilter.MaxSize)
                throw new ArgumentException($"The filters on '{schema.Name}' have more than {ViewFilter.MaxSize} filters, fields and values: ask for less, for example with a RangeFilter.");
        }

        return size;
    }

    public static void CheckValue(CollectionSchema schema, string field, object? value)
    {
        CheckFilterField(schema, field);
        var kind = schema.Fields[IndexOf(schema, field)].Kind;
        var fits = (kind, value) switch
        {
            (_, null) => true,
            (FieldKind.Text, string) => true,
            (FieldKind.Boolean, bool) => true,
            (FieldKind.Int32 or FieldKind.Int64, int or long) => true,
            (FieldKind.Double, double number) => !double.IsNaN(number),
            (FieldKind.Timestamp, DateTimeOffset) => true,
            _ => false,
        };
        if (!fits)
            throw new ArgumentException($"Field '{field}' of '{schema.Name}' is of kind {kind}; {(value is double.NaN ? "NaN" : $"a {value!.GetType().Name}")} is no value of it.");
        if (value is string text)
            CheckText(text);
    }

    public static void CheckTextField(CollectionSchema schema, string field)
    {
        CheckFilterField(schema, field);
        if (schema.Fields[IndexOf(schema, field)].Kind is var kind and not FieldKind.Text)
            throw new ArgumentException($"Field '{field}' of '{schema.Name}' is of kind {kind}, and only text is looked into: use an EqualFilter or a RangeFilter.");
    }

    // Filters look for folded text, and a key is what it is.
    private static void CheckFilterField(CollectionSchema schema, string field)
    {
        if (field == schema.Key.Name && schema.Key.Kind != FieldKind.Int64)
            throw new ArgumentException($"'{field}' is the key of '{schema.Name}', and views filter only by keys that are integers: find a row with FindAsync, or keep the value in an indexed text field too.");
    }

    public static void CheckText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var length) != System.Buffers.OperationStatus.Done)
                throw new ArgumentException("A text to look for has a surrogate without its other half, which no field has: cut text between whole characters.");
            rest = rest[length..];
        }
    }

    public static void CheckSort(CollectionSchema schema, FieldSort sort)
    {
        var kind = schema.Fields[IndexOf(schema, sort.Field)].Kind;
        if (sort.Collation is not { } collation)
            return;
        if (sort.Field == schema.Key.Name)
            throw new ArgumentException($"'{sort.Field}' is the key of '{schema.Name}', which is sorted by code point alone: keep the text in an indexed field too, or leave the collation out.");
        if (kind != FieldKind.Text)
            throw new ArgumentException($"Field '{sort.Field}' of '{schema.Name}' is of kind {kind}; only text is sorted by a language. Leave the collation out.");
        if (!IsLanguageTag(collation))
            throw new ArgumentException($"'{collation}' is no language tag to sort '{sort.Field}' by: give a BCP 47 tag such as \"sv\" or \"de-u-co-phonebk\".");
    }

    // Two or three letters for the language, then subtags of up to eight letters and digits. Whether somebody speaks it, the store finds out.
    private static bool IsLanguageTag(string tag)
    {
        var parts = tag.Split('-');
        return parts[0].Length is 2 or 3 && parts[0].All(char.IsAsciiLetter)
            && parts.Skip(1).All(part => part.Length is > 0 and <= 8 && part.All(char.IsAsciiLetterOrDigit))
            && parts[^1].Length > 1;
    }
}
