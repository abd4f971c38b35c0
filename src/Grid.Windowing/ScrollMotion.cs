using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing;

/// <summary>
/// How fast somebody scrolls, from where they look at which time. The average follows a faster motion within 80 ms and a
/// slower one within 25: whoever slows down is about to read, and should not wait for rows.
/// </summary>
internal sealed class ScrollMotion(TimeProvider timeProvider)
{
    /// <summary>Two frames without movement: the motion is over.</summary>
    public static readonly TimeSpan RestAfter = TimeSpan.FromMilliseconds(34);

    private const double RisingSeconds = 0.08;
    private const double FallingSeconds = 0.025;

    // A motion that began at rest has no speed yet; a step this many screens wide is no scrolling but a jump.
    private const int JumpScreens = 4;

    private RowRange? _last;
    private long _at;
    private double _average;
    private double _now;
    private bool _isMoving;

    /// <summary>Rows a second, positive downwards; 0 at rest.</summary>
    public double Velocity => _average;

    /// <summary>The lower of average and momentary speed, in rows a second: what a gate goes by, so that it opens as soon as somebody slows down.</summary>
    public double Speed => Math.Min(Math.Abs(_average), Math.Abs(_now));

    /// <summary>True from a movement until <see cref="Rest"/>.</summary>
    public bool IsMoving => _isMoving;

    /// <summary>How long nobody has moved.</summary>
    public TimeSpan Still => timeProvider.GetElapsedTime(_at);

    /// <summary>Takes in what is looked at now.</summary>
    public void Look(RowRange rows)
    {
        var elapsed = timeProvider.GetElapsedTime(_at).TotalSeconds;
        var distance = rows.Start - (_last?.Start ?? rows.Start);
        if (distance == 0 && _last is not null)
        {
            // A timer may be late, and whoever draws each frame looks each frame.
            if (elapsed >= RestAfter.TotalSeconds)
                Rest();
            return;
        }

        _at = timeProvider.GetTimestamp();
        _last = rows;
        if (distance == 0)
            return;
        var isJump = !_isMoving && elapsed >= RestAfter.TotalSeconds && Math.Abs((long)distance) > (long)JumpScreens * rows.Count;
        if (isJump)
            return;
        _now = distance / Math.Max(_isMoving ? elapsed : RestAfter.TotalSeconds / 2, 0.001);
        var share = 1 - Math.Exp(-Math.Min(elapsed, 1) / (Math.Abs(_now) > Math.Abs(_average) ? RisingSeconds : FallingSeconds));
        _average += (_now - _average) * (_isMoving ? share : 0.5);
        _isMoving = true;
    }

    /// <summary>The rows are now at other positions, and nobody has moved.</summary>
    public void Shift(int rows) => _last = _last is { } last ? last with { Start = Math.Max(last.Start + rows, 0) } : null;

    /// <summary>Nobody moves any more.</summary>
    public void Rest() => (_average, _now, _isMoving) = (0, 0, false);
}
