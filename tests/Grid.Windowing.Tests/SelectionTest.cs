using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing.Tests;

/// <summary>A store in memory with a few people, and a clock that stands still: each step completes within the call that causes it.</summary>
public abstract class SelectionTest : IAsyncLifetime
{
    private protected static readonly CollectionSchema Schema = new("people",
    [
        new("id", FieldKind.Int64) { IsKey = true },
        new("name", FieldKind.Text) { IsIndexed = true, IsSearchable = true },
        new("rank", FieldKind.Int32) { IsIndexed = true, IsNullable = true },
        new("flagged", FieldKind.Boolean) { IsIndexed = true },
    ]);

    private long _fence;
    private long _version;

    private protected InMemorySyncStore Database { get; } = new(new InMemoryDatabase());

    private protected ManualTime Time { get; } = new();

    private protected ICollectionStore Store { get; private set; } = null!;

    public virtual async Task InitializeAsync()
    {
        Store = await Database.OpenAsync(Schema, default);
        _fence = await Store.LeadAsync(default);
    }

    public virtual async Task DisposeAsync() => await Database.DisposeAsync();

    /// <summary>Rows 1 to <paramref name="count"/>, with a rank of the tens of their key.</summary>
    private protected Task FillAsync(int count) =>
        ApplyAsync(page => Enumerable.Range(1, count).Aggregate(page, (built, i) => built.Upsert(Version(), i, $"person {i}", i / 10, false)));

    private protected Task PutAsync(long key, string name, int? rank, bool isFlagged = false) => ApplyAsync(page => page.Upsert(Version(), key, name, rank, isFlagged));

    private protected Task DeleteAsync(params long[] keys) => ApplyAsync(page => keys.Aggregate(page, (built, key) => built.Delete(key, Version())));

    private protected static RowEdit Flag(long key, bool isFlagged = true) => new(key, FieldValues.Of(Schema, ("flagged", isFlagged)));

    private protected async Task<long[]> KeysAsync(ViewQuery query)
    {
        var (view, rows) = await Store.OpenViewAsync(query, new RowRange(0, int.MaxValue), default);
        await using (view)
            return [.. Keys(rows)];
    }

    private protected static IEnumerable<long> Keys(RowBatch rows) => Enumerable.Range(0, rows.Count).Select(i => rows.ReadKey(i, Schema).Value);

    private protected static ViewQuery OfRank(int rank) => new() { Filters = [new EqualFilter("rank", rank)] };

    private protected static ViewQuery Flagged { get; } = new() { Filters = [new EqualFilter("flagged", true)] };

    private RowVersion Version() => new(0, ++_version);

    private async Task ApplyAsync(Func<PageBuilder, PageBuilder> build)
    {
        var page = build(new PageBuilder(Schema)).Build($"cursor-{_version}");
        await Store.ApplyAsync(page, new PullStart(Store.Status.Cursor, Store.Status.Writes), _fence, default);
    }
}
