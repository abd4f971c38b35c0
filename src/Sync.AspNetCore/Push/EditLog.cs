using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// The log of edits that came in over <c>POST /sync/{collection}/mutations</c>, one row an applied mutation, written in
/// the same transaction as the edit. A collection like any other: map it to let people see it, synced and offline.
/// <code>app.MapCollectionSync(EditLog.Schema).FromTable(EditLog.Table)</code>
/// </summary>
public static class EditLog
{
    /// <summary>The table.</summary>
    public const string Table = "sync_edits";

    /// <summary>
    /// <c>changes</c> is JSON: <c>{"field": {"from": value, "to": value}}</c>; instants in it are ISO 8601.
    /// <c>made_at</c> is by the client's clock, which may be wrong: compare <c>received_at</c>.
    /// </summary>
    public static CollectionSchema Schema { get; } = new(
        "edits",
        [
            new("id", FieldKind.Int64) { IsKey = true },
            new("collection", FieldKind.Text) { IsIndexed = true },
            new("row_key", FieldKind.Int64) { IsIndexed = true },
            new("user_id", FieldKind.Text) { IsIndexed = true },
            new("changes", FieldKind.Text),
            new("made_at", FieldKind.Timestamp) { IsNullable = true },
            new("received_at", FieldKind.Timestamp) { IsIndexed = true },
        ],
        SortDirection.Descending);
}
