using System.Diagnostics;
using System.Diagnostics.Metrics;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>What the package tells of itself: one meter and one source of activities, both of the package's name. docs/operations.md lists them.</summary>
internal sealed class SyncTelemetry : IDisposable
{
    public const string Name = "Collection.Sync.AspNetCore";

    private readonly Histogram<double> _pullDuration;
    private readonly Histogram<long> _pageSize;
    private readonly Counter<long> _changes;
    private readonly Counter<long> _cursorsRefused;
    private readonly Counter<long> _replicaReads;
    private HorizonLag _lag;

    public SyncTelemetry(IMeterFactory meters)
    {
        Meter = meters.Create(Name);
        _pullDuration = Meter.CreateHistogram<double>("collection.sync.pull.duration", "s", "Time to make a page.");
        _pageSize = Meter.CreateHistogram<long>("collection.sync.page.size", "By", "Size of a page, before compression.");
        _changes = Meter.CreateCounter<long>("collection.sync.changes", "{change}", "Changes delivered in pages, by operation.");
        _cursorsRefused = Meter.CreateCounter<long>("collection.sync.cursors.refused", "{cursor}", "Cursors answered with 410, by reason. Each makes a client refill.");
        _replicaReads = Meter.CreateCounter<long>("collection.sync.replica.reads", "{read}", "Reads that were tried on a replica, by outcome: served, behind or failed. The primary serves the others.");
        Meter.CreateObservableGauge("collection.sync.horizon.lag", () => Lag.Transactions, "{transaction}", "Transactions that wait for the oldest open one before readers see them.");
        Meter.CreateObservableGauge("collection.sync.horizon.age", () => Lag.Age.TotalSeconds, "s", "How long the oldest open write transaction has been open.");
    }

    /// <summary>For instruments of the package's other parts.</summary>
    public Meter Meter { get; }

    public ActivitySource Activities { get; } = new(Name);

    /// <summary>The lag as it was last measured.</summary>
    public HorizonLag Lag
    {
        get
        {
            lock (Meter)
                return _lag;
        }
        set
        {
            lock (Meter)
                _lag = value;
        }
    }

    public void PagePulled(CollectionSchema schema, int upserts, int deletes, int bytes, TimeSpan elapsed)
    {
        var collection = new KeyValuePair<string, object?>("collection", schema.Name);
        _pullDuration.Record(elapsed.TotalSeconds, collection);
        _pageSize.Record(bytes, collection);
        _changes.Add(upserts, collection, new("operation", "upsert"));
        _changes.Add(deletes, collection, new("operation", "delete"));
    }

    public void CursorRefused(CollectionSchema schema, CursorRefusal reason) =>
        _cursorsRefused.Add(1, new("collection", schema.Name), new("reason", reason.ToString().ToLowerInvariant()));

    public void ReplicaRead(string outcome) => _replicaReads.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    // The meter is the factory's.
    public void Dispose() => Activities.Dispose();
}
