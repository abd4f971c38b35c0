using System.Runtime.CompilerServices;
using System.Text;

namespace Collection.Simulation;

/// <summary>
/// What happened, in order. A run keeps only its hash; a run that failed is repeated with its lines kept, which is
/// possible because it repeats exactly.
/// </summary>
internal sealed class Trace(bool keepsLines)
{
    private ulong _hash = 14695981039346656037UL;

    public List<string> Lines { get; } = [];

    public bool KeepsLines => keepsLines;

    public ulong Value => _hash;

    public Func<TimeSpan>? Clock { get; set; }

    public void Write([InterpolatedStringHandlerArgument("")] ref Line line)
    {
        Mix((ulong)(Clock?.Invoke().Ticks ?? 0));
        if (keepsLines)
            Lines.Add($"{Clock?.Invoke().TotalSeconds,9:0.000} {line.Text}");
    }

    public static ulong Hash(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in text)
            hash = unchecked((hash ^ c) * 1099511628211UL);
        return hash;
    }

    private void Mix(ulong value) => _hash = unchecked((_hash ^ value) * 1099511628211UL);

    /// <summary>An interpolated line: its parts go into the hash, and become text only where lines are kept.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Line
    {
        private readonly Trace _trace;
        private readonly StringBuilder? _text;

        public Line(int literalLength, int formattedCount, Trace trace)
        {
            _trace = trace;
            _text = trace.KeepsLines ? new StringBuilder(literalLength + (formattedCount * 8)) : null;
        }

        public string Text => _text?.ToString() ?? "";

        public void AppendLiteral(string literal)
        {
            _trace.Mix((ulong)literal.Length);
            _text?.Append(literal);
        }

        public void AppendFormatted<T>(T value)
        {
            _trace.Mix(value is string text ? Hash(text) : (ulong)(value?.GetHashCode() ?? 0));
            _text?.Append(value);
        }

        // For what is costly to put into words and says nothing that the other parts do not.
        public void AppendFormatted(Func<string> words) => _text?.Append(words());
    }
}
