using System.Buffers;

namespace Collection.Sync.Abstractions.Tests;

public sealed class MessagePackTests
{
    private delegate void Write(MessagePackWriter writer);

    private delegate T Read<T>(ref MessagePackReader reader);

    [Fact]
    public void Integer_of_every_width_is_read_back_and_takes_its_shortest_form()
    {
        (long Value, int Length)[] cases =
        [
            (0, 1), (127, 1), (128, 2), (255, 2), (256, 3), (65_535, 3), (65_536, 5), (uint.MaxValue, 5), (uint.MaxValue + 1L, 9), (long.MaxValue, 9),
            (-1, 1), (-32, 1), (-33, 2), (-128, 2), (-129, 3), (-32_768, 3), (-32_769, 5), (int.MinValue, 5), (int.MinValue - 1L, 9), (long.MinValue, 9),
        ];
        foreach (var (value, length) in cases)
            ShouldRoundTrip(value, w => w.WriteInt64(value), (ref r) => r.ReadInt64()).ShouldBe(length, $"{value}");
    }

    [Fact]
    public void Integer_around_every_power_of_two_is_read_back()
    {
        for (var shift = 0; shift < 63; shift++)
        {
            foreach (var value in new[] { (1L << shift) - 1, 1L << shift, (1L << shift) + 1, -(1L << shift) - 1, -(1L << shift), -(1L << shift) + 1 })
                ShouldRoundTrip(value, w => w.WriteInt64(value), (ref r) => r.ReadInt64());
        }
    }

    [Fact]
    public void Integer_beyond_what_is_asked_for_is_refused()
    {
        ShouldRefuse([0xcf, 0x80, 0, 0, 0, 0, 0, 0, 0], (ref r) => r.ReadInt64());
        ShouldRefuse(Bytes(w => w.WriteInt64(int.MaxValue + 1L)), (ref r) => r.ReadInt32());
        ShouldRefuse(Bytes(w => w.WriteInt64(int.MinValue - 1L)), (ref r) => r.ReadInt32());
        ShouldRefuse(Bytes(w => w.WriteInt64(253_402_300_800_000_000)), (ref r) => r.ReadTimestamp());
        ShouldRefuse(Bytes(w => w.WriteInt64(long.MinValue)), (ref r) => r.ReadTimestamp());
    }

    [Fact]
    public void Float_is_read_back_bit_by_bit()
    {
        foreach (var value in new[] { 0.0, -0.0, 1.5, double.MinValue, double.MaxValue, double.Epsilon, double.PositiveInfinity, double.NegativeInfinity, double.NaN })
        {
            var reader = new MessagePackReader(Bytes(w => w.WriteDouble(value)));
            BitConverter.DoubleToInt64Bits(reader.ReadDouble()).ShouldBe(BitConverter.DoubleToInt64Bits(value));
        }

        // Encoders of other languages write whole numbers as integers, and may write 32-bit floats.
        var narrow = new MessagePackReader([0xca, 0x3f, 0xc0, 0, 0, 0x07, 0xff]);
        (narrow.ReadDouble(), narrow.ReadDouble(), narrow.ReadDouble(), narrow.IsAtEnd).ShouldBe((1.5, 7, -1, true));
    }

    [Fact]
    public void Text_of_every_header_width_is_read_back()
    {
        foreach (var length in new[] { 0, 1, 31, 32, 255, 256, 65_535, 65_536, 100_000 })
        {
            var text = new string('x', length);
            ShouldRoundTrip(text, w => w.WriteText(text), (ref r) => r.ReadText());
        }

        foreach (var text in new[] { "é", "日本", "😀", "\0", "\ufffe\uffff", new string('字', 11), new string('字', 85), string.Concat(Enumerable.Repeat("😀", 16_384)) })
            ShouldRoundTrip(text, w => w.WriteText(text), (ref r) => r.ReadText());
    }

