using System.Globalization;

namespace Collection.Scrolling;

/// <summary>How somebody scrolls: a file of <c>traces</c>.</summary>
internal sealed class Trace
{
    public const int RowHeight = 36;
    public const int ScreenRows = 25;
    private const int Screen = ScreenRows * RowHeight;
    private const double FramesPerSecond = 60;

    // Lines are of frames too, and are rounded.
    private const double Rounding = 1;

    private readonly (double Milliseconds, double Position)[] _lines;
    private readonly bool _isShare;

    private Trace(string name, bool isShare, (double, double)[] lines) => (Name, _isShare, _lines) = (name, isShare, lines);

    public string Name { get; }

    public TimeSpan Duration => TimeSpan.FromMilliseconds(_lines[^1].Milliseconds);

    public static Trace Load(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "traces", $"{name}.csv")).Where(line => !line.StartsWith('#')).ToArray();
        return new Trace(name, lines[0] == "ms,share", [.. lines.Skip(1).Select(line => line.Split(',')).Select(parts => (Number(parts[0]), Number(parts[1])))]);
    }

    /// <summary>The position of each frame, in px, for so many rows.</summary>
    public IEnumerable<double> Frames(int rowCount)
    {
        var end = ((double)rowCount * RowHeight) - Screen;
        // In the middle of the table, where half of what comes in comes in above.
        var start = _isShare ? 0 : rowCount / 2 * RowHeight;
        var line = 0;
        for (var frame = 0; ; frame++)
        {
            var now = frame * 1000 / FramesPerSecond;
            while (line < _lines.Length - 1 && _lines[line + 1].Milliseconds <= now + Rounding)
                line++;
            yield return Math.Clamp(start + (_lines[line].Position * (_isShare ? end : 1)), 0, end);
            if (line == _lines.Length - 1)
                yield break;
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
