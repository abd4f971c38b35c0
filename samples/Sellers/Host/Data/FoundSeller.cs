using Collection.Sync.Abstractions;
using Collection.Sync.AspNetCore;

namespace Sellers.Host.Data;

/// <summary>A seller as a source tells of one, before it is known whether it is a new one.</summary>
internal sealed record FoundSeller(string DisplayName, string NormalizedName, string Platform, DateTimeOffset CreatedAt)
{
    public int TimesSeen { get; init; } = 1;

    public double? FeedbackPercent { get; init; }

    public int FeedbackCount { get; init; }

    public bool Flagged { get; init; }

    public string? PlatformId { get; init; }

    /// <summary>The table, for sellers that are found at the given time: a known one is seen more often.</summary>
    public static UpsertTable<FoundSeller> Table(DateTimeOffset now) => new("sellers", Columns(now, timesSeen: UpsertRule.Add, updatedAt: UpsertRule.Replace));

    /// <summary>The same, for sellers that a collection run finds.</summary>
    public static UpsertTable<FoundSeller> Table(DateTimeOffset now, long runId) => new("sellers",
    [
        .. Columns(now, timesSeen: UpsertRule.Add, updatedAt: UpsertRule.Replace),
        new("last_seen_run_id", FieldKind.Int64, UpsertRule.Replace, _ => runId) { IsNullable = true },
    ]);

    /// <summary>The table, for sellers that are made up: a known one stays as it is, so that making them up twice is harmless.</summary>
    public static UpsertTable<FoundSeller> SeedTable(DateTimeOffset now) => new("sellers", Columns(now, timesSeen: UpsertRule.KeepFirst, updatedAt: UpsertRule.KeepFirst));

    private static UpsertColumn<FoundSeller>[] Columns(DateTimeOffset now, UpsertRule timesSeen, UpsertRule updatedAt) =>
    [
        new("normalized_name", FieldKind.Text, UpsertRule.Key, seller => seller.NormalizedName),
        new("platform", FieldKind.Text, UpsertRule.Key, seller => seller.Platform),
        new("display_name", FieldKind.Text, UpsertRule.KeepFirst, seller => seller.DisplayName),
        new("times_seen", FieldKind.Int32, timesSeen, seller => seller.TimesSeen),
        new("feedback_percent", FieldKind.Double, UpsertRule.KeepFirst, seller => seller.FeedbackPercent) { IsNullable = true },
        new("feedback_count", FieldKind.Int32, UpsertRule.KeepFirst, seller => seller.FeedbackCount),
        new("flagged", FieldKind.Boolean, UpsertRule.KeepFirst, seller => seller.Flagged),
        new("platform_id", FieldKind.Text, UpsertRule.KeepFirst, seller => seller.PlatformId) { IsNullable = true },
        new("created_at", FieldKind.Timestamp, UpsertRule.KeepFirst, seller => seller.CreatedAt),
        new("updated_at", FieldKind.Timestamp, updatedAt, _ => now),
    ];
}
