using System.Diagnostics.Metrics;

namespace Collection.Sync.AspNetCore;

/// <summary>What is measured of pushes.</summary>
internal sealed class PushMetrics
{
    private readonly Counter<long> _mutations;
    private readonly Histogram<double> _duration;

    public PushMetrics(SyncTelemetry telemetry)
    {
        _mutations = telemetry.Meter.CreateCounter<long>("collection.sync.mutations", "{mutation}", "Mutations by outcome: applied, rejected, or repeated, which were answered as before.");
        _duration = telemetry.Meter.CreateHistogram<double>("collection.sync.push.duration", "s", "Time from request to commit of a batch of mutations.");
    }

    public void Pushed(string collection, int applied, int rejected, int repeated, TimeSpan elapsed)
    {
        _duration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("collection", collection));
        Count(applied, "applied");
        Count(rejected, "rejected");
        Count(repeated, "repeated");

        void Count(int count, string outcome)
        {
            if (count > 0)
                _mutations.Add(count, new KeyValuePair<string, object?>("collection", collection), new KeyValuePair<string, object?>("outcome", outcome));
        }
    }
}
