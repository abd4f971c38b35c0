using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>What people do in their tabs.</summary>
internal sealed class People(World world)
{
    private readonly List<(Browser Browser, RowEdit Undo)> _undos = [];
    private int _edits;
    private int _moments;

    public static void RequestPull(Tab? tab) => tab?.Do(static (_, sync) =>
    {
        sync.RequestPull("focus");
        return Task.CompletedTask;
    });

    public void Edit(Tab? tab, RandomStream random) => tab?.Do(async (store, _) =>
    {
        var view = await ViewAsync(store);
        var edits = Enumerable.Range(0, random.Pick([1, 1, 1, 2, 3])).Select(i => Draw(view, i == 0, random)).ToList();
        await EditAsync(tab, store, edits);
    });

    /// <summary>Takes back an earlier edit, of this tab or another of the same browser.</summary>
    public void Undo(Tab? tab, RandomStream random) => tab?.Do(async (store, _) =>
    {
        var candidates = _undos.FindAll(undo => undo.Browser == tab.Browser);
        if (candidates.Count == 0)
            return;
        var chosen = random.Pick(candidates);
        _undos.Remove(chosen);
        world.Counters.Add(Seen.Undone);
        await EditAsync(tab, store, [chosen.Undo]);
    });

    public void RetryDead(Tab? tab) => tab?.Do(async (store, _) =>
    {
        // Each at a moment of its own, and with a number that names nothing.
        foreach (var entry in await store.ReadAsync(OutboxPart.DeadLetters, 3, default))
            await store.RetryAsync([entry.Number, 999_999], Now(), default);
    });

    public static void Discard(Tab? tab, RandomStream random) => tab?.Do(async (store, _) =>
    {
        var part = random.Pick([OutboxPart.DeadLetters, OutboxPart.Pending]);
        var entries = await store.ReadAsync(part, 10, default);
        if (entries.Count > 0)
            await store.DiscardAsync([random.Pick(entries).Number], default);
    });

    private async Task EditAsync(Tab tab, ObservedStore store, List<RowEdit> edits)
    {
        var outcomes = await store.EditAsync(edits, Now(), default);
        _undos.AddRange(outcomes.Where(outcome => outcome.Undo is not null).Select(outcome => (tab.Browser, outcome.Undo!)));
    }

    private RowEdit Draw(Dictionary<long, Thing> view, bool isFirst, RandomStream random)
    {
        // Now and then a row that is not there: somebody else has deleted it, or never let it be seen.
        var isShown = view.Count > 0 && random.Chance(0.9);
        var key = new RowKey(isShown ? random.Pick([.. view.Keys.Order()]) : random.Next(1, world.Swarm.Keys + 1));
        var edit = new RowEdit(key, Fields(isFirst, random));
        return edit with { If = Condition(edit, view, random) };
    }

    // Of the edits of one call only the first may set what another could set too: the server tells edits apart by moment and values.
    private FieldValues Fields(bool isFirst, RandomStream random)
    {
        var schema = Thing.Schema;
        if (world.Swarm.Has(Feature.Unlucky) && random.Chance(0.2))
            return FieldValues.Of(schema, ("number", ServerModel.Unlucky));
        if (world.Swarm.Has(Feature.Forbidden) && random.Chance(0.1))
            return FieldValues.Of(schema, ("team", random.Next(1, 3)));
        var value = ++_edits;
        return (isFirst ? random.Next(4) : random.Next(2, 4)) switch
        {
            0 => FieldValues.Of(schema, ("flag", random.Chance(0.5))),
            1 => FieldValues.Of(schema, ("note", random.Chance(0.2) ? null : $"e{value}")),
            2 => FieldValues.Of(schema, ("number", 1000 + value), ("note", $"e{value}")),
            _ => FieldValues.Of(schema, ("number", 1000 + value)),
        };
    }

    private FieldValues Condition(RowEdit edit, Dictionary<long, Thing> view, RandomStream random)
    {
        if (!world.Swarm.Has(Feature.Conditional) || !random.Chance(0.5) || !view.TryGetValue(edit.Key.Value, out var row))
            return FieldValues.None;
        var number = random.Chance(0.85) ? row.Number : row.Number + 1;
        return random.Next(3) switch
        {
            0 => FieldValues.Of(Thing.Schema, ("number", number)),
            1 => FieldValues.Of(Thing.Schema, ("flag", row.Flag)),
            _ => FieldValues.Of(Thing.Schema, ("note", row.Note), ("number", number)),
        };
    }

    private static async Task<Dictionary<long, Thing>> ViewAsync(ObservedStore store)
    {
        var opened = await store.OpenViewAsync(ViewQuery.All, new RowRange(0, 100), default);
        await using var view = opened.View;
        return Enumerable.Range(0, opened.Window.Count).Select(i => Thing.Decode(opened.Window[i].Span)).ToDictionary(row => row.Key);
    }

    // A moment of its own for each edit, by which it can be told from all others.
    private DateTimeOffset Now() => Scheduler.Start.AddMicroseconds(++_moments);
}
