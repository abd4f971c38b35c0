using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>
/// Follows every entry of an outbox: it changes as it may, and leaves by the server's confirmation or by the person's
/// wish, and by nothing else.
/// </summary>
internal sealed class OutboxChecks(World world, Browser browser, Snapshot last, Snapshot now, StoreCall call)
{
    public void Check()
    {
        if (call.Kind == StoreCallKind.Edit)
            CheckEdit();
        if (now.Outbox == last.Outbox)
            return;
        var entries = now.Outbox.Entries.ToDictionary(entry => entry.Number);
        foreach (var entry in last.Outbox.Entries)
        {
            if (!entries.Remove(entry.Number, out var left))
                CheckGone(entry);
            else if (left != entry)
                CheckChanged(entry, left);
        }

        foreach (var entry in entries.Values)
            CheckNew(entry);
        CheckNumbers();
    }

    /// <summary>What a person does is there at once: each edit sees those before it, and is made if its row and its condition are.</summary>
    private void CheckEdit()
    {
        var view = new Dictionary<long, Thing>(last.View);
        var expected = new List<EditResult>();
        foreach (var edit in call.Edits)
        {
            var row = view.GetValueOrDefault(edit.Key.Value);
            var result = row is null ? EditResult.Missing : row.Holds(edit.If) ? EditResult.Queued : EditResult.Condition;
            expected.Add(result);
            if (result == EditResult.Queued)
                view[edit.Key.Value] = row!.With(edit.Fields);
            world.Counters.Add(result switch { EditResult.Queued => Seen.Edited, EditResult.Missing => Seen.EditMissing, _ => Seen.EditCondition });
        }

        call.Expected = [.. expected];
        foreach (var (key, row) in view)
        {
            if (!now.View.TryGetValue(key, out var shown) || shown != row)
                throw Violate("own writes are seen", $"{key} is shown as {shown} after an edit that makes it {row}.");
        }
    }

    private void CheckGone(InMemoryEntry entry)
    {
        var isRight = call.Kind switch
        {
            StoreCallKind.Acknowledge => IsAnswered(entry, isApplied: true) || (entry.IsVoid && entry.IsSent),
            StoreCallKind.Apply => entry.HeldAt is not null && Swallow(Seen.HeldSettled),
            StoreCallKind.Discard => call.Numbers.Contains(entry.Number) && (entry.IsDead || entry.IsQueued) && Swallow(Seen.Discarded),
            StoreCallKind.Retry => call.Numbers.Contains(entry.Number) && entry.IsDead
                && now.Outbox.Entries.Any(other => other.IsQueued && other.Edit.Key == entry.Edit.Key && other.Edit.Fields.Equals(entry.Edit.Fields)) && Swallow(Seen.Retried),
            StoreCallKind.Renumber => entry.IsVoid && entry.IsSent,
            _ => false,
        };
        if (!isRight)
            throw Violate("no edit is lost", $"entry {entry.Number} of {entry.Edit.Key.Value} ({State(entry)}) has left by {call.Kind}.");
    }

    private void CheckChanged(InMemoryEntry entry, InMemoryEntry left)
    {
        var hasSameEdit = entry.Edit == left.Edit;
        var isRight = call.Kind switch
        {
            StoreCallKind.Edit => entry.IsQueued && left.IsQueued && IsCollapse(entry, left) && Swallow(Seen.Collapsed),
            StoreCallKind.Seal => entry.IsQueued && left.IsSent && hasSameEdit,
            StoreCallKind.Acknowledge when left.IsDead => hasSameEdit && IsAnswered(entry, isApplied: false) && Swallow(Seen.DeadLetter),
            StoreCallKind.Acknowledge => hasSameEdit && left.HeldAt == now.Status.Writes && IsAnswered(entry, isApplied: true) && Swallow(Seen.Held),
            StoreCallKind.SetAside => entry.Id == call.Id && left.Id == call.Id && left.IsVoid && world.Server.HasRefused(last.Outbox.ClientId!, call.Id)
                && now.Outbox.Entries.Any(other => other.IsDead && other.Edit == entry.Edit && other.Number > last.Outbox.NextNumber - 1) && Swallow(Seen.SetAside),
            StoreCallKind.Renumber => entry.IsSent && left.IsQueued && hasSameEdit,
            _ => false,
        };
        if (!isRight)
            throw Violate("entries change as they may", $"entry {entry.Number} ({State(entry)}) has become {State(left)} by {call.Kind}{(hasSameEdit ? "" : ", and another edit")}.");
    }

