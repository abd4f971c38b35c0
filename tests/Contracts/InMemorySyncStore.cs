using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>What in-memory stores keep when they are closed. One instance is one database.</summary>
public sealed class InMemoryDatabase
{
    internal Dictionary<(string Name, ulong Hash), InMemoryCollection> Collections { get; } = [];
}

/// <summary>
/// The simplest store that keeps the contract: a dictionary, sorted anew for each view. A model for other stores, and
/// a store for tests of whatever stands on one. Not thread-safe.
/// </summary>
public sealed class InMemorySyncStore(InMemoryDatabase database) : ISyncStore
{
    public ValueTask<ICollectionStore> OpenAsync(CollectionSchema schema, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        cancellationToken.ThrowIfCancellationRequested();
        var name = (schema.Name, schema.Hash);
        if (!database.Collections.TryGetValue(name, out var collection))
            database.Collections.Add(name, collection = new InMemoryCollection());
        return ValueTask.FromResult<ICollectionStore>(new InMemoryCollectionStore(schema, collection));
    }

    public ValueTask WipeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        database.Collections.Clear();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>The rows of one collection, shared by all who have it open.</summary>
internal sealed class InMemoryCollection
{
    public Dictionary<long, InMemoryRow> Rows { get; } = [];

    public StoreStatus Status { get; set; } = new(null, IsComplete: false, RowCount: 0, Generation: 0, Revision: 0);

    public Action<StoreStatus>? Changed { get; set; }
}

/// <summary>A row as it stands, or the tombstone of one. A value is a number, folded UTF-8, or null.</summary>
internal sealed record InMemoryRow(long Key, RowVersion Version, bool IsDeleted, byte[] Encoded, object?[] Values);

/// <summary>One opening of a collection.</summary>
public sealed class InMemoryCollectionStore : ICollectionStore
{
    private readonly InMemoryCollection _collection;

    internal InMemoryCollectionStore(CollectionSchema schema, InMemoryCollection collection)
    {
        Schema = schema;
        _collection = collection;
    }

    public CollectionSchema Schema { get; }

    public StoreStatus Status => _collection.Status;

    /// <summary>Runs before a page is taken: a test holds the store up here, or lets it fail.</summary>
    public Func<CancellationToken, Task>? BeforeApply { get; set; }

    public event Action<StoreStatus>? Changed
    {
        add => _collection.Changed += value;
        remove => _collection.Changed -= value;
    }

    public async ValueTask<StoreStatus> ApplyAsync(byte[] page, SyncCursor? after, CancellationToken cancellationToken)
    {
        if (BeforeApply is { } before)
            await before(cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        var read = Page.Read(page, Schema);
        if (after != Status.Cursor)
            return Status;

        var changes = 0;
        for (var i = 0; i < read.Header.UpsertCount + read.Header.DeleteCount; i++)
            changes += Take(Change(read, i)) ? 1 : 0;
        return Set(Status with { Cursor = read.Header.Next, IsComplete = Status.IsComplete || !read.Header.More }, changes > 0);
    }

    public ValueTask<StoreStatus> ResetAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _collection.Rows.Clear();
        return ValueTask.FromResult(Set(Status with { Cursor = null, IsComplete = false, Generation = Status.Generation + 1 }, hasChanged: true));
    }

    public async ValueTask<OpenedView> OpenViewAsync(ViewQuery query, RowRange window, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        cancellationToken.ThrowIfCancellationRequested();
        var rows = new InMemoryQuery(Schema, query).Run(_collection.Rows.Values);
        var view = new InMemoryView(rows, Status.Revision);
        return new OpenedView(view, await view.ReadAsync(window, cancellationToken));
    }

    public ValueTask<IReadOnlyList<string>> ReadValuesAsync(string field, int limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(InMemoryQuery.Values(Schema, field, _collection.Rows.Values, limit));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private StoreStatus Set(StoreStatus status, bool hasChanged)
    {
        _collection.Status = status with
        {
            RowCount = _collection.Rows.Values.Count(row => !row.IsDeleted),
            Revision = status.Revision + (hasChanged ? 1 : 0),
        };
        if (hasChanged)
            _collection.Changed?.Invoke(Status);
        return Status;
    }

    private bool Take(InMemoryRow row)
    {
        if (_collection.Rows.TryGetValue(row.Key, out var known) && known.Version >= row.Version)
            return false;
        _collection.Rows[row.Key] = row;
        return true;
    }

    private InMemoryRow Change(Page page, int index)
    {
        var (key, version) = (page.Key(index).Value, page.Version(index));
        if (index >= page.Header.UpsertCount)
            return new InMemoryRow(key, version, IsDeleted: true, [], []);
        var values = new object?[Schema.Fields.Length];
        values[Schema.KeyIndex] = (double)key;
        for (var column = 0; column < Schema.IndexedFields.Length; column++)
        {
            var field = Schema.IndexedFields[column];
            values[field] = page.IsNull(column, index) ? null
                : Schema.Fields[field].Kind == FieldKind.Text ? page.Text(column, index).ToArray()
                : page.Number(column, index);
        }

        return new InMemoryRow(key, version, IsDeleted: false, page.Rows[index].ToArray(), values);
    }
}
