using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>
/// Judges every commit of every store by what was there before, what was asked for, and what the server really did.
/// </summary>
internal sealed class Oracle(World world)
{
    private readonly Dictionary<Browser, Watched> _watched = [];

    public void OnCommit(Browser browser, StoreCall call, bool isStrict)
    {
        var watched = _watched[browser];
        var (last, now) = (watched.Last, Snapshot.Of(browser));
        if (now.Status != last.Status)
        {
            world.Trace.Write($"{call.Tab.Name} {call.Kind}: {now.Status.Cursor?.Value ?? "-"} write {now.Status.Writes} rows {now.Status.RowCount} pending {now.Status.PendingCount} dead {now.Status.DeadLetterCount} generation {now.Status.Generation}{(now.Status.IsRefilling ? "+" : "")}");
            if (!isStrict && IsToLast(call))
                throw Violate(browser, "edits survive the browser", $"{call.Kind} was not written as something that has to last.");
            browser.OnCommit(isStrict);
        }

        CheckLeader(watched, now, call);
        CheckFeed(last, now, call);
        new RowChecks(world, browser, now).Check(last, call);
        new OutboxChecks(world, browser, last, now, call).Check();
        CheckAcknowledged(browser, watched, now, call);
        Count(last, now, call);
        watched.Last = now;
    }

    public void OnFailedCall(Browser browser, StoreCall call, Exception failure)
    {
        world.Trace.Write($"{call.Tab.Name} {call.Kind} fails: {(failure as SyncStoreException)?.Failure.ToString() ?? "page format"}");
        if (failure is SyncStoreException { Failure: SyncStoreFailure.Superseded })
            world.Counters.Add(Seen.Superseded);
        var watched = _watched[browser];
        var now = Snapshot.Of(browser);
        if (now.Status != watched.Last.Status || now.Outbox != watched.Last.Outbox)
            throw Violate(browser, "a failed call changes nothing", $"{call.Kind} has failed and has changed what is stored.");
    }

    /// <summary>Before a batch leaves: what is sent has to be sealed, durably.</summary>
    public void OnSend(Browser browser, OutboxBatch batch)
    {
        var outbox = Snapshot.Of(browser).Outbox;
        world.Trace.Write($"{browser.Name} sends {batch.Mutations.Length} from {batch.Mutations[0].Id} as {batch.ClientId[..4]}");
        if (batch.ClientId != outbox.ClientId)
            return;
        var watched = _watched[browser];
        if (watched.LastSent == (batch.ClientId, batch.Mutations[0].Id))
            world.Counters.Add(Seen.SentAgain);
        watched.LastSent = (batch.ClientId, batch.Mutations[0].Id);
        foreach (var mutation in batch.Mutations)
        {
            if (mutation.Id > outbox.LastId)
                throw Violate(browser, "sealed before sent", $"mutation {mutation.Id} is sent, but only {outbox.LastId} ids were given out.");
            if (outbox.Entries.FirstOrDefault(entry => entry.Id == mutation.Id) is { IsVoid: false } entry && entry.Edit != mutation.Edit)
                throw Violate(browser, "sealed before sent", $"mutation {mutation.Id} is sent as another edit than is stored under its id.");
        }
    }

    /// <summary>Looks at a database for the first time, or after a restart: it is another one then, or what an earlier commit left of it. Never a part of one.</summary>
    public void Watch(Browser browser)
    {
        var watched = _watched[browser] = new Watched(Snapshot.Of(browser));
        new RowChecks(world, browser, watched.Last).Check(null, null);
    }

    public Exception Violate(Browser browser, string invariant, string message) => world.Violate(invariant, $"{browser.Name}: {message}");

    /// <summary>
    /// What people do lasts from the moment they are told so; so do the ids under which it was sent, and a rejection, which
    /// the server forgets once later edits are sent.
    /// </summary>
    private static bool IsToLast(StoreCall call) =>
        call.Kind is StoreCallKind.Edit or StoreCallKind.Retry or StoreCallKind.Discard or StoreCallKind.Seal or StoreCallKind.SetAside or StoreCallKind.Renumber
        || call.Answer?.Results.Any(result => result.Rejection is not null) == true;

    private void CheckLeader(Watched watched, Snapshot now, StoreCall call)
    {
        var hasWritten = now.Status.Writes != watched.Last.Status.Writes;
        if (hasWritten && call.Fence < watched.Fence)
            throw Violate(call.Tab.Browser, "one leader", $"{call.Tab.Name} writes as leader {call.Fence}, where {watched.Fence} leads: {call.Kind}.");
        if (call.Kind != StoreCallKind.Lead)
            return;
        if (now.Fence <= watched.Fence)
            throw Violate(call.Tab.Browser, "one leader", $"fence {now.Fence} was given out after {watched.Fence}.");
        watched.Fence = now.Fence;
    }

