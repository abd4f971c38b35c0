using System.Globalization;
using Collection.Contracts;
using Collection.Sync.Abstractions;
using Xunit.Abstractions;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>Two tabs of the browser's store do, in any order of calls, what the store in memory does.</summary>
[Collection(nameof(Chromium))]
public sealed class SameAsInMemoryTests(Chromium chromium, ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly CollectionSchema Schema = new(
        "things",
        [
            new("id", FieldKind.Int64) { IsKey = true },
            new("name", FieldKind.Text) { IsIndexed = true, IsSearchable = true },
            new("rank", FieldKind.Int32) { IsIndexed = true, IsNullable = true },
            new("memo", FieldKind.Text) { IsNullable = true },
        ]);

    private static readonly string?[] Texts = ["a", "b", "É", "long enough to be more than one block of characters"];

    private readonly string _name = $"same-{Guid.NewGuid()}";
    private readonly Tab[] _tabs = new Tab[2];
    private readonly IndexedDbStore[] _databases = new IndexedDbStore[2];
    private readonly InMemoryDatabase _memory = new();
    private string _limits = "{}";
    private Random _random = new(0);
    private int _version;

    public async Task InitializeAsync()
    {
        for (var i = 0; i < _tabs.Length; i++)
            _tabs[i] = await chromium.OpenTabAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var database in _databases)
            await database.DisposeAsync();
        foreach (var tab in _tabs)
            await tab.DisposeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(null)]
    [InlineData(4, TinyLimits.Json)]
    [InlineData(5, TinyLimits.Json)]
    [InlineData(6, TinyLimits.Json)]
    [InlineData(null, TinyLimits.Json)]
    public async Task RandomCalls_HaveTheSameEffectInBoth(int? given, string limits = "{}")
    {
        _limits = limits;
        var seed = given ?? Environment.TickCount;
        output.WriteLine($"seed {seed}");
        _random = new Random(seed);
        var model = await new InMemorySyncStore(_memory).OpenAsync(Schema, default);
        var stores = await OpenAsync();
        var fence = await LeadAsync(model, stores[0]);
        var batch = new OutboxBatch("none", []);
        var start = new PullStart(null, model.Status.Writes);
        for (var step = 0; step < 150; step++)
        {
            var store = stores[_random.Next(2)];
            var call = _random.Next(17);
            switch (call)
            {
                case < 3:
                    var (page, asked) = (MakePage(more: _random.Next(3) == 0, cursor: $"{step}"), _random.Next(6) == 0 ? start : Start(model));
                    await BothAsync(async any => await any.ApplyAsync(page, asked, fence, default));
                    break;
                case 3:
                    var hint = MakePage(more: true, cursor: "hint");
                    await BothAsync(async any => await any.ApplyHintAsync(hint, fence, default));
                    break;
                case 4 when _random.Next(3) == 0:
                    await BothAsync(async any => await any.ResetAsync(fence, default));
                    break;
                case < 10:
                    RowEdit[] edits = [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => MakeEdit())];
                    await BothAsync(async any => Say(await any.Outbox.EditAsync(edits, At(step), default)));
                    break;
                case 10:
                    var (client, count) = ($"client{step}", _random.Next(4));
                    batch = await model.Outbox.SealAsync(client, count, fence, default);
                    Say(await store.Outbox.SealAsync(client, count, fence, default)).ShouldBe(Say(batch));
                    break;
                case 11 or 12:
                    var answer = new PushAnswer(
                        [.. batch.Mutations.Select(mutation => new MutationResult(mutation.Id, _random.Next(4) == 0 ? "condition" : null, "why"))],
                        _random.Next(3) == 0 ? null : MakePage(more: true, "rows", [.. batch.Mutations.Select(mutation => mutation.Edit.Key.Value)]));
                    await BothAsync(async any => await any.Outbox.AcknowledgeAsync(batch, answer, fence, default));
                    break;
                case 13 when batch.Mutations.Length > 0:
                    var id = batch.Mutations[_random.Next(batch.Mutations.Length)].Id;
                    await BothAsync(async any => await any.Outbox.SetAsideAsync(id, "value", null, fence, default));
                    break;
                case 14 when _random.Next(4) == 0:
                    await BothAsync(async any => await any.Outbox.RenumberAsync(fence, default));
                    break;
                case 15:
                    long[] numbers = [.. Enumerable.Range(0, 5).Select(_ => (long)_random.Next(1, step + 2))];
                    if (_random.Next(2) == 0)
                        await BothAsync(async any => await any.Outbox.RetryAsync(numbers, At(step), default));
                    else
                        await BothAsync(async any => await any.Outbox.DiscardAsync(numbers, default));
                    break;
                case 16 when _random.Next(4) == 0:
                    stores = await OpenAsync();
                    store = stores[0];
                    break;
                default:
                    start = Start(model);
                    continue;
            }

            Say(store.Status).ShouldBe(Say(model.Status), $"seed {seed}, step {step}, call {call}");
            (await ContentAsync(store)).ShouldBe(await ContentAsync(model), $"seed {seed}, step {step}, call {call}");

            async Task BothAsync<T>(Func<ICollectionStore, Task<T>> act)
            {
                var expected = await act(model);
                var found = await act(store);
                if (expected is string)
                    found.ShouldBe(expected, $"seed {seed}, step {step}");
            }
        }
    }

    private static PullStart Start(ICollectionStore store) => new(store.Status.Cursor, store.Status.Writes);

    private static DateTimeOffset At(int step) => DateTimeOffset.UnixEpoch.AddTicks(step);

    private static async Task<long> LeadAsync(ICollectionStore model, ICollectionStore store)
    {
        var fence = await model.LeadAsync(default);
        (await store.LeadAsync(default)).ShouldBe(fence);
        return fence;
    }

    /// <summary>All but what each store counts in its own way.</summary>
    private static string Say(StoreStatus status) => (status with { Generation = 0, Revision = 0 }).ToString();

    private static string Say(IEnumerable<EditOutcome> outcomes) =>
        string.Join('\n', outcomes.Select(outcome => $"{outcome.Result} {Say(outcome.Undo)} {Say(outcome.Current)}"));

    private static string Say(OutboxBatch batch) =>
        string.Join('\n', batch.Mutations.Select(mutation => $"{mutation.Id} {Say(mutation.Edit)} {mutation.MadeAt:O}").Prepend(batch.ClientId));

    private static string Say(RowEdit? edit) => edit is null ? "-" : $"{edit.Key.Value} {Say(edit.Fields)} if {Say(edit.If)} by {edit.CorrelationId}";

    private static string Say(FieldValues? values) =>
        values is null ? "-" : string.Join(',', values.Select(value => $"{value.Key}={Convert.ToHexString(value.Value.Span)}"));

    /// <summary>The rows of some queries, and the outbox.</summary>
    private static async Task<string> ContentAsync(ICollectionStore store)
    {
        var content = new List<string>();
        ViewQuery[] queries = [ViewQuery.All, ViewQuery.All with { Search = "é", Sort = [new("rank", Abstractions.SortDirection.Descending)] }];
        foreach (var query in queries)
        {
            var (view, rows) = await store.OpenViewAsync(query, new RowRange(0, int.MaxValue), default);
            await using (view)
                content.AddRange(Enumerable.Range(0, rows.Count).Select(i => Convert.ToHexString(rows[i].Span)).Prepend($"view of {view.Count}"));
        }

        foreach (var part in Enum.GetValues<OutboxPart>())
        {
            content.AddRange((await store.Outbox.ReadAsync(part, int.MaxValue, default)).Select(entry =>
                string.Create(CultureInfo.InvariantCulture, $"{entry.Number} {Say(entry.Edit)} {entry.MadeAt:O} {entry.IsSent} {entry.Rejection} {entry.Detail}")));
        }

        return string.Join('\n', content);
    }

    private async Task<ICollectionStore[]> OpenAsync()
    {
        var stores = new ICollectionStore[2];
        for (var i = 0; i < stores.Length; i++)
        {
            if (_databases[i] is { } before)
                await before.DisposeAsync();
            _databases[i] = new IndexedDbStore(_tabs[i], _name, cacheBytes: i * IndexedDbStore.DefaultCacheBytes, _limits);
            stores[i] = await _databases[i].OpenAsync(Schema, default);
        }

        return stores;
    }

    private byte[] MakePage(bool more, string cursor, params ReadOnlySpan<long> keys)
    {
        var page = new PageBuilder(Schema);
        var count = _random.Next(4);
        for (var i = 0; i < keys.Length + count; i++)
        {
            var key = i < keys.Length ? keys[i] : _random.Next(8);
            var version = new RowVersion(0, _random.Next(6) == 0 ? _random.Next(_version + 1) : ++_version);
            if (_random.Next(5) == 0)
                page.Delete(key, version);
            else
                page.Upsert(version, key, Pick(Texts), Rank(), Pick([null, .. Texts]));
        }

        return page.Build(cursor, more, epoch: _random.Next(6) == 0 ? 2 : 1);
    }

    private RowEdit MakeEdit() => new(new RowKey(_random.Next(8)), MakeValues(1)) { If = _random.Next(2) == 0 ? FieldValues.None : MakeValues(0), CorrelationId = _random.Next(4) == 0 ? "export-1" : null };

    private FieldValues MakeValues(int least)
    {
        var values = new List<(string, object?)>();
        if (_random.Next(2) == 0)
            values.Add(("rank", Rank()));
        if (_random.Next(3) == 0)
            values.Add(("memo", Pick([null, .. Texts])));
        if (values.Count < least || _random.Next(4) == 0)
            values.Add(("name", Pick(Texts)));
        return FieldValues.Of(Schema, [.. values]);
    }

    private int? Rank() => _random.Next(3) is > 0 and var rank ? rank : null;

    private string? Pick(string?[] texts) => texts[_random.Next(texts.Length)];
}
