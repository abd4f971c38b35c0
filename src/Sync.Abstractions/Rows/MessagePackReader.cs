using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Collection.Sync.Abstractions;

/// <summary>
/// Reads the MessagePack format from a span, value by value, without allocating but for strings that are asked for.
/// Every read either succeeds whole or throws and says where.
/// Source: the MessagePack specification, github.com/msgpack/msgpack/blob/master/spec.md.
/// </summary>
/// <param name="bytes">One encoded value, or several in a row.</param>
public ref struct MessagePackReader(ReadOnlySpan<byte> bytes)
{
    /// <summary>The deepest nesting that <see cref="Skip()"/> follows.</summary>
    public const int MaxDepth = 64;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    /// <summary>Bytes read so far.</summary>
    public readonly int Consumed => _position;

    /// <summary>True when every byte has been read.</summary>
    public readonly bool IsAtEnd => _position == _bytes.Length;

    /// <summary>Reads nil if it is next; otherwise reads nothing and returns false.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadNil()
    {
        if (Peek() != 0xc0)
            return false;
        _position++;
        return true;
    }

    /// <summary>Reads true or false.</summary>
    public bool ReadBoolean()
    {
        var code = Peek();
        if (code is not (0xc2 or 0xc3))
            throw Unexpected("a boolean", code);
        _position++;
        return code == 0xc3;
    }

    /// <summary>Reads an integer of any width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ReadInt64()
    {
        var code = Peek();
        if (code <= 0x7f || code >= 0xe0)
        {
            _position++;
            return unchecked((sbyte)code);
        }

        switch (code)
        {
            case 0xcc: return Take(1)[0];
            case 0xcd: return BinaryPrimitives.ReadUInt16BigEndian(Take(2));
            case 0xce: return BinaryPrimitives.ReadUInt32BigEndian(Take(4));
            case 0xd0: return unchecked((sbyte)Take(1)[0]);
            case 0xd1: return BinaryPrimitives.ReadInt16BigEndian(Take(2));
            case 0xd2: return BinaryPrimitives.ReadInt32BigEndian(Take(4));
            case 0xd3: return BinaryPrimitives.ReadInt64BigEndian(Take(8));
            case 0xcf:
                var start = _position;
                var value = BinaryPrimitives.ReadUInt64BigEndian(Take(8));
                return value <= long.MaxValue ? (long)value : throw new MessagePackFormatException(start, $"the integer {value} is beyond 2^63 - 1.");
            default: throw Unexpected("an integer", code);
        }
    }

    /// <summary>Reads an integer that fits 32 bits.</summary>
    public int ReadInt32()
    {
        var start = _position;
        var value = ReadInt64();
        return value is >= int.MinValue and <= int.MaxValue
            ? (int)value
            : throw new MessagePackFormatException(start, $"the integer {value} does not fit 32 bits.");
    }

    /// <summary>Reads a number: a float of either width, or an integer.</summary>
    public double ReadDouble()
    {
        switch (Peek())
        {
            case 0xca: return BinaryPrimitives.ReadSingleBigEndian(Take(4));
            case 0xcb: return BinaryPrimitives.ReadDoubleBigEndian(Take(8));
            default: return ReadInt64();
        }
    }

    /// <summary>Reads an instant kept as microseconds since 1970-01-01T00:00:00Z.</summary>
    public DateTimeOffset ReadTimestamp() => Microseconds.ToInstant(ReadMicroseconds());

    /// <summary>Reads the microseconds since 1970-01-01T00:00:00Z that an instant is kept as: within the years 1 to 9999.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ReadMicroseconds()
    {
        var start = _position;
        var microseconds = ReadInt64();
        return microseconds is >= Microseconds.Min and <= Microseconds.Max ? microseconds : throw NoInstant(start, microseconds);
    }

    /// <summary>Reads text.</summary>
    public string ReadText()
    {
        var start = _position;
        try
        {
            return MessagePackWriter.StrictUtf8.GetString(ReadTextUtf8());
        }
        catch (DecoderFallbackException e)
        {
            throw new MessagePackFormatException(start, "the text is not valid UTF-8.", e);
        }
    }

    /// <summary>Reads text or nil.</summary>
    public string? ReadTextOrNil() => TryReadNil() ? null : ReadText();

    /// <summary>Reads text as the UTF-8 bytes that stand there, without checking that they are valid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadTextUtf8()
    {
        var start = _position;
        var code = Peek();
        var length = code switch
        {
            >= 0xa0 and <= 0xbf => Skip1(code & 0x1f),
            0xd9 => Take(1)[0],
            0xda => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xdb => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            _ => throw Unexpected("text", code),
        };
        return Slice(start, length);
    }

    /// <summary>Reads a Guid: sixteen bytes.</summary>
    public Guid ReadGuid()
    {
        var start = _position;
        if (Peek() is not 0xc4 and var code)
            throw Unexpected("a Guid", code);
        var length = Take(1)[0];
        return length == 16
            ? new Guid(Slice(start, length), bigEndian: true)
            : throw new MessagePackFormatException(start, $"a Guid has 16 bytes, and here are {length}.");
    }

    /// <summary>Reads the header of an array and returns how many values follow.</summary>
    public int ReadArrayHeader()
    {
        var start = _position;
        var code = Peek();
        var count = code switch
        {
            >= 0x90 and <= 0x9f => Skip1(code & 0x0f),
            0xdc => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xdd => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            _ => throw Unexpected("an array", code),
        };
        return count <= _bytes.Length - _position
            ? (int)count
            : throw new MessagePackFormatException(start, $"an array of {count} values cannot fit the {_bytes.Length - _position} bytes that follow.");
    }

    /// <summary>Reads the header of an array that must hold exactly <paramref name="count"/> values.</summary>
    public void ReadArrayHeader(int count)
    {
        var start = _position;
        var found = ReadArrayHeader();
        if (found != count)
            throw new MessagePackFormatException(start, $"expected an array of {count} values, found one of {found}.");
    }

    /// <summary>Passes over the next value, whatever it is.</summary>
    public void Skip() => Skip(MaxDepth);

    private void Skip(int depth)
    {
        var start = _position;
        if (depth == 0)
            throw new MessagePackFormatException(start, $"values are nested more than {MaxDepth} deep.");
        var code = Peek();
        switch (code)
        {
            case <= 0x7f or >= 0xe0 or 0xc0 or 0xc2 or 0xc3: _position++; break;
            case (>= 0xa0 and <= 0xbf) or 0xd9 or 0xda or 0xdb: ReadTextUtf8(); break;
            case >= 0x90 and <= 0x9f: SkipMany(Skip1(code & 0x0f), depth); break;
            case >= 0x80 and <= 0x8f: SkipMany(2 * Skip1(code & 0x0f), depth); break;
            case 0xc4: Slice(start, Take(1)[0]); break;
            case 0xc5: Slice(start, BinaryPrimitives.ReadUInt16BigEndian(Take(2))); break;
            case 0xc6: Slice(start, BinaryPrimitives.ReadUInt32BigEndian(Take(4))); break;
            case 0xc7: Slice(start, 1L + Take(1)[0]); break;
            case 0xc8: Slice(start, 1L + BinaryPrimitives.ReadUInt16BigEndian(Take(2))); break;
            case 0xc9: Slice(start, 1L + BinaryPrimitives.ReadUInt32BigEndian(Take(4))); break;
            case 0xcc or 0xd0: Take(1); break;
            case 0xcd or 0xd1: Take(2); break;
            case 0xca or 0xce or 0xd2: Take(4); break;
            case 0xcb or 0xcf or 0xd3: Take(8); break;
            case >= 0xd4 and <= 0xd8: Take(1 + (1 << (code - 0xd4))); break;
            case 0xdc: SkipMany(BinaryPrimitives.ReadUInt16BigEndian(Take(2)), depth); break;
            case 0xdd: SkipMany(BinaryPrimitives.ReadUInt32BigEndian(Take(4)), depth); break;
            case 0xde: SkipMany(2L * BinaryPrimitives.ReadUInt16BigEndian(Take(2)), depth); break;
            case 0xdf: SkipMany(2L * BinaryPrimitives.ReadUInt32BigEndian(Take(4)), depth); break;
            default: throw Unexpected("a value", code);
        }
    }

    private void SkipMany(long count, int depth)
    {
        for (var i = 0L; i < count; i++)
            Skip(depth - 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly byte Peek() =>
        _position < _bytes.Length
            ? _bytes[_position]
            : throw EndsBeforeValue();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long Skip1(int length)
    {
        _position++;
        return length;
    }

    // The bytes that follow a one-byte code.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Take(int width)
    {
        if (_bytes.Length - _position - 1 < width)
            throw EndsWithinValue(width);
        var taken = _bytes.Slice(_position + 1, width);
        _position += 1 + width;
        return taken;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Slice(int start, long length)
    {
        if (length > _bytes.Length - _position)
            throw GoesPastEnd(start, length);
        var slice = _bytes.Slice(_position, (int)length);
        _position += (int)length;
        return slice;
    }

    // The messages are made apart from what is inlined.
    private readonly MessagePackFormatException EndsBeforeValue() =>
        new(_position, "the bytes end where a value was expected.");

    private readonly MessagePackFormatException EndsWithinValue(int width) =>
        new(_position, $"the bytes end within a value: {width} were expected after its code.");

    private readonly MessagePackFormatException GoesPastEnd(int start, long length) =>
        new(start, $"a length of {length} bytes goes past the end, {_bytes.Length - _position} bytes away.");

    private static MessagePackFormatException NoInstant(int start, long microseconds) =>
        new(start, $"{microseconds} microseconds since 1970 lie outside the years 1 to 9999.");

    private readonly MessagePackFormatException Unexpected(string expected, byte code) =>
        new(_position, $"expected {expected}, found code 0x{code:x2}.");
}
