using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>
/// All that is stored of one collection, shared by all who have it open, and the transactions on it. Each of them checks
/// whatever could make it fail before it changes anything. The outbox's are in the other part.
/// </summary>
internal sealed partial class InMemoryCollection
{
    private InMemoryGeneration _shown = new(1);
    private InMemoryGeneration? _refilling;
    private OutboxState _outbox = OutboxState.Empty;
    private long _lastGeneration = 1;
    private long _fence;

    public InMemoryCollection(CollectionSchema schema)
    {
        Schema = schema;
        Status = new StoreStatus(null, IsComplete: false, RowCount: 0, _shown.Number, Revision: 0);
    }

    public CollectionSchema Schema { get; private set; }

    public StoreStatus Status { get; private set; }

    /// <summary>True once the database has been wiped or taken back: who still has it open cannot use it any more.</summary>
    public bool IsDeleted { get; set; }

    public List<InMemoryCollectionStore> Openings { get; } = [];

    public InMemoryCollection Copy() => new(Schema)
    {
        _shown = _shown.Copy(),
        _refilling = _refilling?.Copy(),
        _outbox = _outbox,
        _lastGeneration = _lastGeneration,
        _fence = _fence,
        Status = Status,
    };

    /// <summary>Whoever has it open besides, to be told of a write once the transaction is over.</summary>
    public InMemoryCollectionStore[] OpeningsBut(InMemoryCollectionStore writer) => Openings.Count == 1 ? [] : [.. Openings.Where(opening => opening != writer)];

    /// <summary>Rows of another schema cannot be read. The outbox names fields by name, so it stays.</summary>
    public void ChangeSchema(CollectionSchema schema)
    {
        Schema = schema;
        _refilling = null;
        _shown = NextGeneration();
        Commit(isShown: true);
    }

    public long Lead()
    {
        _fence++;
        Commit(isShown: false);
        return _fence;
    }

    public StoreStatus Apply(Page page, PullStart start, long fence)
    {
        CheckFence(fence);
        var target = _refilling ?? _shown;
        if (target.Cursor != start.Cursor)
            return Status;

        var header = page.Header;
        var rows = target.Take(page);
        var isShown = rows > 0 && target == _shown;
        var hasMoved = (target.Cursor, target.Epoch) != (header.Next, header.Epoch);
        (target.Cursor, target.Epoch) = (header.Next, header.Epoch);
        if (!header.More)
        {
            // The end of the feed: all that the server had confirmed when it was asked is stored now.
            hasMoved |= !target.IsComplete;
            target.IsComplete = true;
            var outbox = _outbox.Without(entry => entry.HeldAt <= start.Writes);
            isShown |= outbox != _outbox || target == _refilling;
            (_outbox, _shown, _refilling) = (outbox, target, null);
        }

        if (isShown || hasMoved || rows > 0)
            Commit(isShown);
        return Status;
    }

    public StoreStatus ApplyHint(Page page, long fence)
    {
        CheckFence(fence);
        var rows = TakeHint(page, out var shownRows);
        if (rows > 0)
            Commit(isShown: shownRows > 0);
        return Status;
    }

    public StoreStatus Reset(long fence)
    {
        CheckFence(fence);
        if (_shown.IsEmpty && !_shown.IsComplete)
        {
            // There is nothing to be shown meanwhile.
            var wasEmpty = _shown.Cursor is null && _refilling is null;
            (_shown.Cursor, _shown.Epoch, _refilling) = (null, null, null);
            if (wasEmpty)
                return Status;
        }
        else
        {
            _refilling = NextGeneration();
        }

        Commit(isShown: false);
        return Status;
    }

    /// <summary>The rows that views show: what the server told, with the edits of the outbox on top.</summary>
    public IEnumerable<InMemoryRow> Rows()
    {
        var schema = Schema;
        var edits = _outbox.LiveByKey();
        return _shown.Rows().Select(row => edits.Contains(row.Key) ? row.With(schema, Fold(row.Encoded, edits[row.Key])) : row);
    }

    private ReadOnlyMemory<byte> Fold(ReadOnlyMemory<byte> row, IEnumerable<InMemoryEntry> entries) =>
        RowPatch.Fold(Schema, row, entries.Select(entry => entry.Edit));

    /// <summary>Takes rows into each generation whose epoch is theirs. One without any page yet has no epoch.</summary>
    private int TakeHint(Page page, out int shown)
    {
        shown = _shown.Epoch == page.Header.Epoch ? _shown.Take(page) : 0;
        return shown + (_refilling?.Epoch == page.Header.Epoch ? _refilling.Take(page) : 0);
    }

    private InMemoryGeneration NextGeneration() => new(++_lastGeneration);

    private void CheckFence(long fence)
    {
        if (fence != _fence)
            throw new SyncStoreException(SyncStoreFailure.Superseded, $"Somebody else leads '{Schema.Name}' by now (fence {_fence}, here {fence}), so nothing was written. Wait to become the leader again.");
    }

    /// <summary>Ends a transaction that has changed something.</summary>
    /// <param name="isShown">True where views may show something else now.</param>
    private void Commit(bool isShown)
    {
        var target = _refilling ?? _shown;
        Status = new StoreStatus(target.Cursor, _shown.IsComplete, _shown.RowCount, _shown.Number, Status.Revision + (isShown ? 1 : 0))
        {
            Writes = Status.Writes + 1,
            Epoch = target.Epoch,
            IsRefilling = _refilling is not null,
            PendingCount = _outbox.PendingCount,
            DeadLetterCount = _outbox.DeadLetterCount,
        };
    }
}
