using System.Globalization;

namespace Collection.Devtools.Blazor;

/// <summary>The last minute of a number, one value a second, as the points of a line in a box of 60 by 1.</summary>
internal sealed class Course
{
    /// <summary>Seconds, and values.</summary>
    public const int Length = 60;

    private readonly Queue<double> _values = new(Length);

    public double Highest => _values.DefaultIfEmpty().Max();

    public void Add(double value)
    {
        if (_values.Count == Length)
            _values.Dequeue();
        _values.Enqueue(double.IsFinite(value) ? Math.Max(value, 0) : 0);
    }

    public override string ToString()
    {
        var highest = Math.Max(Highest, double.Epsilon);
        var start = Length - _values.Count;
        return string.Join(' ', _values.Select((value, i) => string.Create(CultureInfo.InvariantCulture, $"{start + i},{1 - (value / highest):0.###}")));
    }
}
