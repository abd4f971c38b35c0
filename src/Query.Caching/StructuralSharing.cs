namespace Collection.Query.Caching;

/// <summary>Ways of keeping what has been there for as long as it is equal to what has come, so that nobody is told of a change that is none.</summary>
public static class StructuralSharing
{
    /// <summary>The old value where the two are equal, else the new one. What queries do by default: right for records and single values.</summary>
    /// <typeparam name="T">The type of the data.</typeparam>
    /// <param name="old">What has been there.</param>
    /// <param name="next">What has come.</param>
    public static T Whole<T>(T old, T next) => EqualityComparer<T>.Default.Equals(old, next) ? old : next;

    /// <summary>The old list where all items are equal; else the new one, with the old object in place of each item that is equal at its position.</summary>
    /// <typeparam name="TItem">The type of an item, equal by value.</typeparam>
    /// <param name="old">What has been there.</param>
    /// <param name="next">What has come. It is not changed.</param>
    public static IReadOnlyList<TItem> Items<TItem>(IReadOnlyList<TItem> old, IReadOnlyList<TItem> next)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(next);
        var shared = new TItem[next.Count];
        var isSame = old.Count == next.Count;
        for (var i = 0; i < shared.Length; i++)
        {
            var isEqual = i < old.Count && EqualityComparer<TItem>.Default.Equals(old[i], next[i]);
            shared[i] = isEqual ? old[i] : next[i];
            isSame &= isEqual;
        }

        return isSame ? old : shared;
    }
}
