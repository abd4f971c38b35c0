using Collection.Sync.Abstractions;

namespace Collection.Contracts;

// Random queries of the random sequences, and views of them that are opened again and again.
public abstract partial class CollectionStoreContract
{
    private sealed partial class RandomSequence
    {
        /// <summary>Opens the view again that was opened last, or another one of a random query.</summary>
        private async Task FollowAsync()
        {
            var window = new RowRange(_random.Next(5), _random.Next(4));
            if (_view is not { } view)
            {
                _query = RandomQuery();
                Say($"view {_query}");
                _view = (await _store.OpenViewAsync(_query, window, default)).View;
                (await ThingsOfAsync(_view)).Select(thing => thing.Id).ShouldBe(_model.Rows().Select(row => ThingOf(row.Key, row.Value)).Where(Matches).Order(Comparer<Thing>.Create(Compare)).Select(thing => thing.Id));
                return;
            }

            Say($"reopen view at {window.Start} {window.Count}");
            var before = await ThingsOfAsync(view);
            var (reopened, rows, told) = await view.ReopenAsync(window, default);
            var after = await ThingsOfAsync(reopened);
            var expected = _model.Rows().Select(row => ThingOf(row.Key, row.Value)).Where(Matches).Order(Comparer<Thing>.Create(Compare)).ToList();
            after.ShouldBe(expected);
            rows.Decode(new ThingCodec(keyKind)).ShouldBe(expected.Skip(told.Start).Take(window.Count));
            Total(told.Inserted).ShouldBe(after.ExceptBy(before.Select(thing => thing.Id), thing => thing.Id).Count());
            Total(told.Removed).ShouldBe(before.ExceptBy(after.Select(thing => thing.Id), thing => thing.Id).Count());
            Total(told.Changed).ShouldBeInRange(before.Count(thing => after.Exists(other => other.Id == thing.Id && other != thing)), before.IntersectBy(after.Select(thing => thing.Id), thing => thing.Id).Count());
            told.Start.ShouldBeInRange(0, after.Count);
            foreach (var thing in expected)
                (await reopened.FindAsync(KeyOf(keyKind, thing.Id), default)).ShouldBe(expected.IndexOf(thing));
            await view.DisposeAsync();
            _view = reopened;
            if (_random.Next(4) > 0)
                return;
            await reopened.DisposeAsync();
            _view = null;
        }

        private static int Total(RowCounts counts) => counts.Above + counts.Inside + counts.Below;

        private async Task<List<Thing>> ThingsOfAsync(IStoreView view) =>
            [.. (await view.ReadAsync(new RowRange(0, view.Count), default)).Decode(new ThingCodec(keyKind))];

        private ViewQuery RandomQuery()
        {
            FieldSort[] sort = [new("name", RandomDirection()), new("label", RandomDirection()), new("rank", RandomDirection()), new("active", RandomDirection())];
            _random.Shuffle(sort);
            return new ViewQuery { Filters = [.. Enumerable.Range(0, _random.Next(3)).Select(_ => RandomFilter(0))], Sort = [.. sort.Take(_random.Next(3))] };
        }

        private SortDirection RandomDirection() => _random.Next(2) == 0 ? SortDirection.Ascending : SortDirection.Descending;

        private ViewFilter RandomFilter(int depth)
        {
            string[] fields = ["name", "label", "rank", "active", "seen_at"];
            var field = fields[_random.Next(fields.Length)];
            var text = fields[_random.Next(2)];
            return _random.Next(depth < 2 ? 7 : 5) switch
            {
                0 => new EqualFilter(field, RandomValue(field)),
                1 => new InFilter(field, [RandomValue(field), RandomValue(field)]),
                2 when field != "active" => new RangeFilter(field, RandomValue(field), RandomValue(field)) { IncludesFrom = _random.Next(2) == 0, IncludesTo = _random.Next(2) == 0 },
                < 4 => new PrefixFilter(text, _random.Next(2) == 0 ? "B" : "ä"),
                4 => new ContainsFilter(_random.Next(2) == 0 ? ["name", "label"] : [text], _random.Next(2) == 0 ? "ERG" : "\U0001f600"),
                5 => new AndFilter([RandomFilter(depth + 1), RandomFilter(depth + 1)]),
                _ => new OrFilter([RandomFilter(depth + 1), RandomFilter(depth + 1)]),
            };
        }

        private bool Matches(Thing thing) => _query.Filters.All(filter => Matches(thing, filter));

        private static bool Matches(Thing thing, ViewFilter filter) => filter switch
        {
            EqualFilter equal => CompareValues(Value(thing, equal.Field), equal.Value) == 0,
            InFilter one => one.Values.Any(value => CompareValues(Value(thing, one.Field), value) == 0),
            RangeFilter range => Value(thing, range.Field) is { } value
                && (range.From is null || CompareValues(value, range.From) > (range.IncludesFrom ? -1 : 0))
                && (range.To is null || CompareValues(value, range.To) < (range.IncludesTo ? 1 : 0)),
            PrefixFilter prefix => Value(thing, prefix.Field) is string text && Fold(text).StartsWith(Fold(prefix.Text), StringComparison.Ordinal),
            ContainsFilter contains => contains.Fields.Any(field => Value(thing, field) is string text && Fold(text).Contains(Fold(contains.Text), StringComparison.Ordinal)),
            AndFilter and => and.Filters.All(part => Matches(thing, part)),
            OrFilter or => or.Filters.Any(part => Matches(thing, part)),
            _ => throw new NotSupportedException(),
        };

        private int Compare(Thing? a, Thing? b)
        {
            foreach (var (field, direction) in _query.Sort)
            {
                var order = CompareValues(Value(a!, field), Value(b!, field));
                if (order != 0)
                    return direction == SortDirection.Ascending ? order : -order;
            }

            return a!.Id.CompareTo(b!.Id);
        }

        private static object? Value(Thing thing, string field) => field switch
        {
            "name" => thing.Name,
            "label" => thing.Label,
            "rank" => thing.Rank,
            "active" => thing.Active,
            _ => thing.SeenAt,
        };

        // The values of these tests are in the same order by UTF-16 as by code point.
        private static int CompareValues(object? a, object? b) => Math.Sign((a, b) switch
        {
            (null, null) => 0,
            (null, _) => -1,
            (_, null) => 1,
            (string left, string right) => string.CompareOrdinal(Fold(left), Fold(right)),
            _ => Comparer<object>.Default.Compare(a, b),
        });
    }
}
