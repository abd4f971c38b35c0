using System.Data.Common;
using Collection.Sync.Abstractions;

namespace Sellers.Host.Data;

/// <summary>A seller as a source tells of one, before it is known whether it is a new one.</summary>
internal sealed record FoundSeller(string DisplayName, string NormalizedName, string Platform, DateTimeOffset CreatedAt)
{
    public int TimesSeen { get; init; } = 1;

    public double? FeedbackPercent { get; init; }

    public int FeedbackCount { get; init; }

    public bool Flagged { get; init; }

    public string? PlatformId { get; init; }
}

/// <summary>
/// Writes found sellers within one transaction: a new one is inserted, a known one is seen more often. One statement
/// does both, so that the sum is exact whoever else writes.
/// </summary>
internal sealed class SellerWriter : IAsyncDisposable
{
    private const string Upsert =
        """
        INSERT INTO sellers (display_name, normalized_name, platform, times_seen, feedback_percent, feedback_count, flagged, platform_id, created_at, updated_at)
        VALUES ($display_name, $normalized_name, $platform, $times_seen, $feedback_percent, $feedback_count, $flagged, $platform_id, $created_at, $updated_at)
        ON CONFLICT (normalized_name, platform) DO UPDATE
        SET times_seen = min(times_seen + excluded.times_seen, 2147483647), updated_at = excluded.updated_at
        """;

    private readonly DbCommand _command;

    public SellerWriter(DbTransaction transaction)
    {
        _command = transaction.Connection!.CreateCommand();
        _command.Transaction = transaction;
        _command.CommandText = Upsert;
        foreach (var name in (string[])["display_name", "normalized_name", "platform", "times_seen", "feedback_percent", "feedback_count", "flagged", "platform_id", "created_at", "updated_at"])
            _command.AddParameter($"${name}");
    }

    /// <summary>Writes one seller, changed <paramref name="now"/>.</summary>
    public async Task WriteAsync(FoundSeller seller, DateTimeOffset now, CancellationToken cancellationToken)
    {
        object?[] values =
        [
            seller.DisplayName, seller.NormalizedName, seller.Platform, seller.TimesSeen, seller.FeedbackPercent,
            seller.FeedbackCount, seller.Flagged, seller.PlatformId, Microseconds.From(seller.CreatedAt), Microseconds.From(now),
        ];
        for (var i = 0; i < values.Length; i++)
            _command.Parameters[i].Value = values[i] ?? DBNull.Value;
        await _command.ExecuteNonQueryAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => _command.DisposeAsync();
}
