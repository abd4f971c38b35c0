using System.Collections.Immutable;
using Collection.Sync.Abstractions;

namespace Collection.Contracts;

internal sealed partial class InMemoryCollection
{
    public ImmutableArray<EditOutcome> Edit(IReadOnlyList<RowEdit> edits, DateTimeOffset madeAt)
    {
        var outbox = _outbox;
        var outcomes = ImmutableArray.CreateBuilder<EditOutcome>(edits.Count);
        foreach (var edit in edits)
        {
            // Each edit sees those before it.
            var (next, outcome) = EditOne(outbox, edit, madeAt);
            outbox = next;
            outcomes.Add(outcome);
        }

        Set(outbox, isShown: true);
        return outcomes.MoveToImmutable();
    }

    public IReadOnlyList<OutboxEntry> Read(OutboxPart part, int limit) =>
        [.. _outbox.Entries.Where(entry => part == OutboxPart.Pending ? entry.IsPending : entry.IsDead).Take(limit)
            .Select(entry => new OutboxEntry(entry.Number, entry.Edit, entry.MadeAt, entry.IsSent, entry.Rejection, entry.Detail))];

    public StoreStatus Retry(IReadOnlyList<long> numbers, DateTimeOffset madeAt)
    {
        var outbox = _outbox;
        foreach (var entry in _outbox.Entries.Where(entry => entry.IsDead && numbers.Contains(entry.Number) && _shown.TryGet(entry.Edit.Key, out _)))
            outbox = outbox.Without(other => other == entry).Add(entry.Edit with { If = FieldValues.None }, madeAt);
        return Set(outbox, isShown: true);
    }

    public StoreStatus Discard(IReadOnlyList<long> numbers)
    {
        bool IsMeant(InMemoryEntry entry) => (entry.IsDead || entry.IsQueued) && numbers.Contains(entry.Number);
        return Set(_outbox.Without(IsMeant), isShown: _outbox.Entries.Any(entry => entry.IsLive && IsMeant(entry)));
    }

    public OutboxBatch Seal(string newClientId, int maxCount, long fence)
    {
        CheckFence(fence);
        var clientId = _outbox.ClientId ?? newClientId;
        var sent = _outbox.Entries.Count(entry => entry.IsSent);
        if (_outbox.Entries.Any(entry => entry.IsQueued) && sent < maxCount)
            Set(_outbox.Seal(clientId, maxCount - sent), isShown: false);
        return new OutboxBatch(clientId, [.. _outbox.Entries.Where(entry => entry.IsSent).OrderBy(entry => entry.Id).Take(maxCount)
            .Select(entry => new Mutation(entry.Id!.Value, entry.Edit, entry.MadeAt))]);
    }

    public StoreStatus Acknowledge(OutboxBatch batch, ImmutableArray<MutationResult> results, Page? rows, long fence)
    {
        CheckFence(fence);
        if (batch.ClientId != _outbox.ClientId)
            return Status;

        // An edit goes only where all that views show now, or will show after a refill, has the server's row.
        var isTaken = rows is not null && _shown.Epoch == rows.Header.Epoch && (_refilling is null || _refilling.Epoch == rows.Header.Epoch);
        HashSet<RowKey> taken = isTaken ? [.. Enumerable.Range(0, rows!.Header.UpsertCount + rows.Header.DeleteCount).Select(i => rows.Key(i))] : [];
        var outbox = _outbox;
        foreach (var result in results)
        {
            if (outbox.Entries.FirstOrDefault(entry => entry.Id == result.Id) is not { } entry)
                continue;
            if (entry.IsVoid || (result.Rejection is null && taken.Contains(entry.Edit.Key)))
                outbox = outbox.Without(other => other == entry);
            else if (result.Rejection is null)
                outbox = outbox.Replace(entry, entry with { Id = null, HeldAt = Status.Writes + 1 });
            else
                outbox = outbox.Replace(entry, entry with { Id = null, Rejection = result.Rejection, Detail = result.Detail });
        }

        var shown = 0;
        var changes = rows is null ? 0 : TakeHint(rows, out shown);
        if (outbox == _outbox && changes == 0)
            return Status;
        var isShown = shown > 0 || outbox != _outbox;
        _outbox = outbox;
        Commit(isShown);
        return Status;
    }

    public StoreStatus SetAside(long id, string rejection, string? detail, long fence)
    {
        CheckFence(fence);
        if (_outbox.Entries.FirstOrDefault(entry => entry.Id == id && !entry.IsVoid) is not { } entry)
            return Status;
        var outbox = _outbox.Replace(entry, entry with { Edit = new RowEdit(entry.Edit.Key, FieldValues.None) });
        return Set(outbox.Add(entry.Edit, entry.MadeAt, rejection, detail), isShown: true);
    }

    public StoreStatus Renumber(long fence)
    {
        CheckFence(fence);
        return _outbox.ClientId is null ? Status : Set(_outbox.Unseal(), isShown: false);
    }

    private (OutboxState Outbox, EditOutcome Outcome) EditOne(OutboxState outbox, RowEdit edit, DateTimeOffset madeAt)
    {
        if (!_shown.TryGet(edit.Key, out var stored))
            return (outbox, new EditOutcome(EditResult.Missing));
        var entries = outbox.LiveOf(edit.Key).ToArray();
        var shown = Fold(stored, entries).Span;
        if (!RowPatch.Holds(Schema, shown, edit.If))
            return (outbox, new EditOutcome(EditResult.Condition, Current: RowPatch.Read(Schema, shown, edit.If)));
        if (edit.Fields.Count == 0)
            return (outbox, new EditOutcome(EditResult.Queued));

        var undo = new RowEdit(edit.Key, RowPatch.Read(Schema, shown, edit.Fields)) { If = edit.Fields, CorrelationId = edit.CorrelationId };
        var last = entries.LastOrDefault();
        var next = last is not null && CanBecomeOne(last, edit) && IsApplied(stored, entries)
            ? outbox.Replace(last, last with { Edit = last.Edit with { Fields = last.Edit.Fields.With(edit.Fields) }, MadeAt = madeAt })
            : outbox.Add(edit, madeAt);
        return (next, new EditOutcome(EditResult.Queued, undo));
    }

    /// <summary>
    /// An edit becomes one with the key's last entry where that is unsent and has the same cause, where the entry fulfils the edit's condition
    /// by what it sets, and where the edit does not come to depend on a condition that it has not made.
    /// </summary>
    private static bool CanBecomeOne(InMemoryEntry last, RowEdit edit) =>
        last.IsQueued
        && last.Edit.CorrelationId == edit.CorrelationId
        && (last.Edit.If.Count == 0 || edit.If.Count > 0)
        && edit.If.All(value => last.Edit.Fields.TryGet(value.Key, out _));

    /// <summary>False where the last entry's own condition does not hold any more: an edit that became one with it would not be shown.</summary>
    private bool IsApplied(ReadOnlyMemory<byte> stored, InMemoryEntry[] entries) =>
        RowPatch.Holds(Schema, Fold(stored, entries[..^1]).Span, entries[^1].Edit.If);

    private StoreStatus Set(OutboxState outbox, bool isShown)
    {
        if (outbox != _outbox)
        {
            _outbox = outbox;
            Commit(isShown);
        }

        return Status;
    }
}