    [Fact]
    public void Text_that_is_not_valid_is_neither_written_nor_read()
    {
        Should.Throw<ArgumentException>(() => Bytes(w => w.WriteText("a\ud800")));
        byte[][] invalid = [[0xa1, 0xff], [0xa2, 0xc3, 0x28], [0xa3, 0xed, 0xa0, 0x80], [0xa2, 0xc0, 0x80], [0xa1, 0xc3]];
        foreach (var bytes in invalid)
            ShouldRefuse(bytes, (ref r) => r.ReadText());
    }

    [Fact]
    public void Array_header_of_every_width_is_read_back()
    {
        foreach (var count in new[] { 0, 15, 16, 65_535, 65_536 })
        {
            byte[] bytes = [.. Bytes(w => w.WriteArrayHeader(count)), .. new byte[count]];
            new MessagePackReader(bytes).ReadArrayHeader().ShouldBe(count);
        }

        ShouldRefuse([0xdd, 0xff, 0xff, 0xff, 0xff], (ref r) => r.ReadArrayHeader());
        ShouldRefuse([0x92, 0xc0], (ref r) => r.ReadArrayHeader());
        ShouldRefuse([0x92, 0xc0, 0xc0], (ref r) =>
        {
            r.ReadArrayHeader(3);
            return 0;
        });
        Should.Throw<ArgumentOutOfRangeException>(() => Bytes(w => w.WriteArrayHeader(-1)));
    }

    [Fact]
    public void Timestamp_is_read_back_in_whole_microseconds_rounded_down()
    {
        foreach (var instant in new[] { DateTimeOffset.MinValue, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddMicroseconds(-1), new(2026, 5, 4, 3, 2, 1, TimeSpan.FromHours(-9)) })
            ShouldRoundTrip(instant, w => w.WriteTimestamp(instant), (ref r) => r.ReadTimestamp());

        Microseconds.From(DateTimeOffset.UnixEpoch.AddTicks(19)).ShouldBe(1);
        Microseconds.From(DateTimeOffset.UnixEpoch.AddTicks(-1)).ShouldBe(-1);
        Microseconds.ToInstant(Microseconds.From(DateTimeOffset.MaxValue)).ShouldBe(DateTimeOffset.MaxValue.AddTicks(-9));
    }

    [Fact]
    public void Value_of_another_type_is_refused_and_not_consumed()
    {
        var reader = new MessagePackReader([0xc3]);
        foreach (var read in new Read<object?>[]
        {
            (ref r) => r.ReadInt64(), (ref r) => r.ReadDouble(), (ref r) => r.ReadText(), (ref r) => r.ReadArrayHeader(), (ref r) => r.ReadTimestamp(),
        })
        {
            ShouldRefuse([0xc3], read);
            ShouldRefuse([0xc1], read);
            ShouldRefuse([], read);
        }

        reader.TryReadNil().ShouldBeFalse();
        reader.ReadBoolean().ShouldBeTrue();
        ShouldRefuse([0x01], (ref r) => r.ReadBoolean());
        new MessagePackReader([0xc0]).TryReadNil().ShouldBeTrue();
        new MessagePackReader([0xc0]).ReadTextOrNil().ShouldBeNull();
    }

