using System.Globalization;
using System.Text;
using Collection.Sync.Abstractions;
using FsCheck;
using FsCheck.Fluent;

namespace Collection.Export.Streaming.Tests;

public sealed class CellTextTests
{
    [Fact]
    public void Write_AnyInteger_IsAsTheRuntimeWritesIt()
    {
        long[] edges = [long.MinValue, long.MaxValue, .. Enumerable.Range(0, 10_000), .. Enumerable.Range(0, 19).Select(i => (long)Math.Pow(10, i)).SelectMany(power => new[] { power - 1, power, power + 1, -power, 1 - power })];
        foreach (var value in edges)
            Text(value).ShouldBe(value.ToString(CultureInfo.InvariantCulture));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(ArbMap.Default.ArbFor<long>(), value =>
            Text(value).ShouldBe(value.ToString(CultureInfo.InvariantCulture))));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.1)]
    [InlineData(0.0001)]
    [InlineData(0.00001)]
    [InlineData(0.1 + 0.2)]
    [InlineData(4.35)]
    [InlineData(1.005)]
    [InlineData(12.0305)]
    [InlineData(99999999999.9999)]
    [InlineData(999999999999999)]
    [InlineData(1e15)]
    [InlineData(123456789012345678)]
    [InlineData(double.Epsilon)]
    [InlineData(double.MaxValue)]
    [InlineData(double.MinValue)]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    public void Write_Float_IsAsTheRuntimeWritesIt(double value)
    {
        Text(value).ShouldBe(value.ToString(CultureInfo.InvariantCulture));
        Text(-value).ShouldBe((-value).ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Write_AnyFloat_IsAsTheRuntimeWritesIt()
    {
        var integer = Gen.Choose(int.MinValue, int.MaxValue);
        // Such as people write, with up to six places; the floats beside them; and any at all.
        var written = integer.Zip(Gen.Choose(0, 6), (digits, places) => digits / Math.Pow(10, places));
        var beside = written.Zip(Gen.Choose(0, 1), (value, up) => up == 0 ? Math.BitDecrement(value) : Math.BitIncrement(value));
        var any = integer.Zip(integer, (high, low) => BitConverter.Int64BitsToDouble(((long)high << 32) | (uint)low));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(5000), Prop.ForAll(Gen.OneOf(written, beside, any).ToArbitrary(), value =>
            Text(value).ShouldBe(value.ToString(CultureInfo.InvariantCulture))));
    }

    [Fact]
    public void Write_AnyInstant_IsAsTheRuntimeWritesIt()
    {
        foreach (var value in new[] { DateTimeOffset.MinValue, DateTimeOffset.MaxValue, DateTimeOffset.UnixEpoch, new DateTimeOffset(2024, 2, 29, 23, 59, 59, TimeSpan.FromHours(-5)) })
            Text(value).ShouldBe(Expected(value));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(ArbMap.Default.ArbFor<DateTimeOffset>(), value => Text(value).ShouldBe(Expected(value))));

        static string Expected(DateTimeOffset value) => value.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);
    }

    [Fact]
    public void TryCopy_OfAnyLength_SeesEveryByte()
    {
        for (var length = 0; length <= 50; length++)
        {
            var text = Encoding.ASCII.GetBytes(new string('a', length));
            Copied(text).ShouldBe(text);
            for (var at = 0; at < length; at++)
            {
                foreach (var character in "\0\n\u001f\",")
                {
                    text[at] = (byte)character;
                    Copied(text).ShouldBeNull($"U+{(int)character:x4} at {at} of {length}");
                }

                text[at] = 0xff;
                Should.Throw<MessagePackFormatException>(() => Copied(text), $"no UTF-8 at {at} of {length}");
                text[at] = (byte)'a';
            }
        }

        Copied("für 商店 😀 \u007f"u8.ToArray()).ShouldBe("für 商店 😀 \u007f"u8.ToArray());
    }

    // Into a place that is full of what the copy must not take for part of the text.
    private static byte[]? Copied(byte[] text)
    {
        var output = new byte[text.Length + CellText.Padding];
        output.AsSpan().Fill((byte)'"');
        return CellText.TryCopy(text, (byte)',', (byte)'"', output) ? output[..text.Length] : null;
    }

    private static string Text(long value) => Text(output => CellText.Write(value, output));

    private static string Text(double value) => Text(output => CellText.Write(value, output));

    private static string Text(DateTimeOffset value) => Text(output => CellText.WriteInstant(Microseconds.From(value), output));

    private static string Text(Func<byte[], int> write)
    {
        var output = new byte[CellText.MaxLength];
        return Encoding.ASCII.GetString(output, 0, write(output));
    }
}
