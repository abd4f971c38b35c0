using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing;

/// <content>Rows for somebody who scrolls: what is on screen, what is likely to be wanted next, and what can wait.</content>
public sealed partial class WindowedRowSource<TRow>
{
    private readonly ScrollMotion _motion;
    private readonly ReadLatency _latency = new();
    private CancellationTokenSource? _watch;
    private bool _hasLooked;

    // Of what may be wanted next, something had to go: there is room for what is on screen, and for not much more.
    private bool _isCrowded;
    private RowRange _seen;

    /// <summary>What has been shown and read so far.</summary>
    public WindowingCounters Counters { get; private set; }

    /// <inheritdoc/>
    public bool TryGetRow(int position, out SourceRow<TRow> row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        row = default;
        if (_shown is null || position >= _shown.Count)
            return false;
        if (_shown.TryGetRow(position, out row))
        {
            row = row with { IsArrival = _arrivals.Contains(row.Key) };
            return true;
        }

        var isStale = _former is not null && position >= _formerShift && _former.TryGetRow(position - _formerShift, out row);
        if (isStale)
            row = row with { Position = position, IsStale = true };
        return isStale;
    }

    /// <inheritdoc/>
    public void Look(Viewport viewport)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(viewport.Rows.Start);
        ArgumentOutOfRangeException.ThrowIfNegative(viewport.Rows.Count);
        Count(viewport.Rows);
        _motion.Look(viewport.Rows);
        _hasLooked = true;
        _isCrowded &= viewport == State.Viewport;
        Place(viewport);
        _shown?.Use(Near(_shown));
        if (_shown is null && _opening is null && State.Phase == RowSourcePhase.Loading)
            Open(TimeSpan.Zero);
        if (_motion.IsMoving && _watch is null)
            InBackground(WatchForRestAsync(_watch = new CancellationTokenSource()));
        Serve();
    }

    /// <summary>Notes what is on screen. Whoever sees the first row, or the last, has seen what came there.</summary>
    private void Place(Viewport viewport) => State = State with
    {
        Viewport = viewport,
        ArrivedAbove = viewport.Rows.Start == 0 ? 0 : State.ArrivedAbove,
        ArrivedBelow = viewport.Rows.End >= State.Count ? 0 : State.ArrivedBelow,
    };

    private void Count(RowRange rows)
    {
        var (blank, stale, shown) = (0, 0, 0);
        var end = Math.Min(rows.End, State.Count);
        for (var position = rows.Start; position < end; position++)
        {
            shown += position >= _seen.Start && position < _seen.End ? 0 : 1;
            if (!TryGetRow(position, out var row))
                blank++;
            else if (row.IsStale)
                stale++;
        }

        _seen = new RowRange(rows.Start, Math.Max(end - rows.Start, 0));
        Counters = Counters with { RowsShown = Counters.RowsShown + shown, BlankRows = Counters.BlankRows + blank, StaleRows = Counters.StaleRows + stale };
    }

    /// <summary>Nobody says that scrolling has stopped: it has when two frames have brought no movement.</summary>
    private async Task WatchForRestAsync(CancellationTokenSource watch)
    {
        try
        {
            // A delay is cut to whole ms: less than one would be none, and this would go round in circles.
            while (_motion.Still < ScrollMotion.RestAfter)
                await Task.Delay(ScrollMotion.RestAfter - _motion.Still + TimeSpan.FromMilliseconds(1), _timeProvider, watch.Token);
        }
        catch (OperationCanceledException)
        {
            // The source was disposed of.
            return;
        }

        _watch = null;
        _motion.Rest();
        Serve();
    }

    private RowRange? NextPlanned(ViewBlocks<TRow> shown)
    {
        // After a failure nothing is read on one's own account: a retry is a person's.
        if (!_hasLooked || State.Phase != RowSourcePhase.Ready)
            return null;
        var visible = State.Viewport.Rows;
        var planner = new WindowPlanner(visible, _motion.Velocity, _motion.Speed, _latency, _options);
        if (planner.Next(shown, _isCrowded ? Math.Max(shown.ReadCount, 1) : shown.ReadCount) is { } next)
            return next;
        // The row that has the focus is wanted by its next key press, wherever the screen is.
        return State.Viewport.Focus is { } focus && shown.ReadCount == 0 && !_motion.IsMoving ? shown.NextMissing(new RowRange(focus, 1)) : null;
    }

    private void Measure(RowRange range, TimeSpan elapsed, bool isAlone)
    {
        // Of two reads at a time, the second has waited for the first.
        if (isAlone)
            _latency.Add(range.Count, elapsed);
        Counters = Counters with { RowsFetched = Counters.RowsFetched + range.Count, Reads = Counters.Reads + 1 };
    }

    private void Trim(ViewBlocks<TRow> shown)
    {
        var viewport = State.Viewport;
        List<RowRange> pinned = [_hasLooked ? viewport.Rows : _window, .. _requests.Select(request => request.Window)];
        if (viewport.Focus is { } focus)
            pinned.Add(new RowRange(focus, 1));
        _isCrowded |= shown.Trim(_options.MaxCachedBytes, Near(shown), pinned);
        // What is on screen stays, stale or not; the rest of the version before has the room that is left.
        var screen = viewport.Rows with { Start = Math.Max(viewport.Rows.Start - _formerShift, 0) };
        _former?.Trim(Math.Max(_options.MaxCachedBytes - shown.Bytes, 0), screen, [screen]);
        CountBytes();
    }

    /// <summary>The rows on screen, and all that may be read ahead on either side.</summary>
    private RowRange Near(ViewBlocks<TRow> view)
    {
        var (rows, reach) = (State.Viewport.Rows, (_options.MaxAheadBlocks + 1) * view.BlockRows);
        var start = Math.Max(rows.Start - reach, 0);
        return new RowRange(start, (int)Math.Min((long)rows.End + reach, int.MaxValue) - start);
    }

    private void CountBytes()
    {
        var bytes = (_shown?.Bytes ?? 0) + (_former?.Bytes ?? 0);
        Counters = Counters with { CachedBytes = bytes, PeakCachedBytes = Math.Max(Counters.PeakCachedBytes, bytes) };
    }
}
