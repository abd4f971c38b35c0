using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>All that a store holds, at one time.</summary>
internal sealed class Snapshot
{
    private Dictionary<long, Thing>? _view;

    private Snapshot(InMemoryCollection collection)
    {
        Status = collection.Status;
        Shown = new Generation(collection.Shown);
        Refilling = collection.Refilling is { } refilling ? new Generation(refilling) : null;
        Outbox = collection.OutboxState;
        Fence = collection.Fence;
    }

    public StoreStatus Status { get; }

    public Generation Shown { get; }

    public Generation? Refilling { get; }

    public Generation Target => Refilling ?? Shown;

    public OutboxState Outbox { get; }

    public long Fence { get; }

    /// <summary>What views have to show: each row with the live edits applied to it in their order.</summary>
    public Dictionary<long, Thing> View => _view ??= Fold();

    public static Snapshot Of(Browser browser) => new(browser.Database.Open(Thing.Schema));

    private Dictionary<long, Thing> Fold()
    {
        var view = Shown.Rows.Where(row => row.Value.Row is not null).ToDictionary(row => row.Key, row => Thing.Decode(row.Value.Row!.Value.Span));
        foreach (var entry in Outbox.Entries)
        {
            if (entry.IsLive && view.TryGetValue(entry.Edit.Key.Value, out var row) && row.Holds(entry.Edit.If))
                view[entry.Edit.Key.Value] = row.With(entry.Edit.Fields);
        }

        return view;
    }
}

/// <summary>One filling of a store.</summary>
internal sealed class Generation(InMemoryGeneration generation)
{
    public long Number { get; } = generation.Number;

    public SyncCursor? Cursor { get; } = generation.Cursor;

    public FeedPosition? Position { get; } = FeedPosition.Read(generation.Cursor?.Value);

    public long? Epoch { get; } = generation.Epoch;

    public bool IsComplete { get; } = generation.IsComplete;

    public Dictionary<long, StoredRow> Rows { get; } = generation.Entries();
}
