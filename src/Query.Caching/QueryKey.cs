using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Collection.Query.Caching;

/// <summary>
/// Names a query by parts, from the general to the particular: <c>["runs", 7, "status"]</c>. Two keys are equal where
/// their parts are, in order; a key stands for all keys that begin with its parts wherever several queries can be meant.
/// </summary>
/// <remarks>A part is null, a string, a number, an enum, a record, or anything else that is equal by value and does not change.</remarks>
[CollectionBuilder(typeof(QueryKey), nameof(Create))]
public sealed class QueryKey : IReadOnlyList<object?>, IEquatable<QueryKey>
{
    private readonly object?[] _parts;
    private readonly int _hash;

    private QueryKey(object?[] parts)
    {
        _parts = parts;
        var hash = new HashCode();
        foreach (var part in parts)
            hash.Add(part);
        _hash = hash.ToHashCode();
    }

    /// <summary>The key without parts, with which every key begins.</summary>
    public static QueryKey All { get; } = new([]);

    /// <summary>How many parts there are.</summary>
    public int Count => _parts.Length;

    /// <summary>One part.</summary>
    /// <param name="index">Its position, from 0.</param>
    public object? this[int index] => _parts[index];

    /// <summary>Makes a key; a collection expression calls it.</summary>
    /// <param name="parts">The parts.</param>
    /// <exception cref="ArgumentException">A part is a sequence or a delegate: these are equal by reference, and the key would never be found again.</exception>
    public static QueryKey Create(ReadOnlySpan<object?> parts)
    {
        foreach (var part in parts)
        {
            if (part is Delegate or IEnumerable and not (string or QueryKey))
                throw new ArgumentException($"A {part.GetType().Name} cannot be part of a key, since it is not equal by value. Spread its items into the key ([\"runs\", .. ids]), or use a record.", nameof(parts));
        }

        return new QueryKey(parts.ToArray());
    }

    /// <summary>Whether this key begins with all parts of another one, or is equal to it.</summary>
    /// <param name="prefix">The other key.</param>
    public bool StartsWith(QueryKey prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return prefix.Count <= Count && prefix._parts.AsSpan().SequenceEqual(_parts.AsSpan(0, prefix.Count));
    }

    /// <inheritdoc/>
    public bool Equals(QueryKey? other) =>
        ReferenceEquals(this, other) || (other is not null && _hash == other._hash && _parts.AsSpan().SequenceEqual(other._parts));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as QueryKey);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <summary>The parts for people to read: <c>runs/7/status</c>.</summary>
    public override string ToString() => string.Join('/', _parts.Select(part => Convert.ToString(part, CultureInfo.InvariantCulture)));

    /// <inheritdoc/>
    public IEnumerator<object?> GetEnumerator() => ((IEnumerable<object?>)_parts).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Whether two keys have equal parts.</summary>
    public static bool operator ==(QueryKey? left, QueryKey? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether two keys differ in a part.</summary>
    public static bool operator !=(QueryKey? left, QueryKey? right) => !(left == right);
}
