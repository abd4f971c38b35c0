using System.Globalization;
using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing.Tests;

/// <summary>
/// Somebody who looks here and there while rows come, change and go, and a store whose calls end in any order. Whatever is
/// shown as current is what the store's view holds there, nobody's place is lost, and in the end everything is there.
/// </summary>
public sealed class RandomTests
{
    private const int Screen = 12;

    private readonly ManualTime _time = new();
    private readonly List<TaskCompletionSource> _calls = [];
    private readonly SortedDictionary<(string Origin, long Key), long> _rows = new(Comparer<(string Origin, long Key)>.Create(Compare));
    private readonly Dictionary<long, string> _origins = [];
    private InMemoryCollectionStore Store { get; set; } = null!;
    private WindowedRowSource<Row> Source { get; set; } = null!;
    private long _fence;
    private long _version;
    private long _nextKey = 1;
    private long _firstNew;
    private bool _holds;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Whatever_happens_rows_are_right_and_nobodys_place_is_lost(int seed)
    {
        var random = new Random(seed);
        await MakeAsync(random, seed % 4 == 0 ? 0 : random.Next(2000, 40_000));
        Look(random.Next(0, 150), random);
        for (var step = 0; step < 150; step++)
        {
            var because = $"seed {seed}, step {step}";
            switch (random.Next(8))
            {
                case 0:
                    await ChangeAsync(random, seed % 3);
                    break;
                case 1:
                    Look(random.Next(0, _rows.Count), random);
                    break;
                case 2 or 3:
                    Look(Source.State.Viewport.Rows.Start + random.Next(-9, 10), random);
                    break;
                case 4:
                    _time.Advance(random.Next(1, 300));
                    break;
                default:
                    CompleteOne(random);
                    break;
            }

            Check(because);
        }

        Settle();
        CheckAgainstAll($"seed {seed}, at the end");
        var state = Source.State;
        if (state.Viewport.Focus is { } focus)
            Source.TryGetRow(focus, out _).ShouldBeTrue($"seed {seed}: the row with the focus, at {focus}");
        await Source.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Whoever_rests_keeps_his_place_and_his_focus_through_every_refresh(int seed)
    {
        var random = new Random(seed);
        await MakeAsync(random, 100_000);
        Look(random.Next(20, 150), random);
        Settle();
        var focus = random.Next(0, _rows.Count);
        Source.Look(Source.State.Viewport with { Focus = focus });
        Settle();
        var focused = _rows.Values.ElementAt(focus);
        for (var round = 0; round < 20; round++)
        {
            var first = Source.TryGetRow(Source.State.Viewport.Rows.Start, out var row) ? row.Key.Value : -1;
            await ChangeAsync(random, kind: seed % 2, spared: first);
            Settle();

            CheckAgainstAll($"seed {seed}, round {round}");
            var start = Source.State.Viewport.Rows.Start;
            Source.TryGetRow(start, out row).ShouldBeTrue();
            (row.Key, row.IsStale).ShouldBe((new RowKey(first), false), $"seed {seed}, round {round}: the first row on screen");
            var place = _rows.Values.ToList().IndexOf(focused);
            Source.State.Viewport.Focus.ShouldBe(place < 0 ? null : place, $"seed {seed}, round {round}: the row with the focus");
            if (place < 0)
                return;
        }

        await Source.DisposeAsync();
    }

    private async Task MakeAsync(Random random, int maxBytes)
    {
        var tab = new InMemorySyncStore(new InMemoryDatabase()) { Before = (operation, _) => Hold(operation) };
        Store = (InMemoryCollectionStore)await tab.OpenAsync(Row.Collection.Schema, default);
        _fence = await Store.LeadAsync(default);
        await ApplyAsync(page =>
        {
            foreach (var _ in Enumerable.Range(0, 200))
                Insert(page, random);
        });
        Source = new WindowedRowSource<Row>(Store, Row.Collection, new WindowingOptions { BlockRows = 10, MaxCachedBytes = maxBytes }, _time);
        _holds = true;
        _ = Source.QueryAsync(new ViewQuery { Sort = [new FieldSort("origin")] });
        Settle();
    }

    private async ValueTask Hold(StoreOperation operation)
    {
        if (!_holds || operation.Name is "Apply")
            return;
        var call = new TaskCompletionSource();
        _calls.Add(call);
        await call.Task;
    }

    private void CompleteOne(Random random)
    {
        if (_calls.Count == 0)
            return;
        var call = _calls[random.Next(_calls.Count)];
        _calls.Remove(call);
        call.SetResult();
    }

    private void Settle()
    {
        for (var i = 0; i < 200; i++)
        {
            while (_calls.Count > 0)
            {
                var call = _calls[0];
                _calls.RemoveAt(0);
                call.SetResult();
            }

            _time.Advance(50);
            if (_calls.Count == 0 && i > 20)
                return;
        }

        throw new InvalidOperationException("There is no end to the reading.");
    }

    private void Look(int start, Random random) =>
        Source.Look(new Viewport(new RowRange(Math.Clamp(start, 0, Math.Max(Source.State.Count - Screen, 0)), Screen), random.Next(3) > 0 ? Source.State.Viewport.Focus : random.Next(Math.Max(Source.State.Count, 1))));

    /// <summary>Whatever is current is in the view's order, and is what it was when it was read: rows here never become others without a sign.</summary>
    private void Check(string because)
    {
        (string, long)? former = null;
        var at = -1;
        for (var position = 0; position < Source.State.Count; position++)
        {
            if (!Source.TryGetRow(position, out var row) || row.IsStale)
                continue;
            row.Position.ShouldBe(position, because);
            row.Key.ShouldBe(new RowKey(row.Value.Position), because);
            var now = (row.Value.Origin, row.Key.Value);
            if (former is { } before)
                Compare(before, now).ShouldBeLessThan(0, $"{because}: rows at {at} and {position}");
            (former, at) = (now, position);
        }

        Source.State.Phase.ShouldBe(RowSourcePhase.Ready, $"{because}: {Source.State.Error?.Message}");
    }

    /// <summary>Nothing is on its way: every row in memory is what it is now, and all on screen are there.</summary>
    private void CheckAgainstAll(string because)
    {
        var keys = _rows.Values.ToList();
        var state = Source.State;
        state.Count.ShouldBe(keys.Count, because);
        for (var position = 0; position < state.Count; position++)
        {
            var isThere = Source.TryGetRow(position, out var row) && !row.IsStale;
            var isOnScreen = position >= state.Viewport.Rows.Start && position < state.Viewport.Rows.End;
            (isThere || !isOnScreen).ShouldBeTrue($"{because}, position {position} on screen");
            if (isThere)
                (row.Key, row.Value.Origin).ShouldBe((new RowKey(keys[position]), _origins[keys[position]]), $"{because}, position {position}");
        }
    }

    private static int Compare((string Origin, long Key) left, (string Origin, long Key) right) =>
        string.CompareOrdinal(left.Origin, right.Origin) is var order and not 0 ? order : left.Key.CompareTo(right.Key);

    /// <summary>Rows come and, for the kinds 1 and 2, go; for 2 others change.</summary>
    private ValueTask ChangeAsync(Random random, int kind, long spared = -1) => ApplyAsync(page =>
    {
        var (from, to) = (random.NextDouble(), random.NextDouble());
        for (var i = random.Next(1, 5); i > 0; i--)
            Insert(page, random, Math.Min(from, to), Math.Max(from, to));
        var keys = _rows.Values.Where(key => key != spared && key < _firstNew).ToList();
        for (var i = kind > 0 ? random.Next(0, 4) : 0; i > 0; i--)
        {
            var key = keys[random.Next(keys.Count)];
            keys.Remove(key);
            if (kind == 2 && random.Next(2) == 0)
                Upsert(page, key, Text(random, 0, 1));
            else
                Delete(page, key);
        }
    });

    private async ValueTask ApplyAsync(Action<PageBuilder> write)
    {
        _firstNew = _nextKey;
        var page = new PageBuilder(Row.Collection.Schema);
        write(page);
        var after = Store.Status.Cursor;
        await Store.ApplyAsync(page.Build($"c{_version}"), new PullStart(after, Store.Status.Writes), _fence, default);
    }

    private void Insert(PageBuilder page, Random random, double from = 0, double to = 1) => Upsert(page, _nextKey++, Text(random, from, to));

    private static string Text(Random random, double from, double to) =>
        ((int)((from + (random.NextDouble() * (to - from))) * 999)).ToString("000", CultureInfo.InvariantCulture);

    private void Upsert(PageBuilder page, long key, string origin)
    {
        if (_origins.TryGetValue(key, out var former))
            _rows.Remove((former, key));
        page.Upsert(new RowVersion(0, ++_version), key, origin);
        _origins[key] = origin;
        _rows.Add((origin, key), key);
    }

    private void Delete(PageBuilder page, long key)
    {
        page.Delete(new RowKey(key), new RowVersion(0, ++_version));
        _rows.Remove((_origins[key], key));
        _origins.Remove(key);
    }
}
