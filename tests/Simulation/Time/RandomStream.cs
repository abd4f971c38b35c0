namespace Collection.Simulation;

/// <summary>
/// Random numbers of one concern (SplitMix64), the same on every machine and runtime. Streams of one seed are
/// independent, so that switching one concern off leaves what the others draw as it was.
/// </summary>
internal sealed class RandomStream(long seed, string concern) : Random
{
    private ulong _state = Mix((ulong)seed * 0x9e3779b97f4a7c15UL) ^ Mix(Trace.Hash(concern));

    public ulong NextBits() => Mix(_state += 0x9e3779b97f4a7c15UL);

    public bool Chance(double probability) => NextDouble() < probability;

    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];

    /// <summary>A time between two, short ones more often than long ones.</summary>
    public TimeSpan Between(double seconds, double mostSeconds)
    {
        var share = NextDouble();
        return TimeSpan.FromMicroseconds(Math.Round(1e6 * (seconds + ((mostSeconds - seconds) * share * share))));
    }

    public override double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    public override int Next() => (int)(NextBits() >> 33);

    public override int Next(int maxValue) => (int)(((NextBits() >> 32) * (ulong)maxValue) >> 32);

    public override int Next(int minValue, int maxValue) => minValue + Next(maxValue - minValue);

    public override long NextInt64() => (long)(NextBits() >> 1);

    public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());

    public override void NextBytes(Span<byte> buffer)
    {
        for (var i = 0; i < buffer.Length; i++)
            buffer[i] = (byte)(NextBits() >> 56);
    }

    protected override double Sample() => NextDouble();

    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9UL;
        bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebUL;
        return bits ^ (bits >> 31);
    }
}
