using System.Globalization;
using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Scrolling;

/// <summary>What happens to the table while somebody scrolls.</summary>
internal enum Meanwhile
{
    Nothing,

    /// <summary>A hundred rows a second come in at random places.</summary>
    Arrivals,

    /// <summary>A first sync brings the table, in forty pages.</summary>
    FirstSync,
}

/// <summary>What somebody saw.</summary>
/// <param name="BlankRows">The share of rows on screen that were not there, over all frames.</param>
/// <param name="BlankRowsWhileReading">The same over frames in which at most 120 rows a second went by.</param>
/// <param name="FetchedForShown">Rows read for each that came on screen.</param>
/// <param name="SettleMedian">From coming to rest to all rows being there, in ms.</param>
/// <param name="SettleP95">Of twenty, all but one took no longer.</param>
/// <param name="StaleRows">The share of rows on screen that were those of the version before.</param>
/// <param name="Drift">The farthest that the first row on screen was moved by what came in, in px.</param>
/// <param name="PeakKibibytes">The most that was in memory, in KiB of encoded rows.</param>
internal sealed record Sight(double BlankRows, double BlankRowsWhileReading, double FetchedForShown, double SettleMedian, double SettleP95, double StaleRows, double Drift, double PeakKibibytes)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"blank {BlankRows,7:P2}, reading {BlankRowsWhileReading,7:P2}, fetched/shown {FetchedForShown,5:F1}, settle {SettleMedian,4:F0} (p95 {SettleP95,4:F0}) ms, stale {StaleRows,6:P1}, drift {Drift:F1} px, {PeakKibibytes,6:F0} KiB");
}

/// <summary>Scrolls a row source by a trace, at 60 frames a second of virtual time, as a grid would: with what is there when a frame is drawn.</summary>
internal sealed class Replayer(Trace trace, int rowCount, Speed speed, Meanwhile meanwhile = Meanwhile.Nothing)
{
    private const double ReadingRowsPerSecond = 120;

    // Nobody reads in one frame: the speed is that of these many.
    private const int ReadingFrames = 3;
    private const int Seed = 20261123;
    private static readonly TimeSpan s_frame = TimeSpan.FromSeconds(1.0 / 60);

    public static IRowSource<Row> Ours(SimulatedStore store, TimeProvider time) => new Grid.Windowing.WindowedRowSource<Row>(store, Row.Collection, null, time);

