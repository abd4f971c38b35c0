using System.Diagnostics.CodeAnalysis;
using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>One opening of a collection by a tab: calls the hooks, runs the transactions and tells the tabs.</summary>
public sealed class InMemoryCollectionStore : ICollectionStore
{
    private readonly InMemorySyncStore _tab;
    private readonly InMemoryCollection _collection;
    private bool _isDisposed;

    internal InMemoryCollectionStore(InMemorySyncStore tab, InMemoryCollection collection, CollectionSchema schema)
    {
        _tab = tab;
        _collection = collection;
        Schema = schema;
        Status = collection.Status;
        Outbox = new InMemoryOutbox(this);
    }

    public CollectionSchema Schema { get; }

    public StoreStatus Status { get; private set; }

    public IOutbox Outbox { get; }

    /// <summary>Runs before a page is taken: a test holds the store up here, or lets it fail. <see cref="InMemorySyncStore.Before"/> does so for every call.</summary>
    public Func<CancellationToken, Task>? BeforeApply { get; set; }

    [SuppressMessage("Naming", "CA1713", Justification = "BeforeApply is no event.")]
    public event Action<StoreStatus>? Changed;

    public ValueTask<long> LeadAsync(CancellationToken cancellationToken) =>
        WriteAsync("Lead", isStrict: false, static (collection, _) => collection.Lead(), 0, cancellationToken);

    public async ValueTask<StoreStatus> ApplyAsync(byte[] page, PullStart start, long fence, CancellationToken cancellationToken)
    {
        if (BeforeApply is { } before)
            await before(cancellationToken);
        var read = Page.Read(page, Schema);
        return await WriteAsync("Apply", isStrict: false, static (collection, call) => collection.Apply(call.Page, call.Start, call.Fence), (Page: read, Start: start, Fence: fence), cancellationToken);
    }

    public async ValueTask<StoreStatus> ApplyHintAsync(byte[] page, long fence, CancellationToken cancellationToken)
    {
        var read = Page.Read(page, Schema);
        return await WriteAsync("ApplyHint", isStrict: false, static (collection, call) => collection.ApplyHint(call.Page, call.Fence), (Page: read, Fence: fence), cancellationToken);
    }

    public ValueTask<StoreStatus> ResetAsync(long fence, CancellationToken cancellationToken) =>
        WriteAsync("Reset", isStrict: false, static (collection, fence) => collection.Reset(fence), fence, cancellationToken);

    public async ValueTask<OpenedView> OpenViewAsync(ViewQuery query, RowRange window, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        var view = await RunAsync("OpenView", new InMemoryQuery(Schema, query), cancellationToken);
        return new OpenedView(view, view.Read(window));
    }

    public ValueTask<IReadOnlyList<string>> ReadValuesAsync(string field, int limit, CancellationToken cancellationToken) =>
        ReadAsync("ReadValues", collection => InMemoryQuery.Values(Schema, field, collection.Rows(), limit), cancellationToken);

    public ValueTask DisposeAsync()
    {
        lock (_tab.Database.Gate)
        {
            _isDisposed = true;
            _collection.Openings.Remove(this);
            _tab.Forget(this);
        }

        return ValueTask.CompletedTask;
    }

    internal ValueTask<InMemoryView> RunAsync(string operation, InMemoryQuery query, CancellationToken cancellationToken) =>
        ReadAsync(operation, collection => new InMemoryView(_tab, this, query, query.Run(collection.Rows()), collection.Status), cancellationToken);

    internal async ValueTask<T> ReadAsync<T>(string name, Func<InMemoryCollection, T> read, CancellationToken cancellationToken)
    {
        await _tab.BeginAsync(new StoreOperation(name, Schema.Name, IsStrict: false), cancellationToken);
        lock (_tab.Database.Gate)
        {
            CheckOpen();
            return read(_collection);
        }
    }

    /// <summary>Runs a transaction: it either throws before it has changed anything, or is committed whole.</summary>
    internal async ValueTask<TResult> WriteAsync<TCall, TResult>(
        string name, bool isStrict, Func<InMemoryCollection, TCall, TResult> transaction, TCall call, CancellationToken cancellationToken)
    {
        var operation = new StoreOperation(name, Schema.Name, isStrict);
        await _tab.BeginAsync(operation, cancellationToken);
        TResult result;
        InMemoryCollectionStore[] others;
        lock (_tab.Database.Gate)
        {
            CheckOpen();
            var before = _collection.Status;
            result = transaction(_collection, call);
            others = before == _collection.Status ? [] : _collection.OpeningsBut(this);
        }

        foreach (var other in others)
            other.Notice();
        await _tab.EndAsync(operation);
        Hear();
        return result;
    }

    /// <summary>Another tab, or another opening in this one, has written.</summary>
    internal void Notice() => _tab.Deliver(Hear);

    private void Hear()
    {
        StoreStatus status;
        lock (_tab.Database.Gate)
        {
            // What another schema made of the collection, the next call will say.
            if (_tab.IsKilled || _isDisposed || _collection.IsDeleted || _collection.Schema.Hash != Schema.Hash || Status == _collection.Status)
                return;
            Status = status = _collection.Status;
        }

        Changed?.Invoke(status);
    }

    private void CheckOpen()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_collection.IsDeleted)
            throw new SyncStoreException(SyncStoreFailure.Unavailable, $"The database that '{Schema.Name}' is in has been deleted. Reload.");
        if (_collection.Schema.Hash != Schema.Hash)
            throw new SyncStoreException(SyncStoreFailure.Unavailable, $"Another tab has opened '{Schema.Name}' with another schema. Reload.");
    }
}
