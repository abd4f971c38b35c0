using System.Data.Common;
using System.Text;
using Collection.Sync.Abstractions;
using Sellers.Contracts;

namespace Sellers.Host.Exports;

/// <summary>
/// Finds the sellers of a query by looking at each, as browsers' stores do. No SQL is made of a query: neither database
/// folds text as <see cref="TextFolding"/> does, a substring looks at each row in any case, and what is never SQL needs no
/// care for what people put into it.
/// </summary>
internal sealed class QueryScan
{
    private static readonly CollectionSchema s_schema = Seller.Collection.Schema;

    private readonly List<Func<object?[], bool>> _filters;
    private readonly (int Column, int Sign)[] _sort;

    // Only what the query is about is read.
    private readonly List<int> _read = [s_schema.KeyIndex];

    /// <exception cref="ArgumentException">The collection cannot answer the query.</exception>
    public QueryScan(ViewQuery query)
    {
        query.Check(s_schema);
        _filters = [.. query.Filters.Select(Compile)];
        if (query.Search.Length > 0)
            _filters.Add(Contains(s_schema.Fields.Where(static field => field.IsSearchable).Select(static field => field.Name), query.Search));
        _sort = [.. query.Sort.Select(sort => sort.Collation is null
            ? (ColumnOf(sort.Field), sort.Direction == SortDirection.Ascending ? 1 : -1)
            : throw new ArgumentException($"'{sort.Field}' cannot be sorted by a language here."))];
    }

    /// <summary>Reads all sellers once.</summary>
    /// <param name="command">A command of the transaction in which they are read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The keys of those that the query finds, in its order.</returns>
    public async Task<long[]> RunAsync(DbCommand command, CancellationToken cancellationToken)
    {
        // Names come from the schema alone.
        command.CommandText = $"SELECT {string.Join(", ", _read.Select(static field => s_schema.Fields[field].Name))} FROM sellers ORDER BY id DESC";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var row = new object?[_read.Count];
        List<(long Id, object?[] Sort)> found = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            for (var column = 0; column < row.Length; column++)
                row[column] = reader.IsDBNull(column) ? null : Read(reader, column);
            if (_filters.TrueForAll(filter => filter(row)))
                found.Add((reader.GetInt64(0), Array.ConvertAll(_sort, term => row[term.Column])));
        }

        // Stable, so that ties stay in the order of keys.
        return [.. found.Order(Comparer<(long Id, object?[] Sort)>.Create((x, y) => Compare(x.Sort, y.Sort))).Select(static row => row.Id)];
    }

    private object Read(DbDataReader reader, int column) => s_schema.Fields[_read[column]].Kind switch
    {
        FieldKind.Text => Folded(reader.GetString(column)),
        FieldKind.Boolean => reader.GetBoolean(column) ? 1.0 : 0.0,
        FieldKind.Double => reader.GetDouble(column),
        _ => (double)reader.GetInt64(column),
    };

    private int Compare(object?[] x, object?[] y)
    {
        for (var term = 0; term < _sort.Length; term++)
        {
            if (Compare(x[term], y[term]) is not 0 and var order)
                return order * _sort[term].Sign;
        }

        return 0;
    }

    private int ColumnOf(string field)
    {
        var index = s_schema.IndexOf(field);
        if (!_read.Contains(index))
            _read.Add(index);
        return _read.IndexOf(index);
    }

    private Func<object?[], bool> Compile(ViewFilter filter)
    {
        switch (filter)
        {
            case EqualFilter equal:
                return Compile(new InFilter(equal.Field, [equal.Value]));
            case InFilter any:
                var (field, values) = (ColumnOf(any.Field), any.Values.Select(Comparable).ToArray());
                return row => Array.Exists(values, value => Compare(row[field], value) == 0);
            case RangeFilter range:
                var (ranged, from, to) = (ColumnOf(range.Field), Comparable(range.From), Comparable(range.To));
                var (least, most) = (range.IncludesFrom ? 0 : 1, range.IncludesTo ? 0 : -1);
                return row => row[ranged] is { } value && (from is null || Math.Sign(Compare(value, from)) >= least) && (to is null || Math.Sign(Compare(value, to)) <= most);
            case PrefixFilter prefix:
                var (begun, text) = (ColumnOf(prefix.Field), Folded(prefix.Text));
                return row => row[begun] is byte[] value && value.AsSpan().StartsWith(text);
            case ContainsFilter contains:
                return Contains(contains.Fields, contains.Text);
            case AndFilter and:
                var all = and.Filters.Select(Compile).ToArray();
                return row => Array.TrueForAll(all, part => part(row));
            case OrFilter or:
                var one = or.Filters.Select(Compile).ToArray();
                return row => Array.Exists(one, part => part(row));
            default:
                throw new NotSupportedException($"{filter.GetType().Name} is not known here.");
        }
    }

    private Func<object?[], bool> Contains(IEnumerable<string> fields, string text)
    {
        var (columns, needle) = (fields.Select(ColumnOf).ToArray(), Folded(text));
        return row => Array.Exists(columns, column => row[column] is byte[] value && value.AsSpan().IndexOf(needle) >= 0);
    }

    // As a row has it: numbers of all kinds as doubles, which is how every store compares them.
    private static object? Comparable(object? value) => value switch
    {
        null => null,
        string text => Folded(text),
        bool flag => flag ? 1.0 : 0.0,
        DateTimeOffset instant => (double)Microseconds.From(instant),
        IConvertible number => number.ToDouble(null),
        _ => throw new NotSupportedException($"A {value.GetType().Name} is not the value of any field."),
    };

    private static byte[] Folded(string text) => Encoding.UTF8.GetBytes(TextFolding.Fold(text));

    private static int Compare(object? x, object? y) => (x, y) switch
    {
        (null, null) => 0,
        (null, _) => -1,
        (_, null) => 1,
        (byte[] left, byte[] right) => left.AsSpan().SequenceCompareTo(right),
        _ => ((double)x).CompareTo((double)y),
    };
}
