using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Sellers.Host.Data;

namespace Sellers.Host.Import;

/// <summary>Which column of a file holds what, and how a line becomes a seller.</summary>
internal sealed class SellerColumns
{
    public const int MaxNameLength = 400;
    private const int MaxPlatformLength = 100;
    private const int MaxPlatformIdLength = 200;

    private static readonly string[] s_known =
        ["display_name", "platform", "platform_id", "times_seen", "feedback_percent", "feedback_count", "flagged", "created_at"];

    private readonly Dictionary<string, int> _columns = new(StringComparer.OrdinalIgnoreCase);
    private readonly int _count;

    /// <param name="header">The names of the columns, in any order and case; unknown ones are passed over.</param>
    /// <exception cref="ImportException">A column that is needed is missing, or one is named twice.</exception>
    public SellerColumns(IReadOnlyList<string> header)
    {
        _count = header.Count;
        for (var i = 0; i < header.Count; i++)
        {
            var name = header[i].Trim();
            if (s_known.Contains(name, StringComparer.OrdinalIgnoreCase) && !_columns.TryAdd(name, i))
                throw new ImportException($"The header names the column '{name}' twice.");
        }

        if (!_columns.ContainsKey("display_name") || !_columns.ContainsKey("platform"))
            throw new ImportException($"The first line has to name the columns, among them display_name and platform (and, if there are, {string.Join(", ", s_known[2..])}). It says: {string.Join(", ", header.Take(20))}");
    }

    /// <summary>Reads one line.</summary>
    /// <param name="fields">Its fields.</param>
    /// <param name="now">When the seller was found, where the line does not say.</param>
    /// <param name="seller">The seller, if the line is a good one.</param>
    /// <param name="reason">What is wrong with it otherwise.</param>
    public bool TryParse(string[] fields, DateTimeOffset now, [NotNullWhen(true)] out FoundSeller? seller, [NotNullWhen(false)] out string? reason)
    {
        seller = null;
        reason = null;
        if (fields.Length != _count)
        {
            reason = $"{fields.Length} columns, the header has {_count}";
            return false;
        }

        var displayName = NameNormalizer.Display(fields[_columns["display_name"]]);
        var platform = fields[_columns["platform"]];
        var platformId = NameNormalizer.Display(Optional(fields, "platform_id") ?? "");
        if (displayName.Length > MaxNameLength || platform.Length > MaxPlatformLength || platformId.Length > MaxPlatformIdLength)
        {
            reason = $"a value is too long: a name may have {MaxNameLength} characters, a platform {MaxPlatformLength}, a platform_id {MaxPlatformIdLength}";
            return false;
        }

        var normalizedName = NameNormalizer.Normalize(displayName);
        platform = NameNormalizer.Normalize(platform);
        if (normalizedName.Length == 0)
            reason = "display_name is empty";
        else if (platform.Length == 0)
            reason = "platform is empty";

        var timesSeen = Number(fields, "times_seen", 1, 1, int.MaxValue, ref reason);
        var percent = Optional(fields, "feedback_percent") is null ? (double?)null : Number(fields, "feedback_percent", 0.0, 0, 100, ref reason);
        var count = Number(fields, "feedback_count", 0, 0, int.MaxValue, ref reason);
        var flagged = Flag(fields, "flagged", ref reason);
        var createdAt = Instant(fields, "created_at", now, ref reason);
        if (reason is not null)
            return false;
        seller = new FoundSeller(displayName, normalizedName, platform, createdAt)
        {
            TimesSeen = timesSeen,
            FeedbackPercent = percent,
            FeedbackCount = count,
            Flagged = flagged,
            PlatformId = platformId.Length > 0 ? platformId : null,
        };
        return true;
    }

    private string? Optional(string[] fields, string name) =>
        _columns.TryGetValue(name, out var column) && !string.IsNullOrWhiteSpace(fields[column]) ? fields[column].Trim() : null;

    private T Number<T>(string[] fields, string name, T missing, T least, T most, ref string? reason)
        where T : struct, System.Numerics.INumber<T>
    {
        if (Optional(fields, name) is not { } text)
            return missing;
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if (T.TryParse(text, style, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
            return value;
        reason ??= $"{name} '{Shortened(text)}' is not a number from {least} to {most}";
        return missing;
    }

    private bool Flag(string[] fields, string name, ref string? reason)
    {
        switch (Optional(fields, name)?.ToLowerInvariant())
        {
            case "true" or "1" or "yes": return true;
            case null or "false" or "0" or "no": return false;
            case var text:
                reason ??= $"{name} '{Shortened(text)}' is neither true nor false";
                return false;
        }
    }

    private DateTimeOffset Instant(string[] fields, string name, DateTimeOffset missing, ref string? reason)
    {
        if (Optional(fields, name) is not { } text)
            return missing;
        const DateTimeStyles style = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        string[] formats = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK"];
        if (DateTimeOffset.TryParseExact(text, formats, CultureInfo.InvariantCulture, style, out var value))
            return value;
        reason ??= $"{name} '{Shortened(text)}' is not a date and time such as 2025-03-14T15:09:26Z";
        return missing;
    }

    private static string Shortened(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
