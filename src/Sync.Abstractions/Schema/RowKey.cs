using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text.Unicode;

namespace Collection.Sync.Abstractions;

/// <summary>
/// The value that identifies a row within its collection: an integer, a text or a Guid, as <see cref="Kind"/> says.
/// Keys of one kind are ordered: integers by value, texts by code point, Guids by their sixteen bytes in the order in
/// which they are written. The default is the integer 0.
/// </summary>
public readonly struct RowKey : IEquatable<RowKey>, IComparable<RowKey>
{
    /// <summary>The largest magnitude of an integer that a JavaScript number holds exactly.</summary>
    public const long MaxMagnitude = (1L << 53) - 1;

    /// <summary>The largest length of a text, in bytes of UTF-8: keys are kept in memory, all of them.</summary>
    public const int MaxTextBytes = 256;

    private static readonly object s_guid = new();

    // Null for an integer, the text itself, or the mark of a Guid.
    private readonly object? _text;
    private readonly ulong _high;
    private readonly ulong _low;

    /// <summary>Makes a key of an integer.</summary>
    /// <param name="value">Of magnitude at most 2^53 - 1.</param>
    public RowKey(long value) => _high = unchecked((ulong)value);

    /// <summary>Makes a key of a text, which stays exactly as it is: neither folded nor normalized.</summary>
    /// <param name="text">1 to 256 bytes of UTF-8, without the character U+0000.</param>
    /// <exception cref="ArgumentException">The text is empty, too long, or holds U+0000 or a surrogate without its other half.</exception>
    public RowKey(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (WhyRefused(text) is { } why)
            throw new ArgumentException($"A text cannot be a key: {why}.", nameof(text));
        _text = text;
    }

    /// <summary>Makes a key of a Guid.</summary>
    public RowKey(Guid guid)
    {
        Span<byte> bytes = stackalloc byte[16];
        guid.TryWriteBytes(bytes, bigEndian: true, out _);
        _text = s_guid;
        _high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
    }

    /// <summary>What it is: <see cref="FieldKind.Int64"/>, <see cref="FieldKind.Text"/> or <see cref="FieldKind.Guid"/>.</summary>
    public FieldKind Kind => _text is null ? FieldKind.Int64 : _text is string ? FieldKind.Text : FieldKind.Guid;

    /// <summary>The integer.</summary>
    /// <exception cref="InvalidOperationException">The key is none.</exception>
    public long Value => Kind == FieldKind.Int64 ? unchecked((long)_high) : throw NotA("an integer");

    /// <summary>The text.</summary>
    /// <exception cref="InvalidOperationException">The key is none.</exception>
    public string Text => _text as string ?? throw NotA("a text");

    /// <summary>The Guid.</summary>
    /// <exception cref="InvalidOperationException">The key is none.</exception>
    public Guid Guid
    {
        get
        {
            if (Kind != FieldKind.Guid)
                throw NotA("a Guid");
            Span<byte> bytes = stackalloc byte[16];
            BinaryPrimitives.WriteUInt64BigEndian(bytes, _high);
            BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], _low);
            return new Guid(bytes, bigEndian: true);
        }
    }

    /// <summary>Makes a key of an integer.</summary>
    public static implicit operator RowKey(long value) => new(value);

    /// <summary>Makes a key of a text.</summary>
    public static implicit operator RowKey(string text) => new(text);

    /// <summary>Makes a key of a Guid.</summary>
    public static implicit operator RowKey(Guid guid) => new(guid);

    /// <summary>Equal keys are of one kind, and texts the same character by character.</summary>
    public bool Equals(RowKey other) => _high == other._high && _low == other._low && Equals(_text, other._text);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RowKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _text is string text ? text.GetHashCode(StringComparison.Ordinal) : HashCode.Combine(_high, _low);

    /// <summary>Compares keys of one kind; those of different kinds, which no collection has, go by the number of the kind.</summary>
    public int CompareTo(RowKey other)
    {
        if (Kind != other.Kind)
            return Kind.CompareTo(other.Kind);
        if (_text is string text)
            return CompareByCodePoint(text, other.Text);
        if (_text is null)
            return Value.CompareTo(other.Value);
        var order = _high.CompareTo(other._high);
        return order != 0 ? order : _low.CompareTo(other._low);
    }

    /// <summary>The text, the integer in digits, or the Guid as 32 lower-case digits with hyphens.</summary>
    public override string ToString() => Kind switch
    {
        FieldKind.Text => Text,
        FieldKind.Guid => Guid.ToString("D"),
        _ => Value.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>True where both are the same key.</summary>
    public static bool operator ==(RowKey left, RowKey right) => left.Equals(right);

    /// <summary>True where they are different keys.</summary>
    public static bool operator !=(RowKey left, RowKey right) => !left.Equals(right);

    /// <summary>True where <paramref name="left"/> comes first.</summary>
    public static bool operator <(RowKey left, RowKey right) => left.CompareTo(right) < 0;

    /// <summary>True where <paramref name="left"/> comes later.</summary>
    public static bool operator >(RowKey left, RowKey right) => left.CompareTo(right) > 0;

    /// <summary>True where <paramref name="left"/> comes first, or is the same.</summary>
    public static bool operator <=(RowKey left, RowKey right) => left.CompareTo(right) <= 0;

    /// <summary>True where <paramref name="left"/> comes later, or is the same.</summary>
    public static bool operator >=(RowKey left, RowKey right) => left.CompareTo(right) >= 0;

    /// <summary>Why valid UTF-8 is no key, or null where it is one.</summary>
    internal static string? WhyRefused(ReadOnlySpan<byte> utf8) =>
        utf8.IsEmpty ? "it is empty"
        : utf8.Length > MaxTextBytes ? $"it has {utf8.Length} bytes of UTF-8, and keys have at most {MaxTextBytes}"
        : utf8.Contains((byte)0) ? "it holds the character U+0000"
        : null;

    private static string? WhyRefused(string text)
    {
        Span<byte> utf8 = stackalloc byte[MaxTextBytes];
        return Utf8.FromUtf16(text, utf8, out _, out var length, replaceInvalidSequences: false) switch
        {
            OperationStatus.Done => WhyRefused(utf8[..length]),
            OperationStatus.InvalidData => "it holds a surrogate without its other half",
            _ => $"it has more than {MaxTextBytes} bytes of UTF-8",
        };
    }

    // UTF-16 has surrogates, which stand for the largest code points, below U+E000.
    private static int CompareByCodePoint(string x, string y)
    {
        var same = x.AsSpan().CommonPrefixLength(y);
        return same == x.Length || same == y.Length ? x.Length.CompareTo(y.Length) : Lift(x[same]) - Lift(y[same]);

        static int Lift(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
    }

    private InvalidOperationException NotA(string what) => new(
        $"The key is a {Kind} and not {what}: ask its Kind first, and read {(Kind == FieldKind.Guid ? nameof(Guid) : Kind == FieldKind.Text ? nameof(Text) : nameof(Value))} instead.");
}
