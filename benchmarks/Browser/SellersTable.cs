using Collection.Sync.Abstractions;
using Microsoft.Data.Sqlite;

namespace Collection.Benchmarks.Browser;

/// <summary>The server's table, seen from the side: what every operation in the browser has to agree with.</summary>
internal sealed class SellersTable : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Random _random = new(20_260_101);
    private readonly (long Id, string Name)[] _rows;
    private readonly Dictionary<NameOrder, double[]> _byName = [];
    private int _added;

    /// <summary>Opens the table; the names are read once, since no run changes them.</summary>
    public SellersTable(DatabaseCopy database)
    {
        _connection = database.Open();
        _rows = ReadNames();
        Keys = [.. _rows.Select(row => (double)row.Id)];
    }

    public int Count => _rows.Length;

    /// <summary>All keys in default order.</summary>
    public double[] Keys { get; }

    public double[] KeysAt(IEnumerable<int> offsets) => [.. offsets.Select(offset => Keys[offset])];

    /// <summary>All keys in the order of names.</summary>
    public double[] ByName(NameOrder order)
    {
        if (!_byName.TryGetValue(order, out var keys))
        {
            var names = order == NameOrder.CodeUnitsKeysRising ? StringComparer.Ordinal : (IComparer<string>)CodePoints.Instance;
            var rows = _rows.OrderBy(row => row.Name, names).ThenBy(row => order == NameOrder.CodePointsKeysFalling ? -row.Id : row.Id);
            _byName[order] = keys = [.. rows.Select(row => (double)row.Id)];
        }

        return keys;
    }

    /// <summary>All keys by falling counts of sightings as they are now, then by falling keys.</summary>
    public double[] ByTimesSeen() => Read("SELECT id FROM sellers ORDER BY times_seen DESC, id DESC");

    /// <summary>The first keys of a view as the table is now.</summary>
    /// <param name="sort">The field, with a minus before it for descending; empty for default order.</param>
    /// <param name="platform">The platform that rows have to be of; empty for any.</param>
    /// <param name="order">How names are ordered.</param>
    /// <param name="count">How many; negative for all.</param>
    /// <exception cref="ArgumentException">Nobody sorts or filters like that here.</exception>
    public double[] First(string sort, string platform, NameOrder order, int count) => (sort, platform) switch
    {
        ("normalized_name", "") => [.. ByName(order).Take(count < 0 ? int.MaxValue : count)],
        ("-times_seen", "") => Read("SELECT id FROM sellers ORDER BY times_seen DESC, id DESC LIMIT $count", ("$count", count)),
        ("", "") => Read("SELECT id FROM sellers ORDER BY id DESC LIMIT $count", ("$count", count)),
        ("", _) => Read("SELECT id FROM sellers WHERE platform = $platform ORDER BY id DESC LIMIT $count", ("$platform", platform), ("$count", count)),
        _ => throw new ArgumentException($"No scenario sorts by '{sort}' among the rows of '{platform}'.", nameof(sort)),
    };

    /// <summary>Adds rows, which come first in default order.</summary>
    public void Add(int count)
    {
        using var command = _connection.CreateCommand();
        command.CommandText =
            "INSERT INTO sellers (display_name, normalized_name, platform, times_seen, feedback_count, flagged, created_at, updated_at) " +
            "SELECT display_name || ' · ' || $added, normalized_name || ' · ' || $added, platform, 1, 0, 0, created_at, updated_at FROM sellers WHERE id <= $count";
        command.Parameters.AddWithValue("$added", ++_added);
        command.Parameters.AddWithValue("$count", count);
        command.ExecuteNonQuery();
    }

    /// <summary>The first and the last key of each window.</summary>
    public static double[] Ends(double[] keys, IEnumerable<int> offsets, int count) =>
        [.. offsets.SelectMany(offset => new[] { keys[offset], keys[Math.Min(offset + count, keys.Length) - 1] })];

    /// <summary>Platforms with many rows and with few.</summary>
    public string[] SomePlatforms()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT platform FROM sellers GROUP BY platform ORDER BY count(*) DESC";
        using var reader = command.ExecuteReader();
        List<string> all = [];
        while (reader.Read())
            all.Add(reader.GetString(0));
        return [.. new[] { 0, all.Count / 4, all.Count / 2, all.Count - 1 }.Distinct().Select(i => all[i])];
    }

    /// <summary>For each platform the exact number of its rows, then the keys of those seen most often.</summary>
    public double[] MostSeen(IEnumerable<string> platforms, int count) => [.. platforms.SelectMany(platform =>
    {
        var keys = Read("SELECT id FROM sellers WHERE platform = $platform ORDER BY times_seen DESC, id DESC", ("$platform", platform));
        return keys.Take(count).Prepend(keys.Length);
    })];

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

    private double[] Read(string sql, params (string Name, object Value)[] values)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value);
        using var reader = command.ExecuteReader();
        List<double> numbers = [];
        while (reader.Read())
            numbers.Add(reader.GetInt64(0));
        return [.. numbers];
    }

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
