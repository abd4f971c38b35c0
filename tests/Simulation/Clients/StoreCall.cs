using System.Collections.Immutable;
using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>A call of a store that may write.</summary>
internal enum StoreCallKind
{
    Lead, Apply, ApplyHint, Reset, Edit, Retry, Discard, Seal, Acknowledge, SetAside, Renumber,
}

/// <summary>A call of a store, with all that the oracle needs to judge what it does.</summary>
internal sealed record StoreCall(StoreCallKind Kind, Tab Tab)
{
    /// <summary>Null where none is asked for.</summary>
    public long? Fence { get; init; }

    public byte[]? Page { get; init; }

    public PullStart Start { get; init; }

    public OutboxBatch? Batch { get; init; }

    public PushAnswer? Answer { get; init; }

    public IReadOnlyList<RowEdit> Edits { get; init; } = [];

    public DateTimeOffset MadeAt { get; init; }

    public IReadOnlyList<long> Numbers { get; init; } = [];

    public long Id { get; init; }

    /// <summary>What the edits should lead to, worked out by the oracle when they are committed.</summary>
    public ImmutableArray<EditResult> Expected { get; set; }
}
