using System.Diagnostics.Metrics;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine;

/// <summary>The engine's metrics, of the meter <see cref="MeterName"/>. Counts only; row contents never leave the store.</summary>
public static class SyncTelemetry
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Collection.Sync.Engine";

    private static readonly Meter s_meter = new(MeterName);
    private static readonly Counter<long> s_pulls = s_meter.CreateCounter<long>("collection.sync.client.pulls", "{pull}", "Pulls begun, by collection and trigger.");
    private static readonly Counter<long> s_pages = s_meter.CreateCounter<long>("collection.sync.client.pages", "{page}", "Pages stored, by collection.");
    private static readonly Counter<long> s_bytes = s_meter.CreateCounter<long>("collection.sync.client.page.size", "By", "Bytes of the pages stored, by collection.");
    private static readonly Counter<long> s_mutations = s_meter.CreateCounter<long>("collection.sync.client.mutations", "{mutation}", "Edits that were answered, by collection and outcome.");
    private static readonly Counter<long> s_failures = s_meter.CreateCounter<long>("collection.sync.client.failures", "{failure}", "Failures of pulls, pushes and streams, by collection and kind.");

    internal static void OnPull(CollectionSchema schema, string? trigger) => s_pulls.Add(1, Of(schema), new("trigger", trigger ?? "interval"));

    internal static void OnPage(CollectionSchema schema, PageHeader header)
    {
        s_pages.Add(1, Of(schema));
        s_bytes.Add(header.ByteLength, Of(schema));
    }

    internal static void OnPushed(CollectionSchema schema, PushAnswer answer)
    {
        foreach (var result in answer.Results)
            s_mutations.Add(1, Of(schema), new("outcome", result.Rejection is null ? "applied" : "rejected"));
    }

    internal static void OnFailure(CollectionSchema schema, SyncEvent kind) => s_failures.Add(1, Of(schema), new("kind", kind.ToString()));

    private static KeyValuePair<string, object?> Of(CollectionSchema schema) => new("collection", schema.Name);
}
