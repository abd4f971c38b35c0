namespace Collection.Sync.Abstractions;

/// <summary>Instants as whole microseconds since 1970-01-01T00:00:00Z: exact in a JavaScript number, and what PostgreSQL keeps.</summary>
public static class Microseconds
{
    internal const long Min = -62_135_596_800_000_000;
    internal const long Max = 253_402_300_799_999_999;

    /// <summary>The microseconds of an instant, rounded down.</summary>
    public static long From(DateTimeOffset instant) =>
        (instant.UtcTicks - DateTime.UnixEpoch.Ticks - FloorRemainder(instant.UtcTicks)) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The instant, in UTC.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It lies outside the years 1 to 9999.</exception>
    public static DateTimeOffset ToInstant(long microseconds)
    {
        if (microseconds is < Min or > Max)
            throw new ArgumentOutOfRangeException(nameof(microseconds), microseconds, "The instant lies outside the years 1 to 9999.");
        return new DateTimeOffset(DateTime.UnixEpoch.Ticks + (microseconds * TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
    }

    // Ticks are never negative, and 1970 lies on a whole microsecond: dropping the remainder rounds down.
    private static long FloorRemainder(long ticks) => ticks % TimeSpan.TicksPerMicrosecond;
}