    /// <summary>Cursors, epochs and generations change as they may, and no other way.</summary>
    private void CheckFeed(Snapshot last, Snapshot now, StoreCall call)
    {
        var (before, after) = (last.Target, now.Target);
        var browser = call.Tab.Browser;
        if (call.Kind is not (StoreCallKind.Apply or StoreCallKind.Reset) && (before.Cursor != after.Cursor || before.Number != after.Number || last.Shown.Number != now.Shown.Number))
            throw Violate(browser, "only a pull moves the cursor", $"{call.Kind} has moved it from {before.Cursor} to {after.Cursor}.");
        if (before.Number == after.Number && call.Kind == StoreCallKind.Apply && before.Position is { } from
            && (after.Position is not { } to || (to.Epoch == from.Epoch && to.Team == from.Team && !to.IsAtOrAfter(from))))
            throw Violate(browser, "the cursor never retreats", $"from {before.Cursor} to {after.Cursor}.");
        if (last.Shown.Number == now.Shown.Number)
        {
            if (last.Shown.IsComplete && !now.Shown.IsComplete)
                throw Violate(browser, "complete stays complete", "the rows that are shown were complete, and are not any more.");
            return;
        }

        var header = call.Page is { } page ? PageHeader.Read(page) : null;
        if (call.Kind != StoreCallKind.Apply || header!.More || last.Refilling?.Number != now.Shown.Number)
            throw Violate(browser, "old rows stay until the refill is whole", $"{call.Kind} shows generation {now.Shown.Number} in place of {last.Shown.Number}{(header?.More == true ? ", before the end of the feed" : "")}.");
        world.Counters.Add(Seen.Refilled);
    }

    /// <summary>What the server has applied is shown until something newer is, and never falls back.</summary>
    private void CheckAcknowledged(Browser browser, Watched watched, Snapshot now, StoreCall call)
    {
        if (call is { Kind: StoreCallKind.Acknowledge, Batch: { } batch, Answer: { } answer } && batch.ClientId == watched.Last.Outbox.ClientId)
        {
            foreach (var result in answer.Results.Where(result => result.Rejection is null))
            {
                if (watched.Last.Outbox.Entries.Any(entry => entry.Id == result.Id && !entry.IsVoid) && world.Server.EffectOf(batch.ClientId, result.Id) is { } effect)
                    watched.Promised[effect.Key] = effect;
            }
        }

        foreach (var (key, effect) in watched.Promised.ToArray())
        {
            if (now.Shown.Epoch > effect.Epoch || !now.Shown.Rows.TryGetValue(key, out var row) || (!IsOnTop(now, key) && row.Version < effect.Version && IsHeldBack(now, effect)))
                watched.Promised.Remove(key);
            else if (row.Version < effect.Version && now.Shown.Epoch == effect.Epoch && !IsOnTop(now, key))
                throw Violate(browser, "no view falls back", $"the edit of {key} was confirmed as version {effect.Version}, and the row is shown as of {row.Version} after {call.Kind}.");
        }
    }

    private static bool IsOnTop(Snapshot now, long key) => now.Outbox.Entries.Any(entry => entry.HeldAt is not null && entry.Edit.Key.Value == key);

    // A slow transaction holds the feed back: a page that ends it does not have what was confirmed meanwhile, nor what came on top.
    private bool IsHeldBack(Snapshot now, Effect effect) =>
        effect.Version.Transaction > 0 && world.Swarm.Has(Feature.Stall)
        && now.Shown.Position is { } position
        && (world.Server.Epoch > effect.Epoch || world.Server.Table.GetValueOrDefault(effect.Key)?.Version > position.Version);

    private void Count(Snapshot last, Snapshot now, StoreCall call)
    {
        var counters = world.Counters;
        switch (call.Kind)
        {
            case StoreCallKind.Reset:
                counters.Add(last.Refilling is null ? Seen.Reset : Seen.ResetAgain);
                break;
            case StoreCallKind.Renumber:
                counters.Add(Seen.Renumbered);
                break;
            case StoreCallKind.ApplyHint when PageHeader.Read(call.Page!).Epoch != now.Target.Epoch:
                counters.Add(Seen.HintOfOtherEpoch);
                break;
            case StoreCallKind.ApplyHint:
                counters.Add(now.Status.Writes == last.Status.Writes ? Seen.HintIgnored : Seen.HintTaken);
                break;
            case StoreCallKind.Edit when now.Status.IsRefilling:
                counters.Add(Seen.EditedWhileRefilling);
                break;
        }
    }

    private sealed class Watched(Snapshot last)
    {
        public Snapshot Last { get; set; } = last;

        public long Fence { get; set; } = last.Fence;

        public (string ClientId, long Id) LastSent { get; set; }

        public Dictionary<long, Effect> Promised { get; } = [];
    }
}

/// <summary>What an edit made of a row at the server.</summary>
internal sealed record Effect(long Epoch, long Key, RowVersion Version);
