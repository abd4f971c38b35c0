using System.Globalization;
using System.Text;
using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>Which rows a query holds and in which order, straight from the definition.</summary>
internal sealed class InMemoryQuery : IComparer<InMemoryRow>
{
    private readonly CollectionSchema _schema;
    private readonly Func<InMemoryRow, bool>[] _filters;
    private readonly (int Field, SortDirection Direction, CompareInfo? Collation)[] _sort;

    public InMemoryQuery(CollectionSchema schema, ViewQuery query)
    {
        _schema = schema;
        query.Check(schema);
        _filters = [.. query.Filters.Select(Compile)];
        if (query.Search.Length > 0)
            _filters = [.. _filters, Contains([.. Enumerable.Range(0, schema.Fields.Length).Where(i => schema.Fields[i].IsSearchable)], query.Search)];
        _sort =
        [
            .. query.Sort.Select(sort => (schema.IndexOf(sort.Field), sort.Direction, sort.Collation is { } tag ? CultureInfo.GetCultureInfo(tag).CompareInfo : null)),
            (schema.KeyIndex, schema.KeyOrder, null),
        ];
    }

    public InMemoryRow[] Run(IEnumerable<InMemoryRow> rows) => [.. rows.Where(Matches).Order(this)];

    public int Compare(InMemoryRow? x, InMemoryRow? y)
    {
        foreach (var (field, direction, collation) in _sort)
        {
            var (left, right) = (x!.Value(_schema, field), y!.Value(_schema, field));
            var order = collation is not null && left is byte[] leftText && right is byte[] rightText
                ? collation.Compare(Encoding.UTF8.GetString(leftText), Encoding.UTF8.GetString(rightText))
                : CompareValues(left, right);
            if (order != 0)
                return direction == SortDirection.Ascending ? order : -order;
        }

        return 0;
    }

    public static IReadOnlyList<string> Values(CollectionSchema schema, string field, IEnumerable<InMemoryRow> rows, int limit)
    {
        var index = ViewQuery.IndexOf(schema, field);
        if (schema.Fields[index].Kind != FieldKind.Text)
            throw new ArgumentException($"Field '{field}' of '{schema.Name}' is not text.", nameof(field));
        return [.. rows.Select(row => row.Value(schema, index)).OfType<byte[]>()
            .Order(Comparer<byte[]>.Create(static (x, y) => x.AsSpan().SequenceCompareTo(y)))
            .Select(Encoding.UTF8.GetString).Distinct().Take(limit)];
    }

    private bool Matches(InMemoryRow row) => Array.TrueForAll(_filters, filter => filter(row));

    private Func<InMemoryRow, bool> Compile(ViewFilter filter)
    {
        switch (filter)
        {
            case EqualFilter equal:
                return Compile(new InFilter(equal.Field, [equal.Value]));
            case InFilter one:
                var (field, values) = (_schema.IndexOf(one.Field), one.Values.Select(Comparable).ToArray());
                return row => Array.Exists(values, value => CompareValues(row.Value(_schema, field), value) == 0);
            case RangeFilter range:
                var (ranged, from, to) = (_schema.IndexOf(range.Field), Comparable(range.From), Comparable(range.To));
                return row => row.Value(_schema, ranged) is { } value
                    && (from is null || CompareValues(value, from) is var low && (low > 0 || (low == 0 && range.IncludesFrom)))
                    && (to is null || CompareValues(value, to) is var high && (high < 0 || (high == 0 && range.IncludesTo)));
            case PrefixFilter prefix:
                var (begun, text) = (_schema.IndexOf(prefix.Field), Folded(prefix.Text));
                return row => row.Value(_schema, begun) is byte[] value && value.AsSpan().StartsWith(text);
            case ContainsFilter contains:
                return Contains([.. contains.Fields.Select(_schema.IndexOf)], contains.Text);
            case AndFilter and:
                var all = and.Filters.Select(Compile).ToArray();
                return row => Array.TrueForAll(all, part => part(row));
            case OrFilter or:
                var any = or.Filters.Select(Compile).ToArray();
                return row => Array.Exists(any, part => part(row));
            default:
                throw new NotSupportedException($"{filter.GetType().Name} is not known here.");
        }
    }

    private Func<InMemoryRow, bool> Contains(int[] fields, string text)
    {
        var needle = Folded(text);
        return row => Array.Exists(fields, field => row.Value(_schema, field) is byte[] value && value.AsSpan().IndexOf(needle) >= 0);
    }

    private static object? Comparable(object? value) => value switch
    {
        null => null,
        string text => Folded(text),
        bool flag => flag ? 1.0 : 0.0,
        DateTimeOffset instant => (double)Microseconds.From(instant),
        IConvertible number => number.ToDouble(null),
        _ => throw new ArgumentException($"A {value.GetType().Name} is not the value of any field.", nameof(value)),
    };

    private static byte[] Folded(string text) => Encoding.UTF8.GetBytes(TextFolding.Fold(text));

    private static int CompareValues(object? x, object? y) => (x, y) switch
    {
        (null, null) => 0,
        (null, _) => -1,
        (_, null) => 1,
        (byte[] left, byte[] right) => left.AsSpan().SequenceCompareTo(right),
        (double left, double right) => left.CompareTo(right),
        (RowKey left, RowKey right) => left.CompareTo(right),
        (RowKey left, double right) => ((double)left.Value).CompareTo(right),
        _ => throw new ArgumentException("The value of a filter is not of the field's kind."),
    };
}
