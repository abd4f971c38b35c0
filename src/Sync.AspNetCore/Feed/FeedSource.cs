namespace Collection.Sync.AspNetCore;

/// <summary>What is read: a table, whole or in part.</summary>
/// <param name="Table">The table.</param>
/// <param name="Filter">
/// The rows that the reader may have; null for all. A row that leaves the filter is delivered as a deletion, so that
/// what a reader holds is always what the filter lets through.
/// </param>
/// <param name="Scope">
/// The rows that the reader wants to hear of, within the filter; null for all. A row outside the scope is passed over,
/// and so are all deletions: for a reader that looks at changes and keeps none.
/// </param>
public sealed record FeedSource(SyncedTable Table, RowFilter? Filter = null, RowFilter? Scope = null)
{
    /// <summary>The hash of the filter, 0 without one.</summary>
    internal ulong FilterHash => Filter?.Hash ?? 0;

    /// <summary>
    /// The epoch that pages tell: another one for each filter. A row that was let through under one filter may come to a
    /// reader after it is back under another; its version is no news there, so that no deletion would take it away again.
    /// </summary>
    internal long EpochOfPages(long epoch) =>
        Filter is null ? epoch : (long)(((FilterHash ^ (ulong)epoch) * 0x9E3779B97F4A7C15) >> 11);
}
