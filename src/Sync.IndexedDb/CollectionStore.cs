using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb;

/// <summary>One opening of a collection: what the worker keeps of it is shared by all of them.</summary>
internal sealed class CollectionStore(
    CollectionSchema schema, StoreScript script, Action<string, StoreStatus> publish, Action<CollectionStore> forget) : ICollectionStore
{
    private bool _isClosed;

    public CollectionSchema Schema => schema;

    public StoreStatus Status { get; private set; } = new(null, IsComplete: false, RowCount: 0, Generation: 0, Revision: -1) { Writes = -1 };

    public IOutbox Outbox => field ??= new Outbox(this);

    public event Action<StoreStatus>? Changed;

    public async ValueTask<long> LeadAsync(CancellationToken cancellationToken) =>
        (await WriteAsync("lead", cancellationToken)).Fence;

    public async ValueTask<StoreStatus> ApplyAsync(byte[] page, PullStart start, long fence, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(page);
        return (await WriteAsync("apply", cancellationToken, page, start.Cursor?.Value, start.Writes, fence)).Status;
    }

    public async ValueTask<StoreStatus> ApplyHintAsync(byte[] page, long fence, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(page);
        return (await WriteAsync("applyHint", cancellationToken, page, fence)).Status;
    }

    public async ValueTask<StoreStatus> ResetAsync(long fence, CancellationToken cancellationToken) =>
        (await WriteAsync("reset", cancellationToken, fence)).Status;

    public async ValueTask<OpenedView> OpenViewAsync(ViewQuery query, RowRange window, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        ThrowIfClosed();
        return await StoreView.OpenAsync(script, schema, query, window, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<string>> ReadValuesAsync(string field, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        var index = ViewQuery.IndexOf(schema, field);
        if (schema.Fields[index].Kind != FieldKind.Text)
            throw new ArgumentException($"Field '{field}' of '{schema.Name}' is of kind {schema.Fields[index].Kind}; only text has its values listed.", nameof(field));
        var answer = await ReadAsync("readValues", cancellationToken, index, limit);
        return answer.Values;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isClosed)
            return;
        MarkClosed();
        forget(this);
        await script.CallAsync("closeCollection", CancellationToken.None, schema.Name);
    }

    /// <summary>Takes a newer status in. What two tabs say may cross on the way, but writes are only counted up.</summary>
    public void Take(StoreStatus status)
    {
        if (status.Writes >= Status.Writes)
            TakeAnyway(status);
    }

    /// <summary>Takes the status in with which the store was opened again: what was in memory alone begins anew.</summary>
    public void TakeAnyway(StoreStatus status)
    {
        if (_isClosed || status == Status)
            return;
        Status = status;
        Changed?.Invoke(status);
    }

    /// <summary>The worker has closed the collection, or is about to.</summary>
    public void MarkClosed() => _isClosed = true;

    /// <summary>Calls a function of the script that reads.</summary>
    public ValueTask<Answer> ReadAsync(string function, CancellationToken cancellationToken, params ReadOnlySpan<object?> arguments)
    {
        ThrowIfClosed();
        return script.CallAsync(function, cancellationToken, [schema.Name, .. arguments]);
    }

    /// <summary>Calls a function of the script that runs one transaction, which nothing holds up once it has been asked for.</summary>
    public async ValueTask<Answer> WriteAsync(string function, CancellationToken cancellationToken, params object?[] arguments)
    {
        ThrowIfClosed();
        cancellationToken.ThrowIfCancellationRequested();
        var answer = await script.CallAsync(function, CancellationToken.None, [schema.Name, .. arguments]);
        publish(schema.Name, answer.Status);
        return answer;
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_isClosed, this);
}
