using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb;

/// <summary>One opening of a collection: what the worker keeps of it is shared by all of them.</summary>
internal sealed class CollectionStore(
    CollectionSchema schema, StoreScript script, Action<string, StoreStatus> publish, Action<CollectionStore> forget) : ICollectionStore
{
    private bool _isClosed;

    public CollectionSchema Schema => schema;

    public StoreStatus Status { get; private set; } = new(null, IsComplete: false, RowCount: 0, Generation: 0, Revision: -1);

    public event Action<StoreStatus>? Changed;

    public async ValueTask<StoreStatus> ApplyAsync(byte[] page, SyncCursor? after, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(page);
        return await WriteAsync("apply", cancellationToken, schema.Name, page, after?.Value);
    }

    public ValueTask<StoreStatus> ResetAsync(CancellationToken cancellationToken) => WriteAsync("reset", cancellationToken, schema.Name);

    public async ValueTask<OpenedView> OpenViewAsync(ViewQuery query, RowRange window, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        ThrowIfClosed();
        return await StoreView.OpenAsync(script, schema, query, window, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<string>> ReadValuesAsync(string field, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        ThrowIfClosed();
        var index = QueryMessage.IndexedField(schema, field);
        if (schema.Fields[index].Kind != FieldKind.Text)
            throw new ArgumentException($"Field '{field}' of '{schema.Name}' is of kind {schema.Fields[index].Kind}; only text has its values listed.", nameof(field));
        var answer = await script.CallAsync("readValues", cancellationToken, schema.Name, index, limit);
        return answer.Message.Values;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isClosed)
            return;
        MarkClosed();
        forget(this);
        await script.CallAsync("closeCollection", CancellationToken.None, schema.Name);
    }

    /// <summary>Takes a newer status in. What two tabs say may cross on the way, but revisions only grow.</summary>
    public void Take(StoreStatus status)
    {
        if (_isClosed || status.Revision < Status.Revision)
            return;
        var hasChanged = status.Revision > Status.Revision;
        Status = status;
        if (hasChanged)
            Changed?.Invoke(status);
    }

    /// <summary>The worker has closed the collection, or is about to.</summary>
    public void MarkClosed() => _isClosed = true;

    private async ValueTask<StoreStatus> WriteAsync(string function, CancellationToken cancellationToken, params object?[] arguments)
    {
        ThrowIfClosed();
        cancellationToken.ThrowIfCancellationRequested();
        var status = (await script.CallAsync(function, CancellationToken.None, arguments)).Status;
        publish(schema.Name, status);
        return status;
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_isClosed, this);
}
