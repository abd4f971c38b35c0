namespace Collection.Grid.Windowing;

/// <summary>
/// What a read of so many rows takes, L(n) = L0 + c * n, fitted by least squares to the reads so far. Older ones count for
/// less, half after some twenty, since a store is slow while it syncs and fast afterwards.
/// </summary>
internal sealed class ReadLatency
{
    private const double Forgetting = 0.966;

    // What a store in a browser takes until it has been measured: 8 ms, and 0.06 ms a row. As two reads, of 0 and of 128 rows.
    private double _weight = 2;
    private double _rows = 128;
    private double _squares = 128 * 128;
    private double _times = 8 + 15.68;
    private double _products = 128 * 15.68;

    /// <summary>The ms before the first row, at least 0.1.</summary>
    public double Base { get; private set; } = 8;

    /// <summary>The ms of each row, at least a thousandth.</summary>
    public double PerRow { get; private set; } = 0.06;

    /// <summary>The ms that a read of so many rows is expected to take.</summary>
    public double Of(int rows) => Base + (PerRow * rows);

    /// <summary>Takes in a read. One of more than a second is an accident, as in a tab that slept, and counts as a second.</summary>
    public void Add(int rows, TimeSpan elapsed)
    {
        var time = Math.Min(elapsed.TotalMilliseconds, 1000);
        _weight = (_weight * Forgetting) + 1;
        _rows = (_rows * Forgetting) + rows;
        _squares = (_squares * Forgetting) + ((double)rows * rows);
        _times = (_times * Forgetting) + time;
        _products = (_products * Forgetting) + (rows * time);

        var spread = (_weight * _squares) - (_rows * _rows);
        var mean = _times / _weight;
        // Reads of one size do not tell base and slope apart: the slope stays, and the base takes the difference.
        if (spread > 0.05 * _weight * _squares)
            PerRow = Math.Clamp(((_weight * _products) - (_rows * _times)) / spread, 0.001, 10);
        Base = Math.Max(mean - (PerRow * _rows / _weight), 0.1);
    }
}
