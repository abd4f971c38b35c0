using Sellers.Host.Data;
using Sellers.Host.Seeding;

namespace Sellers.Host.Runs;

/// <summary>
/// Where a run finds its sellers: invented ones, of which about half are new, a third are known from earlier on, and
/// the others have been found in the same run before, perhaps by another worker. Safe for concurrent calls.
/// </summary>
/// <param name="seed">Decides which.</param>
/// <param name="size">How many finds there are.</param>
/// <param name="now">When they are found.</param>
internal sealed class Marketplace(int seed, int size, DateTimeOffset now)
{
    private const int BatchLength = 25;
    private const int NewPercent = 55;
    private const int KnownPercent = 30;

    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);
    private readonly IEnumerator<FoundSeller> _new = new Catalogue(seed, now).Take(size).GetEnumerator();
    private readonly IEnumerator<FoundSeller> _known = new Catalogue(Seeder.Seed, now).Take(size).GetEnumerator();
    private readonly List<FoundSeller> _found = [];

    /// <summary>The next finds, and which batch they are; none once all have been found.</summary>
    public (long BatchNo, IReadOnlyList<FoundSeller> Finds) Take()
    {
        lock (_lock)
        {
            var first = _found.Count;
            var end = Math.Min(first + BatchLength, size);
            while (_found.Count < end)
                _found.Add(Next());
            return (first / BatchLength, _found.GetRange(first, end - first));
        }
    }

    private FoundSeller Next()
    {
        var chance = _random.Next(100);
        if (chance >= NewPercent + KnownPercent && _found.Count > 0)
            return _found[_random.Next(_found.Count)];
        var from = chance < NewPercent ? _new : _known;
        from.MoveNext();
        return from.Current with { TimesSeen = 1, Flagged = false, CreatedAt = now };
    }
}
