using System.Text;
using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>Which rows a query holds and in which order, straight from the definition.</summary>
internal sealed class InMemoryQuery : IComparer<InMemoryRow>
{
    private readonly CollectionSchema _schema;
    private readonly byte[] _search;
    private readonly (int Field, object? Value)[] _filters;
    private readonly (int Field, SortDirection Direction)[] _sort;

    public InMemoryQuery(CollectionSchema schema, ViewQuery query)
    {
        _schema = schema;
        _search = Folded(query.Search);
        _filters = [.. query.Filters.Select(filter => (QueryField(schema, filter.Field), Comparable(filter.Value)))];
        _sort = [.. query.Sort.Select(sort => (QueryField(schema, sort.Field), sort.Direction)), (schema.KeyIndex, schema.KeyOrder)];
    }

    public InMemoryRow[] Run(IEnumerable<InMemoryRow> rows) => [.. rows.Where(Matches).Order(this)];

    public int Compare(InMemoryRow? x, InMemoryRow? y)
    {
        foreach (var (field, direction) in _sort)
        {
            var order = CompareValues(x!.Value(_schema, field), y!.Value(_schema, field));
            if (order != 0)
                return direction == SortDirection.Ascending ? order : -order;
        }

        return 0;
    }

    public static IReadOnlyList<string> Values(CollectionSchema schema, string field, IEnumerable<InMemoryRow> rows, int limit)
    {
        var index = QueryField(schema, field);
        if (schema.Fields[index].Kind != FieldKind.Text)
            throw new ArgumentException($"Field '{field}' of '{schema.Name}' is not text.", nameof(field));
        return [.. rows.Select(row => row.Value(schema, index)).OfType<byte[]>()
            .Order(Comparer<byte[]>.Create(static (x, y) => x.AsSpan().SequenceCompareTo(y)))
            .Select(Encoding.UTF8.GetString).Distinct().Take(limit)];
    }

    private bool Matches(InMemoryRow row) =>
        _filters.All(filter => CompareValues(row.Value(_schema, filter.Field), filter.Value) == 0)
        && (_search.Length == 0 || _schema.Fields.Where((field, i) => field.IsSearchable && Contains(row.Value(_schema, i))).Any());

    private bool Contains(object? value) => value is byte[] text && text.AsSpan().IndexOf(_search) >= 0;

    private static int QueryField(CollectionSchema schema, string name)
    {
        var index = schema.IndexOf(name);
        return schema.Fields[index] is { IsIndexed: true } or { IsKey: true }
            ? index
            : throw new ArgumentException($"Field '{name}' of '{schema.Name}' is not indexed, so no view can filter or sort by it.", nameof(name));
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
        _ => throw new ArgumentException("The value of a filter is not of the field's kind."),
    };
}
