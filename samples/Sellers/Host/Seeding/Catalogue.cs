using System.Text;
using Sellers.Host.Data;

namespace Sellers.Host.Seeding;

/// <summary>
/// Invented sellers that look like real ones: many scripts, names that nearly meet, some very long ones, and feedback
/// as marketplaces have it. The same seed gives the same sellers. Not thread-safe.
/// </summary>
/// <param name="seed">Decides everything.</param>
/// <param name="until">The newest seller is found before this, the oldest a year earlier.</param>
internal sealed class Catalogue(int seed, DateTimeOffset until)
{
    private static readonly (string Name, int Weight)[] s_platforms =
    [
        ("ebay", 34), ("etsy", 17), ("amazon", 13), ("vinted", 10), ("discogs", 7), ("mercari", 6),
        ("rakuten", 5), ("depop", 4), ("allegro", 2), ("poshmark", 1), ("tradera", 1),
    ];

    private static readonly string[] s_variations = ["{0} Shop", "{0} Store", "{0}!", "{0} Ltd", "{0} Outlet", "{0} (official)", "{0} II", "{0} GmbH", "{0}.com", "* {0} *"];

    private readonly Random _random = new(seed);
    private readonly HashSet<(string Name, string Platform)> _taken = [];
    private readonly List<string> _names = [];

    /// <summary>Finds sellers, no two of them with one normalized name on one platform.</summary>
    public IEnumerable<FoundSeller> Take(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var platform = Weighted(s_platforms, p => p.Weight).Name;
            var (name, normalized) = NewName(platform);
            yield return Describe(name, normalized, platform);
        }
    }

    private (string Name, string Normalized) NewName(string platform)
    {
        var name = _random.Next(100) switch
        {
            < 4 when _names.Count > 0 => string.Format(null, Pick(s_variations), Pick(_names)),
            < 7 when _names.Count > 0 => Pick(_names),
            7 => LongName(),
            _ => ShortName(),
        };

        // A name that is taken gets a number, as shops do; the range grows until one is free.
        var attempt = name;
        for (var range = 100; ; range *= 2)
        {
            var normalized = NameNormalizer.Normalize(attempt);
            if (_taken.Add((normalized, platform)))
            {
                if (_names.Count < 10_000)
                    _names.Add(attempt);
                return (attempt, normalized);
            }

            attempt = $"{name} {_random.Next(2, range)}";
        }
    }

    private string ShortName()
    {
        var vocabulary = Weighted(Vocabulary.All, v => v.Weight);
        var template = Pick(vocabulary.Templates);
        var name = new StringBuilder();
        for (var position = 0; position < template.Length;)
        {
            if (template[position] != '{')
            {
                name.Append(template[position++]);
                continue;
            }

            var end = template.IndexOf('}', position);
            var slot = template[(position + 1)..end];
            name.Append(slot == "#" ? _random.Next(1, 2000).ToString(null as IFormatProvider) : Pick(vocabulary.Words[slot]));
            position = end + 1;
        }

        return name.ToString();
    }

    private string LongName()
    {
        var name = new StringBuilder(ShortName());
        var length = _random.Next(60, 240);
        while (name.Length < length)
            name.Append(Pick([" – ", ", ", " & ", " | "])).Append(ShortName());
        return name.ToString();
    }

    private FoundSeller Describe(string name, string normalized, string platform)
    {
        var hasFeedback = _random.NextDouble() < 0.88;
        // Log-normal: half of the sellers have fewer than sixty ratings, a few have a hundred thousand.
        var count = hasFeedback ? 1 + (int)Math.Min(Math.Exp(4 + (2.1 * Normal())), 2_000_000) : 0;
        return new FoundSeller(name, normalized, platform, until - (_random.NextDouble() * TimeSpan.FromDays(365)))
        {
            TimesSeen = 1 + (int)Math.Min(-3 * Math.Log(1 - _random.NextDouble()), 60),
            FeedbackCount = count,
            FeedbackPercent = hasFeedback ? Percent() : null,
            Flagged = _random.NextDouble() < 0.02,
            PlatformId = _random.NextDouble() < 0.93 ? PlatformId(platform) : null,
        };
    }

    private double Percent()
    {
        var (least, most) = _random.Next(100) switch
        {
            < 62 => (98.5, 100.0),
            < 90 => (95.0, 98.5),
            < 98 => (85.0, 95.0),
            _ => (0.0, 85.0),
        };
        return Math.Round(least + (_random.NextDouble() * (most - least)), 1);
    }

    private string PlatformId(string platform) => platform switch
    {
        "amazon" => "A" + _random.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 13),
        "depop" or "poshmark" => _random.GetHexString(24, lowercase: true),
        _ => _random.NextInt64(10_000, 9_999_999_999).ToString(null as IFormatProvider),
    };

    // Box and Muller.
    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

    private T Pick<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];

    private T Weighted<T>(T[] from, Func<T, int> weight)
    {
        var at = _random.Next(from.Sum(weight));
        var index = 0;
        while (at >= weight(from[index]))
            at -= weight(from[index++]);
        return from[index];
    }
}
