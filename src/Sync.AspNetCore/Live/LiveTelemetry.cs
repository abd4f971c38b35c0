using System.Diagnostics.Metrics;

namespace Collection.Sync.AspNetCore;

/// <summary>What streams measure, on the package's meter.</summary>
internal sealed class LiveTelemetry(SyncTelemetry telemetry)
{
    public UpDownCounter<int> Streams { get; } =
        telemetry.Meter.CreateUpDownCounter<int>("collection.sync.streams", "{stream}", "Event streams that are open.");

    public UpDownCounter<int> Tails { get; } =
        telemetry.Meter.CreateUpDownCounter<int>("collection.sync.tails", "{tail}", "Ends of the change feed that are followed, each for any number of streams.");

    public Counter<long> Events { get; } =
        telemetry.Meter.CreateCounter<long>("collection.sync.events", "{event}", "Pages of changes that were sent to a stream.");

    public Counter<long> Behind { get; } =
        telemetry.Meter.CreateCounter<long>("collection.sync.streams.behind", "{event}", "Clients that were told to pull, by reason.");
}
