namespace Collection.Grid.Windowing;

/// <summary>Bounds and pauses of a row source. The defaults suit a grid over a store in the browser.</summary>
public sealed record WindowingOptions
{
    /// <summary>
    /// Rows that are read and kept together, 1 to 4,096. A read costs about 8 ms before its first row and 0.06 ms for
    /// each: 64 rows, two screens of them, keep a read at 12 ms without paying the 8 ms too often.
    /// </summary>
    public int BlockRows { get; init; } = 64;

    /// <summary>
    /// Bytes of encoded rows whose decoded form is kept, at least 0. The window that was asked for last is kept even
    /// where it alone is larger. 8 MiB hold some 50,000 rows of 160 bytes.
    /// </summary>
    public long MaxCachedBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>The pause in typing after which a new search text is looked for. 300 ms is longer than most people take between two keys.</summary>
    public TimeSpan SearchDelay { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// The least time from one refresh to the next: during a first sync the store changes with each page, and a
    /// sorted view of 100,000 rows costs a tenth of a second or more to open.
    /// </summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    internal WindowingOptions Validated()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BlockRows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BlockRows, 4096);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxCachedBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(SearchDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(RefreshInterval, TimeSpan.Zero);
        return this;
    }
}