    /// <summary>One value of every code of the format, at its smallest and where lengths need their last byte.</summary>
    public static IEnumerable<byte[]> OneOfEachCode()
    {
        for (var code = 0; code <= 0xff; code++)
        {
            var head = (byte)code;
            switch (code)
            {
                case <= 0x7f or >= 0xe0 or 0xc0 or 0xc2 or 0xc3: yield return [head]; break;
                case <= 0x8f: yield return [head, .. new byte[2 * (code & 15)]]; break;
                case <= 0x9f: yield return [head, .. new byte[code & 15]]; break;
                case <= 0xbf: yield return [head, .. new byte[code & 31]]; break;
                case 0xc4 or 0xd9: yield return [head, 200, .. new byte[200]]; break;
                case 0xc5 or 0xda or 0xdc: yield return [head, 1, 2, .. new byte[258]]; break;
                case 0xc6 or 0xdb or 0xdd: yield return [head, 0, 1, 0, 2, .. new byte[65_538]]; break;
                case 0xc7: yield return [head, 200, 7, .. new byte[200]]; break;
                case 0xc8: yield return [head, 1, 2, 7, .. new byte[258]]; break;
                case 0xc9: yield return [head, 0, 1, 0, 2, 7, .. new byte[65_538]]; break;
                case 0xcc or 0xd0: yield return [head, 0xff]; break;
                case 0xcd or 0xd1: yield return [head, 0xff, 0xff]; break;
                case 0xca or 0xce or 0xd2: yield return [head, 0xff, 0xff, 0xff, 0xff]; break;
                case 0xcb or 0xcf or 0xd3: yield return [head, .. Enumerable.Repeat((byte)0xff, 8)]; break;
                case >= 0xd4 and <= 0xd8: yield return [head, 7, .. new byte[1 << (code - 0xd4)]]; break;
                case 0xde: yield return [head, 1, 2, .. new byte[2 * 258]]; break;
                case 0xdf: yield return [head, 0, 0, 1, 2, .. new byte[2 * 258]]; break;
            }
        }
    }

    [Fact]
    public void Skip_passes_exactly_one_value_of_every_code_and_refuses_any_shorter()
    {
        var values = OneOfEachCode().ToArray();
        values.Length.ShouldBe(255);
        foreach (var value in values)
        {
            var reader = new MessagePackReader([.. value, 0xc1]);
            reader.Skip();
            reader.Consumed.ShouldBe(value.Length, $"code 0x{value[0]:x2}");

            foreach (var length in new[] { 0, 1, 2, 4, value.Length / 2, value.Length - 1 }.Where(length => length < value.Length).Distinct())
                ShouldRefuse(value[..length], Skip);
        }

        ShouldRefuse([0xc1], Skip);
    }

    [Fact]
    public void Skip_follows_nesting_to_its_limit_and_no_further()
    {
        byte[] deepest = [.. Enumerable.Repeat((byte)0x91, MessagePackReader.MaxDepth - 1), 0xc0];
        new MessagePackReader(deepest).Skip();

        ShouldRefuse([0x91, .. deepest], Skip);
        ShouldRefuse([.. Enumerable.Repeat((byte)0x81, 1_000_000)], Skip);
        ShouldRefuse([0xdd, 0xff, 0xff, 0xff, 0xff, .. Enumerable.Repeat((byte)0x91, 1_000)], Skip);
    }

    [Fact]
    public void Any_bytes_are_skipped_or_refused()
    {
        const int Seed = 11;
        var random = new Random(Seed);
        for (var i = 0; i < 100_000; i++)
        {
            var bytes = new byte[random.Next(1, 40)];
            random.NextBytes(bytes);
            var reader = new MessagePackReader(bytes);
            bool isRight;
            try
            {
                reader.Skip();
                isRight = reader.Consumed > 0 && reader.Consumed <= bytes.Length;
            }
            catch (MessagePackFormatException e)
            {
                isRight = e.Offset >= 0 && e.Offset <= bytes.Length;
            }

            if (!isRight)
                Assert.Fail(Convert.ToHexString(bytes));
        }
    }

    private static int Skip(ref MessagePackReader reader)
    {
        reader.Skip();
        return 0;
    }

    private static byte[] Bytes(Write write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(new MessagePackWriter(buffer));
        return buffer.WrittenSpan.ToArray();
    }

    private static int ShouldRoundTrip<T>(T value, Write write, Read<T> read)
    {
        var bytes = Bytes(write);
        var reader = new MessagePackReader(bytes);
        read(ref reader).ShouldBe(value);
        reader.IsAtEnd.ShouldBeTrue();
        for (var length = 0; length < Math.Min(bytes.Length, 20); length++)
            ShouldRefuse(bytes[..length], read);
        return bytes.Length;
    }

    private static void ShouldRefuse<T>(byte[] bytes, Read<T> read) =>
        Should.Throw<MessagePackFormatException>(() =>
        {
            var reader = new MessagePackReader(bytes);
            read(ref reader);
        }).Offset.ShouldBeInRange(0, bytes.Length);
}
