namespace Collection.Simulation;

/// <summary>A bug to be put into the code: one place, found by its text.</summary>
/// <param name="Name">What it does wrong.</param>
/// <param name="File">The file, from the root of the repository.</param>
/// <param name="Find">Text that the file has exactly once.</param>
/// <param name="Replace">What stands there instead.</param>
internal sealed record SeededBug(string Name, string File, string Find, string Replace);

/// <summary>Bugs that a sync engine or its store could well have. Each stands for a promise.</summary>
internal static class SeededBugs
{
    private const string Engine = "src/Sync.Engine/";
    private const string Collection = "tests/Contracts/InMemoryCollection.cs";
    private const string Outbox = "tests/Contracts/InMemoryCollection.Outbox.cs";
    private const string Entry = "tests/Contracts/InMemoryEntry.cs";
    private const string Generation = "tests/Contracts/InMemoryGeneration.cs";

    public static IReadOnlyList<SeededBug> All { get; } =
    [
        new("deletions are not stored, and the cursor moves on", Generation,
            "(page.Header.UpsertCount, page.Header.UpsertCount + page.Header.DeleteCount)", "(page.Header.UpsertCount, page.Header.UpsertCount)"),
        new("the cursor is stored, and a page's last row is not", Collection,
            "var rows = target.Take(page);", "var rows = page.Header.UpsertCount > 1 ? 0 : target.Take(page);"),
        new("a hint moves the cursor", Collection,
            "var rows = TakeHint(page, out var shownRows);", "var rows = TakeHint(page, out var shownRows);\n        _shown.Cursor = page.Header.Next;"),
        new("a late row comes back after its deletion", Generation,
            "if (isKnown && version <= slot.Version)", "if (isKnown && slot.IsShown && version <= slot.Version)"),
        new("the version guard is turned round", Generation,
            "version <= slot.Version", "version >= slot.Version"),
        new("a hint of another epoch is stored", Collection,
            "shown = _shown.Epoch == page.Header.Epoch ? _shown.Take(page) : 0;", "shown = _shown.Take(page);"),
        new("a reset empties the outbox", Collection,
            "_refilling = NextGeneration();", "(_refilling, _outbox) = (NextGeneration(), OutboxState.Empty);"),
        new("a reset clears what is shown", Collection,
            "_refilling = NextGeneration();", "(_shown, _refilling) = (NextGeneration(), null);"),
        new("a refill is shown before its end", Collection,
            "if (!header.More)\n", "if (!header.More || target == _refilling)\n"),
        new("two leaders write", Collection,
            "if (fence != _fence)", "if (fence > _fence)"),
        new("a new leader gets the old fence", Collection,
            "_fence++;", "_fence = Math.Max(_fence, 1);"),
        new("an edit's condition counts for nothing where it is shown", Collection,
            "entries.Select(entry => entry.Edit))", "entries.Select(entry => entry.Edit with { If = FieldValues.None }))"),
        new("an edit's condition is looked at without the edits before it", Outbox,
            "if (!RowPatch.Holds(Schema, shown, edit.If))", "if (!RowPatch.Holds(Schema, stored.Span, edit.If))"),
        new("an edit becomes one with an edit that was sent", Outbox,
            "last.IsQueued\n", "last.IsPending\n"),
        new("an edit becomes one with an edit that has a condition", Outbox,
            "&& (last.Edit.If.Count == 0 || edit.If.Count > 0)\n", "\n"),
        new("ids are given out and not stored", Outbox,
            "Set(_outbox.Seal(clientId, maxCount - sent), isShown: false);",
            "return new OutboxBatch(clientId, [.. _outbox.Seal(clientId, maxCount - sent).Entries.Where(entry => entry.IsSent).Take(maxCount).Select(entry => new Mutation(entry.Id!.Value, entry.Edit, entry.MadeAt))]);"),
        new("an edit is no longer shown before its row is stored", Outbox,
            "|| (result.Rejection is null && taken.Contains(entry.Edit.Key)))", "|| result.Rejection is null)"),
        new("a confirmed edit goes with a page from before its confirmation", Collection,
            "entry.HeldAt <= start.Writes", "entry.HeldAt is not null"),
        new("answers are taken for the newest edits", Outbox,
            "FirstOrDefault(entry => entry.Id == result.Id) is not { } entry)", "LastOrDefault(entry => entry.IsSent) is not { } entry)"),
        new("a rejected edit stays in the queue", Outbox,
            "outbox = outbox.Replace(entry, entry with { Id = null, Rejection = result.Rejection, Detail = result.Detail });", ";"),
        new("an edit that was sent can be discarded", Outbox,
            "(entry.IsDead || entry.IsQueued) && numbers", "(entry.IsDead || entry.IsPending) && numbers"),
        new("an edit that is tried again keeps its condition", Outbox,
            "entry.Edit with { If = FieldValues.None }, madeAt", "entry.Edit, madeAt"),
        new("old ids are kept under a new client id", Entry,
            "Select(entry => entry with { Id = null })", "Select(entry => entry)"),
        new("rejections may be lost with the browser", "tests/Contracts/InMemoryOutbox.cs",
            "isStrict: answer.Results.Any(result => result.Rejection is not null)", "isStrict: false"),
        new("a push is tried again under new ids", Engine + "PushLoop.cs",
            "parts.Report.Learn(status => status with { PushError = e });", "await _outbox.RenumberAsync(fence, cancellationToken);"),
        new("a batch that is too large stays as large", Engine + "PushLoop.cs",
            "_count = batch.Mutations.Length / 2;", "_count = batch.Mutations.Length;"),
        new("the wrong edit is set aside", Engine + "PushLoop.cs",
            "return await SetAsideAsync(id, \"refused\"", "return await SetAsideAsync(batch.Mutations[^1].Id, \"refused\""),
        new("an unknown client id is kept", Engine + "PushLoop.cs",
            "await _outbox.RenumberAsync(fence, cancellationToken);", "await Task.CompletedTask;"),
        new("events from before a refill are stored", Engine + "Filling.cs",
            "Number++;\n        var end = _end;\n        _end = new CancellationTokenSource();\n        end.Cancel();\n", ""),
        new("a request that comes during a pull is lost", Engine + "PullLoop.cs",
            "_hasReset = false;\n                _resetBackoff", "parts.Pull.Take();\n                _hasReset = false;\n                _resetBackoff"),
        new("a cursor that is refused is sent again", Engine + "PullLoop.cs",
            "_mustReset |= happened == SyncEvent.HistoryLost;", "_mustReset |= false;"),
        new("Retry-After counts for nothing", Engine + "Backoff.cs",
            "return Wish(failure) + new TimeSpan(", "return new TimeSpan("),
        new("each failure makes the next wait shorter", Engine + "Backoff.cs",
            "Math.Pow(2, _failures++)", "Math.Pow(0.5, _failures++)"),
        new("an ended session is tried again without end", Engine + "PullLoop.cs",
            "return Timeout.InfiniteTimeSpan;", "return TimeSpan.FromMilliseconds(50);"),
        new("edits are sent once and then forgotten", Engine + "CollectionSync.cs",
            "if (stored.PendingCount > 0)", "if (stored.PendingCount > 99)"),
        new("a wait goes through the thread pool", Engine + "PullLoop.cs",
            "await Task.Delay(parts.Options.MinPullGap, parts.Time, cancellationToken);", "await Task.Delay(parts.Options.MinPullGap, parts.Time, cancellationToken).ConfigureAwait(false);"),
    ];
}
