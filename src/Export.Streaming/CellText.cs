using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Unicode;
using Collection.Sync.Abstractions;

namespace Collection.Export.Streaming;

/// <summary>
/// Values as all formats write them, in UTF-8 and the same in every culture. Each method returns how many bytes it has
/// written, and needs room for <see cref="MaxLength"/> of them, or for the text and <see cref="Padding"/>.
/// </summary>
/// <remarks>
/// What an export does for each cell is here. In a browser it is interpreted: a call costs as much as some digits, so the
/// digits are written here and not by the runtime, and most methods are to be inlined.
/// </remarks>
internal static class CellText
{
    /// <summary>No number, instant, boolean or Guid is longer.</summary>
    public const int MaxLength = 36;

    /// <summary>The bytes that <see cref="TryCopy"/> may overwrite after the text.</summary>
    public const int Padding = 16;

    // With fewer digits than 16 a decimal and the float nearest to it stand for each other.
    private const double MaxDigits = 1e15;
    private const int Places = 4;
    private const double Scale = 10_000;

    // Of 0001-01-01, from which days are counted.
    private const long FirstMicrosecond = -62_135_596_800_000_000;
    private const long MicrosecondsADay = 86_400_000_000;
    private const ulong Zeros = 0x3030_3030_3030_3030;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(long value, Span<byte> output)
    {
        if (value >= 0)
            return WriteDigits((ulong)value, output);
        output[0] = (byte)'-';
        return 1 + WriteDigits(unchecked((ulong)-value), output[1..]);
    }

    /// <summary>Writes the shortest digits that read back as the same number.</summary>
    public static int Write(double value, Span<byte> output)
    {
        var magnitude = Math.Abs(value);
        if (magnitude < MaxDigits / Scale && value != 0)
        {
            var digits = (long)((magnitude * Scale) + 0.5);
            // A float that is a decimal of so few digits is no other one of so few, and so that is its shortest.
            if (digits / Scale == magnitude)
                return WriteDecimal(value < 0, (ulong)digits, output);
        }

        value.TryFormat(output, out var written, default, CultureInfo.InvariantCulture);
        return written;
    }

    public static int Write(Guid value, Span<byte> output)
    {
        value.TryFormat(output, out var written);
        return written;
    }

    /// <summary>Writes an instant, given in microseconds since 1970-01-01T00:00:00Z, as <c>2026-01-02T03:04:05.123456Z</c>.</summary>
    public static int WriteInstant(long microseconds, Span<byte> output)
    {
        var sinceYear1 = microseconds - FirstMicrosecond;
        var day = sinceYear1 / MicrosecondsADay;
        var ofDay = sinceYear1 % MicrosecondsADay;
        var second = (int)(ofDay / 1_000_000);
        var fraction = (int)(ofDay % 1_000_000);
        var (year, month, dayOfMonth) = DateOnly.FromDayNumber((int)day);
        var date = EightDigits((uint)((year * 10_000) + (month * 100) + dayOfMonth)) | Zeros;
        var time = EightDigits((uint)((second / 3600 * 1_000_000) + (second / 60 % 60 * 10_000) + (second % 60 * 100) + (fraction / 10_000))) | Zeros;
        "yyyy-MM-ddTHH:mm:ss.ffffffZ"u8.CopyTo(output);
        BinaryPrimitives.WriteUInt32LittleEndian(output, (uint)date);
        BinaryPrimitives.WriteUInt16LittleEndian(output[5..], (ushort)(date >> 32));
        BinaryPrimitives.WriteUInt16LittleEndian(output[8..], (ushort)(date >> 48));
        BinaryPrimitives.WriteUInt16LittleEndian(output[11..], (ushort)time);
        BinaryPrimitives.WriteUInt16LittleEndian(output[14..], (ushort)(time >> 16));
        BinaryPrimitives.WriteUInt16LittleEndian(output[17..], (ushort)(time >> 32));
        BinaryPrimitives.WriteUInt16LittleEndian(output[20..], (ushort)(time >> 48));
        BinaryPrimitives.WriteUInt32LittleEndian(output[22..], (uint)((EightDigits((uint)(fraction % 10_000)) | Zeros) >> 32));
        return 27;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(bool value, Span<byte> output)
    {
        var text = value ? "true"u8 : "false"u8;
        text.CopyTo(output);
        return text.Length;
    }

    /// <summary>
    /// Copies a text, or returns false where it holds one of two characters or a control character (U+0000 to U+001F).
    /// What it has copied then means nothing.
    /// </summary>
    /// <exception cref="MessagePackFormatException">The text is not valid UTF-8.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryCopy(ReadOnlySpan<byte> text, byte first, byte second, Span<byte> output)
    {
        text.CopyTo(output);
        // Now blocks can be looked at that go past the end of the text.
        Vector128.Create((byte)' ').CopyTo(output[text.Length..]);
        ref var start = ref MemoryMarshal.GetReference(output);
        var found = Vector128<byte>.Zero;
        var all = Vector128<byte>.Zero;
        for (var i = 0; i < text.Length; i += Vector128<byte>.Count)
        {
            var block = Vector128.LoadUnsafe(ref start, (nuint)i);
            found |= Vector128.Equals(block, Vector128.Create(first)) | Vector128.Equals(block, Vector128.Create(second)) | Vector128.LessThan(block, Vector128.Create((byte)' '));
            all |= block;
        }

        if (found != Vector128<byte>.Zero)
            return false;
        if (all.ExtractMostSignificantBits() != 0)
            CheckUtf8(text);
        return true;
    }

    /// <exception cref="MessagePackFormatException">The text is not valid UTF-8.</exception>
    public static void CheckUtf8(ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text))
            throw new MessagePackFormatException(0, "the text is not valid UTF-8.");
    }

    private static int WriteDecimal(bool isNegative, ulong digits, Span<byte> output)
    {
        var length = 0;
        if (isNegative)
            output[length++] = (byte)'-';
        length += WriteDigits(digits / (ulong)Scale, output[length..]);
        var fraction = EightDigits((uint)(digits % (ulong)Scale));
        if (fraction == 0)
            return length;
        output[length++] = (byte)'.';
        BinaryPrimitives.WriteUInt32LittleEndian(output[length..], (uint)((fraction | Zeros) >> 32));
        return length + Places - (BitOperations.LeadingZeroCount(fraction) / 8);
    }

    private static int WriteDigits(ulong value, Span<byte> output)
    {
        if (value < 100_000_000)
        {
            var digits = EightDigits((uint)value);
            // A zero is one digit.
            var leading = BitOperations.TrailingZeroCount(digits | (1UL << 56)) / 8;
            BinaryPrimitives.WriteUInt64LittleEndian(output, (digits | Zeros) >> (8 * leading));
            return 8 - leading;
        }

        var length = WriteDigits(value / 100_000_000, output);
        BinaryPrimitives.WriteUInt64LittleEndian(output[length..], EightDigits((uint)(value % 100_000_000)) | Zeros);
        return length + 8;
    }

    /// <summary>
    /// The eight decimal digits of a number below 10^8, a byte each, the first one lowest; <see cref="Zeros"/> makes characters of
    /// them. All eight at once: the two halves of the number are halved, and those once more, side by side in one word.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong EightDigits(uint value)
    {
        // x * 10486 >> 20 is x / 100 up to 9,999, and x * 103 >> 10 is x / 10 up to 99.
        var fours = (value / 10_000) | ((ulong)(value % 10_000) << 32);
        var hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
        var twos = hundreds | ((fours - (hundreds * 100)) << 16);
        var tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
        return tens | ((twos - (tens * 10)) << 8);
    }
}
