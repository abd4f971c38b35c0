using Collection.Sync.Abstractions;
using Microsoft.Data.Sqlite;

namespace Collection.Benchmarks.Browser;

/// <summary>The server's table, seen from the side: what every operation in the browser has to agree with.</summary>
internal sealed class SellersTable : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Random _random = new(20_260_101);
    private readonly (long Id, string Name)[] _rows;
    private readonly Lazy<long[]> _byCodePoint;
    private readonly Lazy<long[]> _byCodeUnit;

    /// <summary>Opens the table; the names are read once, since no run changes them.</summary>
    public SellersTable(DatabaseCopy database)
    {
        _connection = database.Open();
        _rows = ReadNames();
        _byCodePoint = new(() => [.. _rows.OrderBy(row => row.Name, CodePoints.Instance).ThenByDescending(row => row.Id).Select(row => row.Id)]);
        _byCodeUnit = new(() => [.. _rows.OrderBy(row => row.Name, StringComparer.Ordinal).ThenBy(row => row.Id).Select(row => row.Id)]);
    }

    public int Count => _rows.Length;

    /// <summary>The keys of the first rows in default order.</summary>
    public double[] First(int count) => [.. _rows.Take(count).Select(row => (double)row.Id)];

    /// <summary>The first and the last key of each window in our order of names: code points, then keys descending.</summary>
    public double[] WindowsByCodePoint(IEnumerable<int> offsets, int count) => Windows(_byCodePoint.Value, offsets, count);

    /// <summary>The same in JavaScript's order of names: UTF-16 code units, then keys ascending.</summary>
    public double[] WindowsByCodeUnit(IEnumerable<int> offsets, int count) => Windows(_byCodeUnit.Value, offsets, count);

    /// <summary>For each text the exact number of rows with it in their name, then the keys of the first rows in default order.</summary>
    public double[] Search(IEnumerable<string> texts, int count) => [.. texts.SelectMany(text =>
    {
        var matches = _rows.Where(row => row.Name.Contains(text, StringComparison.Ordinal)).Select(row => (double)row.Id).ToArray();
        return matches.Take(count).Prepend(matches.Length);
    })];

    /// <summary>Gives a number of random rows this count of sightings, which no other row has.</summary>
    public void Mark(int mark, int count)
    {
        using var transaction = _connection.BeginTransaction();
        using var command = _connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "UPDATE sellers SET times_seen = $mark WHERE id = $id";
        var id = command.Parameters.Add("$id", SqliteType.Integer);
        command.Parameters.AddWithValue("$mark", mark);
        var rows = _rows.ToArray();
        _random.Shuffle(rows);
        foreach (var row in rows.Take(count))
        {
            id.Value = row.Id;
            command.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    public void Dispose() => _connection.Dispose();

    private static double[] Windows(long[] keys, IEnumerable<int> offsets, int count) =>
        [.. offsets.SelectMany(offset => new double[] { keys[offset], keys[Math.Min(offset + count, keys.Length) - 1] })];

    private (long, string)[] ReadNames()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT id, normalized_name FROM sellers ORDER BY id DESC";
        using var reader = command.ExecuteReader();
        List<(long, string)> rows = [];
        while (reader.Read())
            rows.Add((reader.GetInt64(0), TextFolding.Fold(reader.GetString(1))));
        return [.. rows];
    }

    private sealed class CodePoints : IComparer<string>
    {
        public static CodePoints Instance { get; } = new();

        public int Compare(string? x, string? y)
        {
            using var left = x!.EnumerateRunes().GetEnumerator();
            using var right = y!.EnumerateRunes().GetEnumerator();
            for (; ; )
            {
                var (hasLeft, hasRight) = (left.MoveNext(), right.MoveNext());
                if (!hasLeft || !hasRight)
                    return hasLeft.CompareTo(hasRight);
                if (left.Current != right.Current)
                    return left.Current.CompareTo(right.Current);
            }
        }
    }
}
