using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>Compares the rows of a store with what the server wrote, and what is shown with what should be.</summary>
internal sealed class RowChecks(World world, Browser browser, Snapshot now)
{
    /// <param name="last">What was stored before; null after a restart.</param>
    /// <param name="call">What has been called.</param>
    public void Check(Snapshot? last, StoreCall? call)
    {
        CheckGeneration(now.Shown);
        if (now.Refilling is { } refilling)
            CheckGeneration(refilling);
        CheckView();
        if (last is null || call is null)
            return;
        CheckVersions(last.Shown, now.Shown);
        if (last.Refilling is { } before && before.Number == now.Target.Number)
            CheckVersions(before, now.Target);
        if (call.Kind == StoreCallKind.Apply && now.Target.Cursor != last.Target.Cursor)
            CheckWhole(Page.Read(call.Page!, Thing.Schema));
    }

    private void CheckGeneration(Generation generation)
    {
        foreach (var (key, stored) in generation.Rows)
            CheckWritten(generation, key, stored);
        if (generation.Position is not { } position || position.Epoch != world.Server.Epoch)
            return;
        // What the cursor has passed is here: the newest version of each key, if it is not newer than the cursor.
        foreach (var (key, current) in world.Server.Table)
        {
            var isPassed = current.Version <= position.Version && (position.AfterKey is not { } afterKey || key <= afterKey);
            if (!isPassed || !world.Server.IsTold(current))
                continue;
            var isVisible = current.Row?.Team == position.Team;
            // What is not to be shown may be known as deleted by an older version: a hint brought it.
            if (!generation.Rows.TryGetValue(key, out var stored) ? isVisible : stored.Version < current.Version && (isVisible || stored.Row is not null))
                throw Violate("cursor implies rows", $"the cursor {generation.Cursor} has passed {key} as of {current.Version}, but {(generation.Rows.ContainsKey(key) ? $"it is stored as of {stored.Version}" : "it is not stored")}.");
        }
    }

    private void CheckWritten(Generation generation, long key, StoredRow stored)
    {
        if (generation.Epoch is not { } epoch || world.Server.Written(epoch, key, stored.Version) is not { } written)
            throw Violate("rows are the server's", $"{key} is stored as of {stored.Version} of epoch {generation.Epoch}, which the server has never written.");
        if (stored.Row is not { } row)
        {
            if (written.Row is { } alive && browser.User.Teams.Count == 1 && browser.User.Teams.Contains(alive.Team))
                throw Violate("rows are the server's", $"{key} is stored as deleted as of {stored.Version}, where the server wrote a row.");
            return;
        }

        if (written.Row is null || !row.Span.SequenceEqual(written.Encoded))
            throw Violate("rows are the server's", $"{key} is stored with other values than the server wrote as {stored.Version}.");
        if (!browser.User.Teams.Contains(written.Row.Team))
            throw Violate("nobody else's rows", $"{key} belongs to team {written.Row.Team}.");
    }

    /// <summary>What views show is the base with the edits on top, as this class understands it, and as the store tells.</summary>
    private void CheckView()
    {
        var shown = browser.Database.Open(Thing.Schema).Rows().ToDictionary(row => row.Key.Value, row => Thing.Decode(row.Encoded.Span));
        var expected = now.View;
        foreach (var (key, row) in shown)
        {
            if (!expected.TryGetValue(key, out var right) || right != row)
                throw Violate("views show rows with their edits", $"{key} is shown as {row}, where {(right is null ? "nothing" : right.ToString())} is right.");
        }

        if (shown.Count != expected.Count || now.Status.RowCount != expected.Count)
            throw Violate("views show rows with their edits", $"{shown.Count} rows are shown and {now.Status.RowCount} are counted, where {expected.Count} are right.");
    }

    /// <summary>A key's version never falls.</summary>
    private void CheckVersions(Generation before, Generation after)
    {
        if (before.Epoch != after.Epoch || before.Number != after.Number)
            return;
        foreach (var (key, old) in before.Rows)
        {
            if (!after.Rows.TryGetValue(key, out var stored) || stored.Version < old.Version)
                throw Violate("versions never fall", $"{key} was stored as of {old.Version}, and is now {(after.Rows.ContainsKey(key) ? $"as of {stored.Version}" : "gone")}.");
        }
    }

    /// <summary>All of a page is stored, with its cursor.</summary>
    private void CheckWhole(Page page)
    {
        for (var i = 0; i < page.Header.UpsertCount + page.Header.DeleteCount; i++)
        {
            if (!now.Target.Rows.TryGetValue(page.Key(i).Value, out var stored) || stored.Version < page.Version(i))
                throw Violate("no torn page", $"the cursor is that of a page whose change of {page.Key(i).Value} is not stored.");
        }

        if (now.Target.Cursor != page.Header.Next)
            throw Violate("no torn page", "the rows of a page are stored, and its cursor is not.");
    }

    private Exception Violate(string invariant, string message) => world.Oracle.Violate(browser, invariant, message);
}
