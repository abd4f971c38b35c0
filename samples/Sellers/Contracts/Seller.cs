using Collection.Sync.Abstractions;

namespace Sellers.Contracts;

/// <summary>A seller on one marketplace, deduplicated by normalized name and platform.</summary>
public sealed record Seller
{
    /// <summary>What host and browser agree on.</summary>
    public static CollectionDefinition<Seller> Collection { get; } = new(
        new CollectionSchema(
            "sellers",
            [
                new("id", FieldKind.Int64) { IsKey = true },
                new("display_name", FieldKind.Text),
                new("normalized_name", FieldKind.Text) { IsIndexed = true, IsSearchable = true },
                new("platform", FieldKind.Text) { IsIndexed = true },
                new("times_seen", FieldKind.Int32) { IsIndexed = true },
                new("feedback_percent", FieldKind.Double) { IsIndexed = true, IsNullable = true },
                new("feedback_count", FieldKind.Int32) { IsIndexed = true },
                new("flagged", FieldKind.Boolean) { IsIndexed = true },
                new("platform_id", FieldKind.Text) { IsNullable = true },
                new("created_at", FieldKind.Timestamp) { IsIndexed = true },
                new("updated_at", FieldKind.Timestamp),
                new("last_seen_run_id", FieldKind.Int64) { IsNullable = true },
            ],
            keyOrder: SortDirection.Descending),
        new SellerCodec());

    public required long Id { get; init; }

    /// <summary>The name as the marketplace shows it.</summary>
    public required string DisplayName { get; init; }

    /// <summary>The name as sellers are searched, sorted and deduplicated by: folded, with single spaces.</summary>
    public required string NormalizedName { get; init; }

    public required string Platform { get; init; }

    /// <summary>How often a collection run has met the seller.</summary>
    public required int TimesSeen { get; init; }

    /// <summary>0 to 100; missing without feedback.</summary>
    public double? FeedbackPercent { get; init; }

    public required int FeedbackCount { get; init; }

    public required bool Flagged { get; init; }

    /// <summary>The seller's id on the marketplace, where it has one.</summary>
    public string? PlatformId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public long? LastSeenRunId { get; init; }

    private sealed class SellerCodec : IRowCodec<Seller>
    {
        private const int FieldCount = 12;

        public void Write(ref MessagePackWriter writer, Seller row)
        {
            writer.WriteArrayHeader(FieldCount);
            writer.WriteInt64(row.Id);
            writer.WriteText(row.DisplayName);
            writer.WriteText(row.NormalizedName);
            writer.WriteText(row.Platform);
            writer.WriteInt64(row.TimesSeen);
            if (row.FeedbackPercent is { } percent)
                writer.WriteDouble(percent);
            else
                writer.WriteNil();
            writer.WriteInt64(row.FeedbackCount);
            writer.WriteBoolean(row.Flagged);
            if (row.PlatformId is { } platformId)
                writer.WriteText(platformId);
            else
                writer.WriteNil();
            writer.WriteTimestamp(row.CreatedAt);
            writer.WriteTimestamp(row.UpdatedAt);
            if (row.LastSeenRunId is { } runId)
                writer.WriteInt64(runId);
            else
                writer.WriteNil();
        }

        public Seller Read(ref MessagePackReader reader)
        {
            reader.ReadArrayHeader(FieldCount);
            return new Seller
            {
                Id = reader.ReadInt64(),
                DisplayName = reader.ReadText(),
                NormalizedName = reader.ReadText(),
                Platform = reader.ReadText(),
                TimesSeen = reader.ReadInt32(),
                FeedbackPercent = reader.TryReadNil() ? null : reader.ReadDouble(),
                FeedbackCount = reader.ReadInt32(),
                Flagged = reader.ReadBoolean(),
                PlatformId = reader.ReadTextOrNil(),
                CreatedAt = reader.ReadTimestamp(),
                UpdatedAt = reader.ReadTimestamp(),
                LastSeenRunId = reader.TryReadNil() ? null : reader.ReadInt64(),
            };
        }
    }
}
