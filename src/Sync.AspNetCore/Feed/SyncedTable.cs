using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>A collection and the table that its rows live in. The table has one column a field, of the same name.</summary>
public sealed partial class SyncedTable
{
    private static readonly ImmutableArray<string> s_reserved = ["sync_xid", "sync_seq"];

    /// <summary>Pairs a collection with its table.</summary>
    /// <param name="schema">The collection.</param>
    /// <param name="name">The table, named by the rule of a field: 1 to 63 of a-z, 0-9 and _, starting with a letter.</param>
    /// <exception cref="ArgumentException">The name is not allowed, or a field has the name of a column that sync itself adds, or the key is no Int64.</exception>
    public SyncedTable(CollectionSchema schema, string name)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(name);
        if (!IsName(name) || name.StartsWith("sqlite_", StringComparison.Ordinal) || (name.StartsWith("sync_", StringComparison.Ordinal) && name != EditLog.Table))
            throw new ArgumentException($"'{name}' cannot be a synced table: use 1 to 63 of a-z, 0-9 and _, starting with a letter, and neither sync_ nor sqlite_ in front.", nameof(name));
        if (schema.Key.Kind != FieldKind.Int64)
            throw new ArgumentException($"The key '{schema.Key.Name}' of '{schema.Name}' is of kind {schema.Key.Kind}, and tables are synced by keys of kind Int64 alone: give the table an integer key, and keep this value in an indexed field; or serve the pages of this collection yourself.", nameof(schema));
        if (schema.Fields.FirstOrDefault(field => s_reserved.Contains(field.Name)) is { } clash)
            throw new ArgumentException($"Collection '{schema.Name}' has a field '{clash.Name}', the name of a column that sync adds to the table: give the field another name.", nameof(schema));
        Schema = schema;
        Name = name;
    }

    /// <summary>The collection.</summary>
    public CollectionSchema Schema { get; }

    /// <summary>The table's name. Safe within quoted SQL, as are the names of the schema.</summary>
    public string Name { get; }

    /// <summary>What rows take in a page, as far as is known; a guess that costs time where it is wrong, and nothing else.</summary>
    internal int AverageRowBytes { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); } = 250;

    /// <summary>True for a name of a table or a column that is safe within quoted SQL.</summary>
    internal static bool IsName(string name) => NameRule().IsMatch(name);

    [GeneratedRegex("^[a-z][a-z0-9_]{0,62}\\z")]
    private static partial Regex NameRule();
}
