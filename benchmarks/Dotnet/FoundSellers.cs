using Collection.Sync.Abstractions;
using Collection.Sync.AspNetCore;
using Sellers.Contracts;

namespace Collection.Benchmarks.Dotnet;

/// <summary>A seller as a collection run finds one. Times in microseconds since 1970.</summary>
internal sealed record FoundSeller(string NormalizedName, string Platform, string DisplayName, double? FeedbackPercent, int FeedbackCount, bool Flagged, string? PlatformId, long FoundAt, long RunId)
{
    public static UpsertTable<FoundSeller> Table { get; } = new("sellers",
    [
        new("normalized_name", FieldKind.Text, UpsertRule.Key, seller => seller.NormalizedName),
        new("platform", FieldKind.Text, UpsertRule.Key, seller => seller.Platform),
        new("display_name", FieldKind.Text, UpsertRule.KeepFirst, seller => seller.DisplayName),
        new("times_seen", FieldKind.Int32, UpsertRule.Add, _ => 1),
        new("feedback_percent", FieldKind.Double, UpsertRule.Replace, seller => seller.FeedbackPercent) { IsNullable = true },
        new("feedback_count", FieldKind.Int32, UpsertRule.Replace, seller => seller.FeedbackCount),
        new("flagged", FieldKind.Boolean, UpsertRule.KeepFirst, seller => seller.Flagged),
        new("platform_id", FieldKind.Text, UpsertRule.KeepFirst, seller => seller.PlatformId) { IsNullable = true },
        new("created_at", FieldKind.Timestamp, UpsertRule.KeepFirst, seller => seller.FoundAt),
        new("updated_at", FieldKind.Timestamp, UpsertRule.Replace, seller => seller.FoundAt),
        new("last_seen_run_id", FieldKind.Int64, UpsertRule.Replace, seller => seller.RunId) { IsNullable = true },
    ]);
}

/// <summary>What a collection run finds: of 500 sellers in a batch 350 are new, 100 are in the table, and 50 are in the batch once more.</summary>
internal sealed class FoundSellers
{
    public const int Batches = 20;
    public const int BatchLength = 500;
    public const int Rows = Batches * BatchLength;
    public const int NewRows = Batches * New;

    private const int New = 350;
    private const int Known = 100;
    private const int Seed = 20260102;

    private readonly Random _random = new(Seed);
    private long _count;

    /// <summary>The next run of sellers, in batches. None that was new comes again in a later run.</summary>
    public FoundSeller[][] Take(long runId) => [.. Enumerable.Range(0, Batches).Select(_ => TakeBatch(runId))];

    private FoundSeller[] TakeBatch(long runId)
    {
        var batch = new List<FoundSeller>(BatchLength);
        for (var i = 0; i < New + Known; i++)
            batch.Add(Find(runId, SellersData.Rows[_random.Next(SellersData.Rows.Length)], isNew: i < New));
        while (batch.Count < BatchLength)
            batch.Add(batch[_random.Next(New)] with { DisplayName = "again", FeedbackCount = _random.Next(1000) });
        var shuffled = batch.ToArray();
        _random.Shuffle(shuffled);
        return shuffled;
    }

    // A new name begins like a known one, so that new keys lie everywhere in the index.
    private FoundSeller Find(long runId, Seller row, bool isNew)
    {
        var at = Microseconds.From(row.UpdatedAt) + ++_count;
        var name = isNew ? $"{row.NormalizedName} no {_count}" : row.NormalizedName;
        return new FoundSeller(name, row.Platform, name, row.FeedbackPercent, row.FeedbackCount + 1, row.Flagged, row.PlatformId, at, runId);
    }
}
