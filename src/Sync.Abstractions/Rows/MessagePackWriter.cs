using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Collection.Sync.Abstractions;

/// <summary>
/// Writes the MessagePack format, each value in its shortest form, straight into a buffer.
/// Source: the MessagePack specification, github.com/msgpack/msgpack/blob/master/spec.md.
/// </summary>
/// <param name="output">Takes the bytes.</param>
public readonly struct MessagePackWriter(IBufferWriter<byte> output)
{
    internal static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes nil.</summary>
    public void WriteNil() => WriteByte(0xc0);

    /// <summary>Writes true or false.</summary>
    public void WriteBoolean(bool value) => WriteByte(value ? (byte)0xc3 : (byte)0xc2);

    /// <summary>Writes an integer.</summary>
    public void WriteInt64(long value)
    {
        switch (value)
        {
            case >= -32 and <= 127: WriteByte(unchecked((byte)value)); break;
            case >= 0 and <= byte.MaxValue: WriteCode(0xcc, 1, (ulong)value); break;
            case >= 0 and <= ushort.MaxValue: WriteCode(0xcd, 2, (ulong)value); break;
            case >= 0 and <= uint.MaxValue: WriteCode(0xce, 4, (ulong)value); break;
            case >= 0: WriteCode(0xcf, 8, (ulong)value); break;
            case >= sbyte.MinValue: WriteCode(0xd0, 1, unchecked((ulong)value)); break;
            case >= short.MinValue: WriteCode(0xd1, 2, unchecked((ulong)value)); break;
            case >= int.MinValue: WriteCode(0xd2, 4, unchecked((ulong)value)); break;
            default: WriteCode(0xd3, 8, unchecked((ulong)value)); break;
        }
    }

    /// <summary>Writes a 64-bit float.</summary>
    public void WriteDouble(double value) => WriteCode(0xcb, 8, BitConverter.DoubleToUInt64Bits(value));

    /// <summary>Writes an instant as microseconds since 1970-01-01T00:00:00Z.</summary>
    public void WriteTimestamp(DateTimeOffset value) => WriteInt64(Microseconds.From(value));

    /// <summary>Writes text as UTF-8.</summary>
    /// <exception cref="ArgumentException">The text holds a surrogate without its other half.</exception>
    public void WriteText(ReadOnlySpan<char> value)
    {
        var length = StrictUtf8.GetByteCount(value);
        WriteTextHeader(length);
        output.Advance(StrictUtf8.GetBytes(value, output.GetSpan(Math.Max(length, 1))));
    }

    /// <summary>Writes text that is UTF-8 already. The caller vouches that it is valid.</summary>
    public void WriteTextUtf8(ReadOnlySpan<byte> value)
    {
        WriteTextHeader(value.Length);
        output.Write(value);
    }

    /// <summary>Writes a Guid as sixteen bytes, in the order in which it is written.</summary>
    public void WriteGuid(Guid value)
    {
        var span = output.GetSpan(18);
        (span[0], span[1]) = (0xc4, 16);
        value.TryWriteBytes(span[2..], bigEndian: true, out _);
        output.Advance(18);
    }

    /// <summary>Writes the header of an array; <paramref name="count"/> values follow.</summary>
    public void WriteArrayHeader(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count <= 15) WriteByte((byte)(0x90 | count));
        else if (count <= ushort.MaxValue) WriteCode(0xdc, 2, (ulong)count);
        else WriteCode(0xdd, 4, (ulong)count);
    }

    private void WriteTextHeader(int length)
    {
        if (length <= 31) WriteByte((byte)(0xa0 | length));
        else if (length <= byte.MaxValue) WriteCode(0xd9, 1, (ulong)length);
        else if (length <= ushort.MaxValue) WriteCode(0xda, 2, (ulong)length);
        else WriteCode(0xdb, 4, (ulong)length);
    }

    private void WriteByte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    private void WriteCode(byte code, int width, ulong value)
    {
        var span = output.GetSpan(9);
        span[0] = code;
        switch (width)
        {
            case 1: span[1] = unchecked((byte)value); break;
            case 2: BinaryPrimitives.WriteUInt16BigEndian(span[1..], unchecked((ushort)value)); break;
            case 4: BinaryPrimitives.WriteUInt32BigEndian(span[1..], unchecked((uint)value)); break;
            default: BinaryPrimitives.WriteUInt64BigEndian(span[1..], value); break;
        }

        output.Advance(1 + width);
    }
}
