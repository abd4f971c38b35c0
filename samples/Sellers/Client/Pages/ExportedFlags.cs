using Collection.Grid.Windowing;
using Collection.Sync.Abstractions;
using Sellers.Contracts;

namespace Sellers.Client.Pages;

/// <summary>
/// Flags the sellers of an export whose file is whole. A seller is flagged only as long as it holds, here and at the server,
/// what the file says of it. Those that were flagged already are passed over: a second run finds nothing to do.
/// </summary>
/// <param name="edits">Takes the flags back, as one.</param>
/// <param name="exported">The rows that were exported, as they were.</param>
public sealed class ExportedFlags(EditUndo edits, IStoreView exported)
{
    // Of one transaction: some milliseconds, between which the page is drawn.
    private const int BatchRows = 1_000;

    private static readonly FieldValues s_flag = FieldValues.Of(Seller.Collection.Schema, ("flagged", true));

    // By which the server's log of edits tells one export from another.
    private readonly string _exportId = $"export-{Guid.NewGuid():N}";

    /// <summary>Sellers that were flagged.</summary>
    public int FlaggedCount { get; private set; }

    /// <summary>Sellers that have changed since they were exported, and were not flagged.</summary>
    public int ChangedCount { get; private set; }

    /// <summary>Sellers that are not there any more.</summary>
    public int GoneCount { get; private set; }

    /// <summary>Flags them, batch by batch.</summary>
    /// <param name="progress">Hears how many of the exported sellers have been gone through.</param>
    /// <param name="cancellationToken">Gives up; what has been done by then stays, and can be taken back.</param>
    /// <exception cref="SyncStoreException">The browser has not stored some of it; what was done before stays.</exception>
    public async Task RunAsync(IProgress<int> progress, CancellationToken cancellationToken)
    {
        using var unit = edits.Begin("Flagged the exported sellers");
        for (var start = 0; start < exported.Count; start += BatchRows)
        {
            var rows = await exported.ReadAsync(new RowRange(start, Math.Min(BatchRows, exported.Count - start)), cancellationToken);
            RowEdit[] flags = [.. rows.Decode(Seller.Collection.Codec).Where(seller => !seller.Flagged).Select(FlagOf)];
            if (flags.Length > 0)
            {
                foreach (var outcome in await unit.EditAsync(flags, cancellationToken))
                    Count(outcome.Result);
            }

            progress.Report(start + rows.Count);
        }
    }

    private void Count(EditResult result)
    {
        switch (result)
        {
            case EditResult.Queued: FlaggedCount++; break;
            case EditResult.Missing: GoneCount++; break;
            default: ChangedCount++; break;
        }
    }

    // All that may change and is in the file, but for the time of the last change: the server sets it at an edit that was
    // made here before and has not been sent, and the condition would fail on that.
    private RowEdit FlagOf(Seller seller) => new(new RowKey(seller.Id), s_flag)
    {
        CorrelationId = _exportId,
        If = FieldValues.Of(Seller.Collection.Schema,
            ("display_name", seller.DisplayName),
            ("normalized_name", seller.NormalizedName),
            ("platform", seller.Platform),
            ("times_seen", seller.TimesSeen),
            ("feedback_percent", seller.FeedbackPercent),
            ("feedback_count", seller.FeedbackCount),
            ("flagged", seller.Flagged),
            ("platform_id", seller.PlatformId),
            ("last_seen_run_id", seller.LastSeenRunId)),
    };
}
