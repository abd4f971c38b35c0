using Collection.Sync.Abstractions;
using Xunit.Abstractions;

namespace Collection.Grid.Windowing.Tests;

/// <summary>A selection beside the plainest one: a base, and what was said of single keys since.</summary>
public sealed class SelectionRandomTests(ITestOutputHelper output) : SelectionTest
{
    [Fact]
    public async Task A_selection_says_what_a_plain_one_says()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"Seed {seed}");
        for (var round = 0; round < 20; round++)
            await RunAsync(new Random(seed + round));
    }

    private async Task RunAsync(Random random)
    {
        (ViewQuery Query, Func<Person, bool> Holds)[] queries =
        [
            (ViewQuery.All, _ => true),
            (OfRank(1), person => person.Rank == 1),
            (new ViewQuery { Search = "a", Sort = [new FieldSort("rank")] }, person => person.Name.Contains('a', StringComparison.Ordinal)),
            (new ViewQuery { Search = "b", Filters = [new InFilter("rank", [0, 2, null])] }, person => person.Name.Contains('b', StringComparison.Ordinal) && person.Rank is 0 or 2 or null),
        ];
        var people = new SortedDictionary<long, Person>((await KeysAsync(ViewQuery.All)).ToDictionary(key => key, _ => new Person("", null)));
        foreach (var key in people.Keys.ToList())
            await DeleteAsync(key);
        people.Clear();
        Func<Person, bool>? holds = null;
        var said = new Dictionary<long, bool>();
        await using var selection = new RowSelection(Store, Time);
        bool IsSelected(long key) => people.TryGetValue(key, out var person) && (said.TryGetValue(key, out var one) ? one : holds?.Invoke(person) == true);

        for (var step = 0; step < 100; step++)
        {
            var key = random.Next(1, 40);
            switch (random.Next(7))
            {
                case 0 or 1:
                    people[key] = new Person($"{(char)('a' + random.Next(3))}{(char)('a' + random.Next(3))}", random.Next(4) is > 0 and var rank ? rank - 1 : null);
                    await PutAsync(key, people[key].Name, people[key].Rank);
                    break;
                case 2:
                    people.Remove(key);
                    await DeleteAsync(key);
                    break;
                case 3 or 4:
                    var isSelected = random.Next(2) == 0;
                    selection.Set(key, isSelected);
                    said[key] = isSelected;
                    break;
                case 5 when random.Next(4) == 0:
                    var (query, condition) = queries[random.Next(queries.Length)];
                    selection.SelectAll(query);
                    holds = condition;
                    said.Clear();
                    break;
                case 5 when random.Next(4) == 0:
                    selection.Clear();
                    holds = null;
                    said.Clear();
                    break;
                default:
                    long[] shown = [.. people.Keys];
                    if (shown.Length == 0)
                        break;
                    var (from, to) = (shown[random.Next(shown.Length)], shown[random.Next(shown.Length)]);
                    var isRangeSelected = random.Next(2) == 0;
                    await selection.SelectRangeAsync(ViewQuery.All, from, to, isRangeSelected, default);
                    foreach (var inRange in shown.Where(shown => shown >= Math.Min(from, to) && shown <= Math.Max(from, to)))
                        said[inRange] = isRangeSelected;
                    break;
            }

            long[] expected = [.. people.Keys.Where(IsSelected)];
            (await KeysAsync(selection.ToQuery([]))).ShouldBe(expected);
            foreach (var known in people.Keys)
                selection.Contains(known);
            Time.Advance(250);
            selection.Count.ShouldBe(expected.Length);
            people.Keys.Where(known => selection.Contains(known)).ShouldBe(expected);
        }
    }

    private sealed record Person(string Name, int? Rank);
}
