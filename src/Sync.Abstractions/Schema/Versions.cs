namespace Collection.Sync.Abstractions;

/// <summary>
/// The position of a row's last change in the server's history: totally ordered, assigned by the server, never a clock.
/// The newest version of a key wins, whatever the order of arrival.
/// </summary>
/// <param name="Transaction">The writing transaction, 0 to 2^53 - 1; 0 on databases with a single writer.</param>
/// <param name="Sequence">The position within the database's sequence, 0 to 2^53 - 1.</param>
public readonly record struct RowVersion(long Transaction, long Sequence) : IComparable<RowVersion>
{
    /// <summary>Compares by transaction, then by sequence.</summary>
    public int CompareTo(RowVersion other)
    {
        var byTransaction = Transaction.CompareTo(other.Transaction);
        return byTransaction != 0 ? byTransaction : Sequence.CompareTo(other.Sequence);
    }

    /// <summary>True where <paramref name="left"/> is older.</summary>
    public static bool operator <(RowVersion left, RowVersion right) => left.CompareTo(right) < 0;

    /// <summary>True where <paramref name="left"/> is newer.</summary>
    public static bool operator >(RowVersion left, RowVersion right) => left.CompareTo(right) > 0;

    /// <summary>True where <paramref name="left"/> is older or the same.</summary>
    public static bool operator <=(RowVersion left, RowVersion right) => left.CompareTo(right) <= 0;

    /// <summary>True where <paramref name="left"/> is newer or the same.</summary>
    public static bool operator >=(RowVersion left, RowVersion right) => left.CompareTo(right) >= 0;
}

/// <summary>
/// A position in the server's change feed. Opaque: made, signed and understood by the server alone, and handed back
/// as it came.
/// </summary>
/// <param name="Value">1 to 4,096 printable ASCII characters.</param>
public readonly record struct SyncCursor(string Value)
{
    /// <summary>The largest length of a cursor, in characters.</summary>
    public const int MaxLength = 4096;

    /// <inheritdoc/>
    public override string ToString() => Value;
}
