namespace Collection.Benchmarks;

/// <summary>Samples of one thing, in milliseconds.</summary>
internal sealed record Timing
{
    private readonly double[] _sorted;

    public Timing(IEnumerable<double> milliseconds)
    {
        _sorted = [.. milliseconds.Order()];
        if (_sorted.Length == 0)
            throw new ArgumentException("A timing needs at least one sample.", nameof(milliseconds));
    }

    public double Median => (_sorted[(_sorted.Length - 1) / 2] + _sorted[_sorted.Length / 2]) / 2;

    /// <summary>The smallest sample that 95 % of the samples do not exceed: with fewer than 20, the largest.</summary>
    public double P95 => _sorted[(int)Math.Ceiling(_sorted.Length * 0.95) - 1];
}
