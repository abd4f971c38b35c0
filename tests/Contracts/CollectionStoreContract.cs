using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>
/// What every <see cref="ISyncStore"/> promises. An implementation inherits this class and says how its database is
/// opened; each test has a database of its own.
/// </summary>
public abstract partial class CollectionStoreContract : IAsyncLifetime
{
    private ISyncStore? _database;

    /// <summary>Opens this test's database. When it is opened a second time, what the first one stored is still there.</summary>
    protected abstract ValueTask<ISyncStore> OpenDatabaseAsync();

    /// <summary>Every kind of field that views sort and filter by, and one that they do not.</summary>
    protected static CollectionSchema Things { get; } = MakeSchema("things", SortDirection.Ascending);

    /// <summary>The same with the newest key first.</summary>
    protected static CollectionSchema NewestFirst { get; } = MakeSchema("newest_things", SortDirection.Descending);

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync() => await CloseAsync();

    private static ThingPage Page() => new(Things);

    private static CollectionSchema MakeSchema(string name, SortDirection keyOrder) => new(
        name,
        [
            new("id", FieldKind.Int64) { IsKey = true },
            new("name", FieldKind.Text) { IsIndexed = true, IsSearchable = true },
            new("label", FieldKind.Text) { IsIndexed = true, IsSearchable = true, IsNullable = true },
            new("rank", FieldKind.Int32) { IsIndexed = true, IsNullable = true },
            new("amount", FieldKind.Int64) { IsIndexed = true },
            new("score", FieldKind.Double) { IsIndexed = true, IsNullable = true },
            new("active", FieldKind.Boolean) { IsIndexed = true, IsNullable = true },
            new("seen_at", FieldKind.Timestamp) { IsIndexed = true, IsNullable = true },
            new("memo", FieldKind.Text) { IsNullable = true },
        ],
        keyOrder);

    private async Task<ICollectionStore> OpenAsync(CollectionSchema? schema = null)
    {
        _database ??= await OpenDatabaseAsync();
        return await _database.OpenAsync(schema ?? Things, default);
    }

    private async Task CloseAsync()
    {
        if (_database is not null)
            await _database.DisposeAsync();
        _database = null;
    }

    private async Task WipeAsync()
    {
        await _database!.WipeAsync(default);
        await CloseAsync();
    }

    private static async Task ApplyNextAsync(ICollectionStore store, ThingPage page)
    {
        var next = $"{store.Status.Cursor?.Value}+";
        var status = await store.ApplyAsync(page.Build(next), store.Status.Cursor, default);
        status.Cursor.ShouldBe(new SyncCursor(next));
    }

    private static async Task ApplyAllAsync(ICollectionStore store, params ThingPage[] pages)
    {
        foreach (var page in pages)
            await ApplyNextAsync(store, page);
    }

    private static async Task<IReadOnlyList<long>> KeysAsync(ICollectionStore store, ViewQuery query) =>
        [.. (await RowsAsync(store, query)).Select(row => row.Key)];

    private static async Task<IReadOnlyList<string>> NamesAsync(ICollectionStore store, ViewQuery query) =>
        [.. (await RowsAsync(store, query)).Select(row => row.Name)];

    private static async Task<IReadOnlyList<(long Key, string Name)>> RowsAsync(ICollectionStore store, ViewQuery query)
    {
        var (view, window) = await store.OpenViewAsync(query, new RowRange(0, int.MaxValue), default);
        await using (view)
        {
            window.Count.ShouldBe(view.Count);
            return Decode(window);
        }
    }

    private static List<(long Key, string Name)> Decode(RowBatch rows)
    {
        var decoded = new List<(long, string)>();
        for (var i = 0; i < rows.Count; i++)
        {
            var reader = new MessagePackReader(rows[i].Span);
            reader.ReadArrayHeader(Things.Fields.Length);
            decoded.Add((reader.ReadInt64(), reader.ReadText()));
        }

        return decoded;
    }

    /// <summary>A page of things.</summary>
    private sealed class ThingPage(CollectionSchema schema)
    {
        private readonly PageBuilder _page = new(schema);

        public ThingPage Thing(long key, int version, string name = "") => Thing(key, new RowVersion(0, version), name);

        public ThingPage Thing(
            long key, RowVersion version, string name = "", string? label = null, int? rank = null, long amount = 0,
            double? score = null, bool? active = null, DateTimeOffset? seenAt = null, string? memo = null)
        {
            _page.Upsert(version, key, name, label, rank, amount, score, active, seenAt, memo);
            return this;
        }

        public ThingPage Delete(long key, RowVersion version)
        {
            _page.Delete(key, version);
            return this;
        }

        public byte[] Build(string next, bool more = false) => _page.Build(next, more);
    }
}
