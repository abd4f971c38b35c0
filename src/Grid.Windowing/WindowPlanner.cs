using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing;

/// <summary>
/// What to read next for somebody who looks at some rows. Nothing is queued: the plan is made anew whenever a read can
/// begin, so that what has been scrolled past is never read. Pure; docs/windowing.md has the rules.
/// </summary>
internal readonly struct WindowPlanner(RowRange visible, double velocity, double speed, ReadLatency latency, WindowingOptions options)
{
    // A frame, which passes between an answer and its being seen.
    private const double FrameMilliseconds = 16;

    /// <summary>Rows of a block: a screen of them, or so many that their time outweighs half of a read's fixed time.</summary>
    public static int BlockRows(int visible, ReadLatency latency, WindowingOptions options)
    {
        if (options.BlockRows is { } given)
            return given;
        var rows = Math.Max(visible, latency.Base / latency.PerRow / 2);
        // The power of two at or below, unless that is less than a screen.
        var power = 1 << (int)Math.Floor(Math.Log2(Math.Clamp(rows, 32, 128)));
        return power < visible && power < 128 ? power * 2 : power;
    }

    /// <summary>True while rows that were asked for now would have gone by before they came.</summary>
    public bool IsGated(int blockRows) =>
        speed * (latency.Of(blockRows) + FrameMilliseconds) / 1000 > options.GateScreens * visible.Count;

    /// <summary>The next run of blocks to read, or null for nothing.</summary>
    /// <param name="blocks">The blocks of the view.</param>
    /// <param name="readCount">Reads under way.</param>
    public RowRange? Next(IBlocks blocks, int readCount)
    {
        if (visible.Count <= 0 || blocks.Count == 0 || IsGated(blocks.BlockRows))
            return null;
        var (first, last) = (blocks.BlockOf(Clamp(visible.Start, blocks)), blocks.BlockOf(Clamp(visible.End - 1, blocks)));
        // A second read is for what is on screen alone: what may be wanted later must not hold it up.
        if (NearestMissing(blocks, first, last) is { } seen)
            return readCount < 2 ? Run(blocks, seen, first, last) : null;
        if (readCount > 0)
            return null;
        var isDown = velocity >= 0;
        var ahead = Ahead(blocks, first, last, isDown);
        if (NextMissing(blocks, isDown ? last : first, isDown ? 1 : -1, ahead) is { } next)
            return isDown ? Run(blocks, next, next, last + ahead) : blocks.RangeOf(next, next);
        // At rest, a screen on the other side as well.
        var behind = speed > 0 ? 0 : Margin(blocks, first, last, !isDown);
        return NextMissing(blocks, isDown ? first : last, isDown ? -1 : 1, behind) is { } former ? blocks.RangeOf(former, former) : null;
    }

    private int Ahead(IBlocks blocks, int first, int last, bool isDown)
    {
        var seconds = 0.25 + (2 * latency.Of(blocks.BlockRows) / 1000);
        var ahead = (int)Math.Clamp(Math.Ceiling(Math.Abs(velocity) * seconds / blocks.BlockRows), 0, options.MaxAheadBlocks);
        return Math.Max(ahead, Margin(blocks, first, last, isDown));
    }

    /// <summary>1 where the blocks on screen hold less than a screen beyond it on a side, else 0.</summary>
    private int Margin(IBlocks blocks, int first, int last, bool isDown)
    {
        var beyond = isDown ? blocks.RangeOf(last, last).End - visible.End : visible.Start - blocks.RangeOf(first, first).Start;
        return beyond < visible.Count ? 1 : 0;
    }

    private static int? NearestMissing(IBlocks blocks, int first, int last)
    {
        // From the middle outwards.
        var middle = (first + last) / 2;
        for (var distance = 0; distance <= last - first + 1; distance++)
        {
            if (middle + distance <= last && blocks.IsMissing(middle + distance))
                return middle + distance;
            if (middle - distance >= first && blocks.IsMissing(middle - distance))
                return middle - distance;
        }

        return null;
    }

    private static int? NextMissing(IBlocks blocks, int from, int step, int count)
    {
        for (var i = 1; i <= count; i++)
        {
            var block = from + (i * step);
            if (block < blocks.FirstBlock || block > blocks.LastBlock)
                return null;
            if (blocks.IsMissing(block))
                return block;
        }

        return null;
    }

    /// <summary>Adjacent missing blocks in one read.</summary>
    private static RowRange Run(IBlocks blocks, int block, int first, int last)
    {
        var (start, end) = (block, block);
        while (start > first && blocks.IsMissing(start - 1))
            start--;
        while (end < Math.Min(last, blocks.LastBlock) && blocks.IsMissing(end + 1))
            end++;
        return blocks.RangeOf(start, end);
    }

    private static int Clamp(int row, IBlocks blocks) => Math.Clamp(row, 0, blocks.Count - 1);
}

/// <summary>The blocks of a view, as a plan sees them. Blocks are numbered from <see cref="FirstBlock"/>, which may be short, on.</summary>
internal interface IBlocks
{
    /// <summary>Rows in the view.</summary>
    int Count { get; }

    /// <summary>Rows in a block.</summary>
    int BlockRows { get; }

    int FirstBlock { get; }

    int LastBlock { get; }

    int BlockOf(int row);

    /// <summary>The rows of a run of blocks.</summary>
    RowRange RangeOf(int first, int last);

    /// <summary>True for a block that is not in memory and that nobody is reading.</summary>
    bool IsMissing(int block);
}
