using System.Globalization;
using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>
/// Random calls of a store, and what a store in memory holds after each of them. A tab or a browser that dies leaves what
/// it held after one of the calls: a whole state, however many calls were under way.
/// </summary>
internal sealed class History(Random random)
{
    /// <summary>One field of each kind of column, and rows of some hundred bytes.</summary>
    public static CollectionSchema Schema { get; } = new(
        "things",
        [
            new("id", FieldKind.Int64) { IsKey = true },
            new("name", FieldKind.Text) { IsIndexed = true, IsSearchable = true },
            new("rank", FieldKind.Int32) { IsIndexed = true, IsNullable = true },
            new("score", FieldKind.Double) { IsIndexed = true },
            new("memo", FieldKind.Text) { IsNullable = true },
        ]);

    private const int Keys = 80;

    private static readonly string[] Words = ["ash", "Birch", "cedar", "Éclair", "dogwood and more of it than fits into a few bytes"];

    private readonly InMemoryDatabase _memory = new();
    private readonly List<(InMemoryDatabase State, string Status)> _states = [];
    private ICollectionStore? _model;
    private OutboxBatch _batch = new("none", []);
    private long _fence;
    private long _version;
    private int _step;

    /// <summary>The index in <see cref="_states"/> that what is stored has reached for certain.</summary>
    private int _reached;

    /// <summary>The same of calls that have written strictly.</summary>
    private int _reachedStrictly;

    /// <summary>Calls that were made.</summary>
    public int Calls => _step;

    /// <summary>Calls that were answered and whose effect was gone afterwards: pages only, which are pulled again.</summary>
    public int LostPages { get; private set; }

    /// <summary>Begins to lead in a tab that has just been opened.</summary>
    public async Task LeadAsync(ICollectionStore store)
    {
        _fence = await _model!.LeadAsync(default);
        Remember();
        (await store.LeadAsync(default)).ShouldBe(_fence);
        _reached = _states.Count - 1;
    }

    /// <summary>Asks a store for something. Calls that are asked for one after the other are done in this order. What is returned completes with the answer.</summary>
    /// <param name="isEdit">True for an edit, false for whatever a leader does, null for any of it.</param>
    public async Task<Task> AskAsync(ICollectionStore store, bool? isEdit = null)
    {
        var (call, isStrict) = await MakeCallAsync(isEdit ?? random.Next(5) < 2);
        _step++;
        await call(_model!);
        Remember();
        return AnswerAsync(call(store), _states.Count - 1, isStrict);
    }

    /// <summary>
    /// Finds out which calls a store that was opened again has the effects of, goes back to there, and compares all that it
    /// holds. Those that were answered have to be among them; of calls that are not strict only where <paramref name="isPowerCut"/> is false.
    /// </summary>
    public async Task SettleAsync(ICollectionStore store, string when, bool isPowerCut = false)
    {
        if (_model is null)
        {
            await OpenModelAsync();
            Remember();
        }

        var status = Say(store.Status);
        var found = _states.FindLastIndex(state => state.Status == status);
        found.ShouldBeGreaterThanOrEqualTo(isPowerCut ? _reachedStrictly : _reached, $"{when}: '{status}' is not what the calls that were answered have made, which is one of\n{string.Join('\n', _states.Select(state => state.Status))}");
        LostPages += Math.Max(0, _reached - found);
        var state = _states[found].State;
        _memory.Restore(state);
        await OpenModelAsync();
        _states.Clear();
        Remember();
        _reached = _reachedStrictly = 0;
        _batch = new OutboxBatch("none", []);
        await CompareAsync(store, when);
    }

    /// <summary>The browser has lost everything, and a store begins anew.</summary>
    public async Task ForgetAsync()
    {
        _memory.Restore(new InMemoryDatabase());
        await OpenModelAsync();
        _states.Clear();
        Remember();
        _reached = _reachedStrictly = 0;
    }

    /// <summary>Compares all that a store shows with what it should.</summary>
    public async Task CompareAsync(ICollectionStore store, string when) =>
        (await ContentAsync(store)).ShouldBe(await ContentAsync(_model!), when);

    /// <summary>Every row, in the order of each field and as a search finds it, and the outbox.</summary>
    public static async Task<string> ContentAsync(ICollectionStore store)
    {
        var content = new List<string>();
        foreach (var query in Queries)
            content.Add(await RowsAsync(store, query));
        foreach (var part in Enum.GetValues<OutboxPart>())
        {
            content.AddRange((await store.Outbox.ReadAsync(part, int.MaxValue, default)).Select(entry =>
                string.Create(CultureInfo.InvariantCulture, $"{entry.Number} {Say(entry.Edit)} {entry.MadeAt:O} {entry.IsSent} {entry.Rejection} {entry.Detail}")));
        }

        return string.Join('\n', content);
    }

    /// <summary>All rows in several orders, and what searches find.</summary>
    public static IReadOnlyList<ViewQuery> Queries { get; } =
    [
        ViewQuery.All,
        ViewQuery.All with { Search = "é" },
        ViewQuery.All with { Search = "a" },
        .. Schema.Fields.Where(field => field.IsIndexed).SelectMany(field => new[] { Abstractions.SortDirection.Ascending, Abstractions.SortDirection.Descending }
            .Select(direction => ViewQuery.All with { Sort = [new(field.Name, direction)] })),
    ];