    private void CheckNew(InMemoryEntry entry)
    {
        var isRight = entry.Number >= last.Outbox.NextNumber && call.Kind switch
        {
            StoreCallKind.Edit => entry.IsQueued && entry.MadeAt == call.MadeAt,
            StoreCallKind.Retry => entry.IsQueued && entry.Edit.If.Count == 0,
            StoreCallKind.SetAside => entry.IsDead,
            _ => false,
        };
        if (!isRight)
            throw Violate("entries change as they may", $"entry {entry.Number} ({State(entry)}) has come by {call.Kind}.");
    }

    private void CheckNumbers()
    {
        var (before, after) = (last.Outbox, now.Outbox);
        if (after.ClientId != before.ClientId && !(call.Kind == StoreCallKind.Seal && before.ClientId is null) && !(call.Kind == StoreCallKind.Renumber && after.ClientId is null))
            throw Violate("ids count up", $"{call.Kind} has changed the client id.");
        if (after.ClientId == before.ClientId && after.LastId < before.LastId)
            throw Violate("ids count up", $"the last id given out went from {before.LastId} back to {after.LastId} by {call.Kind}.");
        if (call.Kind == StoreCallKind.Renumber && (after.LastId != 0 || after.Entries.Any(entry => entry.IsSent)))
            throw Violate("ids count up", "ids are left after they were taken back.");
        if (after.Entries.Where(entry => entry.IsSent).Select(entry => entry.Id).Distinct().Count() != after.Entries.Count(entry => entry.IsSent) || after.Entries.Any(entry => entry.Id > after.LastId))
            throw Violate("ids count up", "an id was given out twice, or not counted.");
        if (now.Status.PendingCount != after.Entries.Count(entry => entry.IsPending) || now.Status.DeadLetterCount != after.Entries.Count(entry => entry.IsDead))
            throw Violate("counts are right", $"{now.Status.PendingCount} pending and {now.Status.DeadLetterCount} dead are told of.");
    }

    /// <summary>The server did say so, and had it in its log.</summary>
    private bool IsAnswered(InMemoryEntry entry, bool isApplied)
    {
        if (entry.Id is not { } id || call.Batch is not { } batch || batch.ClientId != last.Outbox.ClientId)
            return false;
        var result = call.Answer!.Results.FirstOrDefault(result => result.Id == id);
        if (result.Id != id || (result.Rejection is null) != isApplied)
            return false;
        var isInLog = isApplied ? world.Server.HasApplied(batch.ClientId, id, entry.MadeAt) : world.Server.HasRejected(batch.ClientId, id, entry.MadeAt);
        return isInLog ? true : throw Violate("confirmed means done", $"entry {entry.Number} from {entry.MadeAt:O} was {(isApplied ? "confirmed" : "rejected")} as {id}, which the server never did.");
    }

    /// <summary>Two edits become one where the first fulfils the second's condition, and only where the second asks for something too if the first does.</summary>
    private bool IsCollapse(InMemoryEntry entry, InMemoryEntry left) =>
        entry.Edit.If.Equals(left.Edit.If) && left.MadeAt == call.MadeAt && entry.Edit.Fields.All(value => left.Edit.Fields.TryGet(value.Key, out _))
        && call.Edits.Any(edit => edit.Key == entry.Edit.Key && (entry.Edit.If.Count == 0 || edit.If.Count > 0) && edit.If.All(value => left.Edit.Fields.TryGet(value.Key, out _)));

    private bool Swallow(Seen seen)
    {
        world.Counters.Add(seen);
        return true;
    }

    private Exception Violate(string invariant, string message) => world.Oracle.Violate(browser, invariant, message);

    private static string State(InMemoryEntry entry) =>
        entry.IsQueued ? "queued" : entry.IsSent ? $"sent as {entry.Id}" : entry.IsDead ? $"dead: {entry.Rejection}" : $"held at {entry.HeldAt}";
}
