using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>What only the simulation's oracle looks at.</summary>
internal sealed partial class InMemoryCollection
{
    public InMemoryGeneration Shown => _shown;

    public InMemoryGeneration? Refilling => _refilling;

    public OutboxState OutboxState => _outbox;

    public long Fence => _fence;
}

/// <summary>What only the simulation's oracle looks at.</summary>
internal sealed partial class InMemoryGeneration
{
    /// <summary>Every key with its version; the row is null where it is deleted.</summary>
    public Dictionary<long, StoredRow> Entries()
    {
        var entries = new Dictionary<long, StoredRow>(_slotOfKey.Count);
        foreach (var (key, index) in _slotOfKey)
        {
            var slot = _slots[index];
            entries.Add(key.Value, new StoredRow(slot.Version, slot.IsShown ? slot.Page!.Rows[slot.Index] : (ReadOnlyMemory<byte>?)null));
        }

        return entries;
    }
}

/// <summary>A row as a store holds it.</summary>
internal readonly record struct StoredRow(RowVersion Version, ReadOnlyMemory<byte>? Row);
