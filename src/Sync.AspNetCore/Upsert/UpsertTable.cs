using System.Collections.Immutable;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>What becomes of a column where the row is known already.</summary>
public enum UpsertRule
{
    /// <summary>The column is part of what tells rows apart. All of these together need a unique index, compared byte by byte.</summary>
    Key,

    /// <summary>Set by the first row with the key, and left alone from then on.</summary>
    KeepFirst,

    /// <summary>Set by the latest row with the key.</summary>
    Replace,

    /// <summary>The sum over all rows with the key. It stops at the least and the greatest value of its kind.</summary>
    Add,
}

/// <summary>One column that an upsert writes.</summary>
/// <param name="Name">The column, named by the rule of a field.</param>
/// <param name="Kind">
/// What it holds. In the database it has the type that a field of this kind is read from; instants are timestamps with
/// time zone, or integers in microseconds since 1970.
/// </param>
/// <param name="Rule">What becomes of it where the row is known already. A key is no double; a sum is Int32 or Int64.</param>
/// <param name="Value">
/// The column's value of a row: a bool, int, long, double or string as the kind says, null for none; an instant as
/// <see cref="DateTimeOffset"/> or as a long in microseconds.
/// </param>
public sealed record UpsertColumn<T>(string Name, FieldKind Kind, UpsertRule Rule, Func<T, object?> Value)
{
    /// <summary>True where a value may be missing; never in a key or a sum.</summary>
    public bool IsNullable { get; init; }
}

/// <summary>
/// A table, and how rows of type <typeparamref name="T"/> are merged into it. Columns that are not named keep their
/// defaults. Immutable; make it once.
/// </summary>
public sealed class UpsertTable<T>
{
    /// <summary>Describes a table.</summary>
    /// <param name="name">The table, named by the rule of a field; not one of sync's own.</param>
    /// <param name="columns">The columns, at least one of them a key.</param>
    /// <exception cref="ArgumentException">A name or a combination is not allowed; the message says which.</exception>
    public UpsertTable(string name, IEnumerable<UpsertColumn<T>> columns)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(columns);
        Columns = [.. columns];
        Layout = new UpsertLayout(name, [.. Columns.Select(column => new UpsertField(column.Name, column.Kind, column.Rule, column.IsNullable))]);
    }

    /// <summary>The table's name.</summary>
    public string Name => Layout.Name;

    /// <summary>The columns, as they were given.</summary>
    public ImmutableArray<UpsertColumn<T>> Columns { get; }

    internal UpsertLayout Layout { get; }
}
