using System.Collections.Immutable;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// The rows of a batch, made ready to be written: one a key, since a statement may meet a row only once, and in the
/// order of the keys. Where everybody locks rows in one order, nobody waits in a circle.
/// </summary>
internal static class UpsertRows
{
    /// <summary>Checks and merges rows.</summary>
    /// <returns>Values in the order of the table's columns, each of the one type of its kind.</returns>
    /// <exception cref="ArgumentException">A value is none of its column's; the message names both.</exception>
    public static object?[][] Merge<T>(UpsertTable<T> table, IReadOnlyList<T> rows)
    {
        var layout = table.Layout;
        var comparer = new KeyComparer(layout.Keys);
        var merged = new Dictionary<object?[], object?[]>(rows.Count, comparer);
        for (var i = 0; i < rows.Count; i++)
        {
            var row = Read(table, rows[i], i);
            if (!merged.TryAdd(row, row))
                Merge(layout, merged[row], row);
        }

        var result = merged.Values.ToArray();
        Array.Sort(result, comparer);
        return result;
    }

    private static object?[] Read<T>(UpsertTable<T> table, T row, int index)
    {
        var values = new object?[table.Columns.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var value = table.Columns[i].Value(row);
            try
            {
                values[i] = table.Layout.Fields[i].Check(value);
            }
            catch (ArgumentException e)
            {
                throw new ArgumentException($"rows[{index}], column '{table.Columns[i].Name}' of '{table.Name}': {e.Message} Nothing was written.", nameof(row), e);
            }
        }

        return values;
    }

    private static void Merge(UpsertLayout layout, object?[] known, object?[] later)
    {
        for (var i = 0; i < known.Length; i++)
        {
            known[i] = layout.Fields[i].Rule switch
            {
                UpsertRule.Replace => later[i],
                UpsertRule.Add => layout.Fields[i].Add(known[i]!, later[i]!),
                _ => known[i],
            };
        }
    }

    private sealed class KeyComparer(ImmutableArray<int> keys) : IEqualityComparer<object?[]>, IComparer<object?[]>
    {
        public bool Equals(object?[]? x, object?[]? y) => Compare(x, y) == 0;

        public int GetHashCode(object?[] row)
        {
            var hash = new HashCode();
            foreach (var key in keys)
                hash.Add(row[key]);
            return hash.ToHashCode();
        }

        public int Compare(object?[]? x, object?[]? y)
        {
            foreach (var key in keys)
            {
                var order = (x![key], y![key]) switch
                {
                    (string a, string b) => string.CompareOrdinal(a, b),
                    var (a, b) => ((IComparable)a!).CompareTo(b),
                };
                if (order != 0)
                    return order;
            }

            return 0;
        }
    }
}
