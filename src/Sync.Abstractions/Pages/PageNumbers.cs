namespace Collection.Sync.Abstractions;

/// <summary>Numbers of a page stay within what a JavaScript number holds exactly.</summary>
internal static class PageNumbers
{
    /// <summary>True for a whole number from 0 to 2^53 - 1.</summary>
    public static bool IsCount(double value) => value is >= 0 and <= RowKey.MaxMagnitude && Math.Floor(value) == value;

    /// <summary>True for a whole number of magnitude at most 2^53 - 1.</summary>
    public static bool IsInteger(double value) => Math.Abs(value) <= RowKey.MaxMagnitude && Math.Floor(value) == value;

    /// <summary>The next multiple of eight: every section starts on one, so that typed arrays lie over the bytes.</summary>
    public static int Align(int length) => (length + 7) & ~7;
}