    public Sight Run(Func<SimulatedStore, TimeProvider, IRowSource<Row>> make)
    {
        // Without a context, what is awaited goes on within the call that answers it.
        SynchronizationContext.SetSynchronizationContext(null);
        var time = new ManualTimeProvider();
        var store = new SimulatedStore(time, speed, rowCount, new Random(Seed));
        if (meanwhile == Meanwhile.FirstSync)
            store.Grow(rowCount / 40, isComplete: false);
        var source = make(store, time);
        var frames = trace.Frames(rowCount).ToList();
        var (rows, blank, readRows, readBlank, stale, shown) = (0L, 0L, 0L, 0L, 0L, 0L);
        List<double> settles = [];
        var drift = 0.0;
        double? restSince = null;
        // The first screen is no scrolling.
        var seen = ScreenAt(frames[0], 0, source);
        source.Look(new Viewport(seen));
        time.Advance(TimeSpan.FromSeconds(1));
        shown += seen.Count;
        var offset = 0.0;
        var last = frames[0];
        for (var frame = 0; frame < frames.Count; frame++)
        {
            var before = Anchor(source);
            Happen(store, frame, frames.Count);
            time.Advance(s_frame);
            // The grid goes along where the source has kept somebody's place.
            offset += (source.State.Viewport.Rows.Start - seen.Start) * Trace.RowHeight;
            drift = Math.Max(drift, Drift(source, seen, before));
            var moved = frames[frame] - last;
            last = frames[frame];
            var screen = ScreenAt(frames[frame], offset, source);
            shown += Enumerable.Range(screen.Start, screen.Count).Count(position => position < seen.Start || position >= seen.End);
            source.Look(new Viewport(screen));
            seen = source.State.Viewport.Rows;

            var missing = 0;
            for (var position = screen.Start; position < screen.End; position++)
            {
                if (!source.TryGetRow(position, out var row))
                    missing++;
                else if (row.IsStale)
                    stale++;
                else if (meanwhile == Meanwhile.Nothing)
                    row.Value.Id.ShouldBe(position, "another row stands here than should");
            }

            rows += screen.Count;
            blank += missing;
            var recently = Math.Abs(frames[frame] - frames[Math.Max(frame - ReadingFrames, 0)]);
            if (recently / Trace.RowHeight / (ReadingFrames * s_frame.TotalSeconds) <= ReadingRowsPerSecond)
                (readRows, readBlank) = (readRows + screen.Count, readBlank + missing);
            var now = frame * s_frame.TotalMilliseconds;
            // Whoever goes on before all rows are there has waited in vain, and that counts as well.
            if (moved != 0 && restSince is { } vain && now - vain > 2 * s_frame.TotalMilliseconds)
                settles.Add(now - vain);
            if (moved != 0)
                restSince = now;
            if (restSince is { } since && missing == 0 && (frame + 1 == frames.Count || frames[frame + 1] == last))
            {
                settles.Add(now - since);
                restSince = null;
            }
        }

        if (restSince is not null)
            settles.Add(double.PositiveInfinity);
        settles.Sort();
        var peak = (source as Grid.Windowing.WindowedRowSource<Row>)?.Counters.PeakCachedBytes ?? 0;
        return new Sight((double)blank / rows, (double)readBlank / Math.Max(readRows, 1), (double)store.RowsFetched / shown, At(settles, 0.5), At(settles, 0.95), (double)stale / rows, drift, peak / 1024.0);

        RowKey? Anchor(IRowSource<Row> source) => source.TryGetRow(seen.Start, out var row) ? row.Key : (RowKey?)null;
    }

    private static RowRange ScreenAt(double position, double offset, IRowSource<Row> source)
    {
        var count = source.State.Phase == RowSourcePhase.Loading ? int.MaxValue : source.State.Count;
        var start = (int)Math.Clamp((position + offset) / Trace.RowHeight, 0, Math.Max(count - Trace.ScreenRows, 0));
        return new RowRange(start, Math.Min(Trace.ScreenRows, count));
    }

    private void Happen(SimulatedStore store, int frame, int frames)
    {
        if (meanwhile == Meanwhile.Arrivals && frame % 6 == 0)
            store.Insert(10);
        if (meanwhile == Meanwhile.FirstSync && frame > 0 && frame % Math.Max(frames / 40, 1) == 0 && store.Status.RowCount < rowCount)
            store.Grow(Math.Min(store.Status.RowCount + (rowCount / 40), rowCount), isComplete: store.Status.RowCount + (rowCount / 40) >= rowCount);
    }

    /// <summary>By how far the row that stood first on screen is elsewhere on it now, though nobody has scrolled.</summary>
    private static double Drift(IRowSource<Row> source, RowRange seen, RowKey? anchor)
    {
        if (anchor is not { } key || source.State.Viewport.Rows.Start == seen.Start && source.TryGetRow(seen.Start, out var same) && same.Key == key)
            return 0;
        return source.TryGetRow(source.State.Viewport.Rows.Start, out var row) && row.Key == key ? 0 : DistanceTo(source, key);
    }

    private static double DistanceTo(IRowSource<Row> source, RowKey key)
    {
        var start = source.State.Viewport.Rows.Start;
        for (var distance = 1; distance < 1000; distance++)
        {
            foreach (var position in (int[])[start - distance, start + distance])
            {
                if (position >= 0 && source.TryGetRow(position, out var row) && row.Key == key)
                    return distance * Trace.RowHeight;
            }
        }

        return 1000 * Trace.RowHeight;
    }

    private static double At(List<double> sorted, double share) => sorted.Count == 0 ? 0 : sorted[(int)Math.Min(sorted.Count * share, sorted.Count - 1)];
}
