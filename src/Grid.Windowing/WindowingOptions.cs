namespace Collection.Grid.Windowing;

/// <summary>Bounds and pauses of a row source. The defaults suit a grid over a store in the browser.</summary>
public sealed record WindowingOptions
{
    /// <summary>
    /// Rows that are read and kept together, 1 to 4,096; null, the default, for what suits the store: from 32 to 128, by the
    /// rows on screen and by what reads have taken so far.
    /// </summary>
    public int? BlockRows { get; init; }

    /// <summary>
    /// Bytes of encoded rows whose decoded form is kept, at least 0. What is on screen is kept even where it alone is
    /// larger. 8 MiB hold some 50,000 rows of 160 bytes.
    /// </summary>
    public long MaxCachedBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>
    /// Blocks that are read ahead of somebody who scrolls, at most, 0 to 64. They cover a quarter of a second and two reads: at
    /// six blocks of 64, as fast as a wheel goes; a faster motion is gated.
    /// </summary>
    public int MaxAheadBlocks { get; init; } = 6;

    /// <summary>
    /// The screens that may go by while a read is under way, at least 1; faster, nothing is read until the motion slows down. At
    /// 4 a wheel is never gated, and a dragged scrollbar almost always.
    /// </summary>
    public double GateScreens { get; init; } = 4;

    /// <summary>The pause in typing after which a new search text is looked for. 300 ms is longer than most people take between two keys.</summary>
    public TimeSpan SearchDelay { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// The least time from one refresh to the next: during a first sync the store changes with each page, and a
    /// sorted view of 100,000 rows costs a tenth of a second or more to open.
    /// </summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a row that came live is marked as an arrival; zero for not at all. 5 s are enough to look up from something else.</summary>
    public TimeSpan ArrivalDuration { get; init; } = TimeSpan.FromSeconds(5);

    internal WindowingOptions Validated()
    {
        if (BlockRows is { } blockRows)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blockRows, nameof(BlockRows));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(blockRows, 4096, nameof(BlockRows));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(MaxCachedBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxAheadBlocks);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxAheadBlocks, 64);
        ArgumentOutOfRangeException.ThrowIfLessThan(GateScreens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(SearchDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(RefreshInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(ArrivalDuration, TimeSpan.Zero);
        return this;
    }
}
