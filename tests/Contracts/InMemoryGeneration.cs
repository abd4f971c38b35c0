using System.Runtime.InteropServices;
using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>
/// One filling of a collection: the newest version of every key, deleted ones too. Rows stay in the pages that brought
/// them, so that a change of a known key allocates nothing; a page lives as long as one of its rows is the newest.
/// </summary>
internal sealed partial class InMemoryGeneration(long number)
{
    private Dictionary<RowKey, int> _slotOfKey = [];
    private Slot[] _slots = new Slot[8];

    public long Number => number;

    public SyncCursor? Cursor { get; set; }

    public long? Epoch { get; set; }

    public bool IsComplete { get; set; }

    /// <summary>Rows that are not deleted.</summary>
    public int RowCount { get; private set; }

    /// <summary>True where not even a deleted row is known.</summary>
    public bool IsEmpty => _slotOfKey.Count == 0;

    /// <summary>Takes each change that is newer than what is known of its key.</summary>
    /// <returns>The number of changes taken.</returns>
    public int Take(Page page)
    {
        var (upserts, changes) = (page.Header.UpsertCount, page.Header.UpsertCount + page.Header.DeleteCount);
        var taken = 0;
        for (var i = 0; i < changes; i++)
        {
            var version = page.Version(i);
            ref var index = ref CollectionsMarshal.GetValueRefOrAddDefault(_slotOfKey, page.Key(i), out var isKnown);
            if (!isKnown)
                index = AddSlot();
            ref var slot = ref _slots[index];
            if (isKnown && version <= slot.Version)
                continue;
            var isDeleted = i >= upserts;
            RowCount += (isDeleted ? 0 : 1) - (slot.IsShown ? 1 : 0);
            slot = new Slot(isDeleted ? null : page, i, version);
            taken++;
        }

        return taken;
    }

    public bool TryGet(RowKey key, out ReadOnlyMemory<byte> row)
    {
        var isShown = _slotOfKey.TryGetValue(key, out var slot) && _slots[slot].IsShown;
        row = isShown ? _slots[slot].Page!.Rows[_slots[slot].Index] : default;
        return isShown;
    }

    /// <summary>The rows that are not deleted, in no order.</summary>
    public IEnumerable<InMemoryRow> Rows()
    {
        for (var i = 0; i < _slotOfKey.Count; i++)
        {
            if (_slots[i] is { Page: { } page, Index: var index })
                yield return new InMemoryRow(page, index);
        }
    }

    public InMemoryGeneration Copy() => new(number)
    {
        _slotOfKey = new(_slotOfKey),
        _slots = [.. _slots],
        Cursor = Cursor,
        Epoch = Epoch,
        IsComplete = IsComplete,
        RowCount = RowCount,
    };

    // The key is in the map by now.
    private int AddSlot()
    {
        var index = _slotOfKey.Count - 1;
        if (index == _slots.Length)
            Array.Resize(ref _slots, 2 * index);
        return index;
    }

    /// <param name="Page">Where the row stands; null for a deleted one.</param>
    /// <param name="Index">Its number in the page.</param>
    /// <param name="Version">A deleted row keeps it for good, so that no late change brings the row back.</param>
    private readonly record struct Slot(Page? Page, int Index, RowVersion Version)
    {
        public bool IsShown => Page is not null;
    }
}