    /// <summary>The rows of a query.</summary>
    public static async Task<string> RowsAsync(ICollectionStore store, ViewQuery query)
    {
        var (view, rows) = await store.OpenViewAsync(query, new RowRange(0, int.MaxValue), default);
        await using (view)
            return $"view of {view.Count}\n{Say(rows)}";
    }

    /// <summary>Rows, one a line.</summary>
    public static string Say(RowBatch rows) => string.Join('\n', Enumerable.Range(0, rows.Count).Select(i => Convert.ToHexString(rows[i].Span)));

    /// <summary>The edits that wait, by key: in whatever order tabs have made them.</summary>
    public static async Task<string> EditsAsync(ICollectionStore store) =>
        string.Join('\n', (await store.Outbox.ReadAsync(OutboxPart.Pending, int.MaxValue, default)).OrderBy(entry => entry.Edit.Key.Value).Select(entry => Say(entry.Edit)));

    private async Task AnswerAsync(Task answer, int state, bool isStrict)
    {
        await answer;
        _reached = Math.Max(_reached, state);
        if (isStrict)
            _reachedStrictly = Math.Max(_reachedStrictly, state);
    }

    private async Task<(Func<ICollectionStore, Task> Call, bool IsStrict)> MakeCallAsync(bool isEdit)
    {
        var (fence, step) = (_fence, _step);
        if (isEdit)
        {
            RowEdit[] edits = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => MakeEdit())];
            return (async store => await store.Outbox.EditAsync(edits, At(step), default), true);
        }

        switch (random.Next(24))
        {
            case < 5:
                var (client, count) = ($"client{step}", random.Next(1, 4));
                return (async store =>
                {
                    var batch = await store.Outbox.SealAsync(client, count, fence, default);
                    if (store == _model)
                        _batch = batch;
                }, true);
            case < 9 when _batch.Mutations.Length > 0:
                var batch = _batch;
                var answer = new PushAnswer(
                    [.. batch.Mutations.Select(mutation => new MutationResult(mutation.Id, random.Next(4) == 0 ? "condition" : null, "why"))],
                    random.Next(3) == 0 ? null : MakePage(more: true, "rows", [.. batch.Mutations.Select(mutation => mutation.Edit.Key.Value)]));
                return (async store => await store.Outbox.AcknowledgeAsync(batch, answer, fence, default), answer.Results.Any(result => result.Rejection is not null));
            case 9:
                return (async store => await store.ResetAsync(fence, default), false);
            case 10 or 11:
                var hint = MakePage(more: true, "hint");
                return (async store => await store.ApplyHintAsync(hint, fence, default), false);
            default:
                var page = MakePage(more: random.Next(3) == 0, $"cursor{step}");
                var start = new PullStart(_model!.Status.Cursor, _model.Status.Writes);
                return (async store => await store.ApplyAsync(page, start, fence, default), false);
        }
    }

    private async Task OpenModelAsync() => _model = await new InMemorySyncStore(_memory).OpenAsync(Schema, default);

    private void Remember() => _states.Add((_memory.Copy(), Say(_model!.Status)));

    private byte[] MakePage(bool more, string cursor, params ReadOnlySpan<long> keys)
    {
        var page = new PageBuilder(Schema);
        // Mostly a delta; now and then a page that has rows in several blocks.
        var others = random.Next(8) == 0 ? Enumerable.Range(0, Keys) : Enumerable.Range(0, random.Next(6)).Select(_ => random.Next(Keys));
        foreach (var key in keys.ToArray().Concat(others.Select(key => (long)key)))
        {
            var version = new RowVersion(0, random.Next(8) == 0 ? random.NextInt64(_version + 1) : ++_version);
            if (random.Next(6) == 0)
                page.Delete(key, version);
            else
                page.Upsert(version, key, Word(), Rank(), random.NextDouble(), random.Next(3) == 0 ? null : new string('m', random.Next(200)));
        }

        return page.Build(cursor, more);
    }

    private RowEdit MakeEdit() => new(
        new RowKey(random.Next(Keys)),
        random.Next(2) == 0 ? FieldValues.Of(Schema, ("rank", Rank())) : FieldValues.Of(Schema, ("name", Word()), ("memo", $"edit {_step}")))
    {
        If = random.Next(3) == 0 ? FieldValues.Of(Schema, ("rank", Rank())) : FieldValues.None,
    };

    private string Word() => $"{Words[random.Next(Words.Length)]} {random.Next(10)}";

    private int? Rank() => random.Next(4) is > 0 and var rank ? rank : null;

    private static DateTimeOffset At(int step) => DateTimeOffset.UnixEpoch.AddTicks(step);

    /// <summary>All but what each store counts in its own way.</summary>
    private static string Say(StoreStatus status) => (status with { Generation = 0, Revision = 0 }).ToString();

    private static string Say(RowEdit edit) => $"{edit.Key.Value} {Say(edit.Fields)} if {Say(edit.If)}";

    private static string Say(FieldValues values) => string.Join(',', values.Select(value => $"{value.Key}={Convert.ToHexString(value.Value.Span)}"));
}
