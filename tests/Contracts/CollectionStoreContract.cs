using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>
/// What every <see cref="ISyncStore"/> promises. An implementation inherits this class and says how its database is
/// opened; each test has a database of its own.
/// </summary>
public abstract partial class CollectionStoreContract : IAsyncLifetime
{
    private readonly Dictionary<ICollectionStore, long> _fences = [];
    private readonly List<ISyncStore> _otherTabs = [];
    private ISyncStore? _database;

    /// <summary>Opens this test's database. When it is opened a second time, what the first one stored is still there.</summary>
    protected abstract ValueTask<ISyncStore> OpenDatabaseAsync();

    /// <summary>Opens this test's database as another tab does, while it is open already.</summary>
    protected virtual ValueTask<ISyncStore> OpenOtherTabAsync() => OpenDatabaseAsync();

    /// <summary>Every kind of field that views sort and filter by, and one that they do not.</summary>
    protected static CollectionSchema Things { get; } = MakeSchema("things", SortDirection.Ascending);

    /// <summary>The same with the newest key first.</summary>
    protected static CollectionSchema NewestFirst { get; } = MakeSchema("newest_things", SortDirection.Descending);

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync() => await CloseAsync();

    private static ThingPage Page() => new(Things);

    private static CollectionSchema MakeSchema(string name, SortDirection keyOrder, FieldKind keyKind = FieldKind.Int64) => new(
        name,
        [
            new("id", keyKind) { IsKey = true },
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
        foreach (var tab in _otherTabs)
            await tab.DisposeAsync();
        _otherTabs.Clear();
        if (_database is not null)
            await _database.DisposeAsync();
        _database = null;
    }

    private async Task WipeAsync()
    {
        await _database!.WipeAsync(default);
        await CloseAsync();
    }

    private async Task<ICollectionStore> OpenInOtherTabAsync(CollectionSchema? schema = null)
    {
        var tab = await OpenOtherTabAsync();
        _otherTabs.Add(tab);
        return await tab.OpenAsync(schema ?? Things, default);
    }

    /// <summary>The fence of this test as the leader. It leads from the first call on, until it lets somebody else lead.</summary>
    private async Task<long> FenceAsync(ICollectionStore store)
    {
        if (!_fences.TryGetValue(store, out var fence))
            _fences[store] = fence = await store.LeadAsync(default);
        return fence;
    }

    private async Task<StoreStatus> ApplyAsync(ICollectionStore store, byte[] page, string? after)
    {
        var fence = await FenceAsync(store);
        return await store.ApplyAsync(page, new PullStart(after is null ? null : new SyncCursor(after), store.Status.Writes), fence, default);
    }

    /// <summary>Pulls the page: it is asked for now, and goes on where the store stands.</summary>
    private async Task<StoreStatus> ApplyNextAsync(ICollectionStore store, ThingPage page, bool more = false, long epoch = 1)
    {
        var next = $"{store.Status.Cursor?.Value}+";
        var status = await ApplyAsync(store, page.Build(next, more, epoch), store.Status.Cursor?.Value);
        status.Cursor.ShouldBe(new SyncCursor(next));
        return status;
    }

    private async Task ApplyAllAsync(ICollectionStore store, params ThingPage[] pages)
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
            return Decode(window, store.Schema.Key.Kind);
        }
    }

    private static List<(long Key, string Name)> Decode(RowBatch rows, FieldKind keyKind = FieldKind.Int64) => [.. rows.Decode(new ThingCodec(keyKind)).Select(thing => (thing.Id, thing.Name))];

    private static async Task<IReadOnlyList<Thing>> ThingsAsync(ICollectionStore store)
    {
        var (view, window) = await store.OpenViewAsync(ViewQuery.All, new RowRange(0, int.MaxValue), default);
        await using (view)
            return window.Decode(new ThingCodec(store.Schema.Key.Kind));
    }

    private static async Task<Thing> ThingAsync(ICollectionStore store, long key) => (await ThingsAsync(store)).Single(thing => thing.Id == key);

    private sealed record Thing(long Id, string Name)
    {
        public string? Label { get; init; }

        public int? Rank { get; init; }

        public long Amount { get; init; }

        public double? Score { get; init; }

        public bool? Active { get; init; }

        public DateTimeOffset? SeenAt { get; init; }

        public string? Memo { get; init; }
    }

    /// <summary>A small integer as a key of any kind: where the integer is larger, so is the key.</summary>
    private static RowKey KeyOf(FieldKind kind, long number) => kind switch
    {
        FieldKind.Text => s_texts[number],
        FieldKind.Guid => s_guids[number],
        _ => number,
    };

    private static object ValueOf(RowKey key) => key.Kind switch
    {
        FieldKind.Text => key.Text,
        FieldKind.Guid => key.Guid,
        _ => key.Value,
    };

    // In the order of code points, which that of UTF-16 is not; "B" and "b" are the same once folded.
    private static readonly string[] s_texts = ["", "B", "b", "\uffee", "\U0001f600"];

    // In the order of bytes, each ahead in another part.
    private static readonly Guid[] s_guids =
    [
        new("00000000-0000-0000-0000-0000000000ff"), new("00000000-0000-0000-0001-000000000000"), new("00000000-0000-0100-0000-000000000000"),
        new("00000001-0000-0000-0000-000000000000"), new("ff000000-0000-0000-0000-000000000000"),
    ];

    private sealed class ThingCodec(FieldKind keyKind = FieldKind.Int64) : IRowCodec<Thing>
    {
        public void Write(ref MessagePackWriter writer, Thing row) => throw new NotSupportedException();

        public Thing Read(ref MessagePackReader reader)
        {
            reader.ReadArrayHeader(Things.Fields.Length);
            return new Thing(ReadKey(ref reader), reader.ReadText())
            {
                Label = reader.ReadTextOrNil(),
                Rank = reader.TryReadNil() ? null : reader.ReadInt32(),
                Amount = reader.ReadInt64(),
                Score = reader.TryReadNil() ? null : reader.ReadDouble(),
                Active = reader.TryReadNil() ? null : reader.ReadBoolean(),
                SeenAt = reader.TryReadNil() ? null : reader.ReadTimestamp(),
                Memo = reader.ReadTextOrNil(),
            };
        }

        private long ReadKey(ref MessagePackReader reader) => keyKind switch
        {
            FieldKind.Text => Array.IndexOf(s_texts, reader.ReadText()),
            FieldKind.Guid => Array.IndexOf(s_guids, reader.ReadGuid()),
            _ => reader.ReadInt64(),
        };
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

        public byte[] Build(string next, bool more = false, long epoch = 1) => _page.Build(next, more, epoch: epoch);
    }
}
