using System.Collections.Immutable;
using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>The outbox of one opening of a collection.</summary>
internal sealed class InMemoryOutbox(InMemoryCollectionStore store) : IOutbox
{
    public async ValueTask<ImmutableArray<EditOutcome>> EditAsync(IReadOnlyList<RowEdit> edits, DateTimeOffset madeAt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(edits);
        foreach (var edit in edits)
        {
            store.Schema.CheckKey(edit.Key);
            edit.Fields.Check(store.Schema);
            edit.If.Check(store.Schema);
        }

        return await WriteAsync("Edit", collection => collection.Edit(edits, madeAt), cancellationToken);
    }

    public ValueTask<IReadOnlyList<OutboxEntry>> ReadAsync(OutboxPart part, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync("Read", collection => collection.Read(part, limit), cancellationToken);

    public ValueTask<StoreStatus> RetryAsync(IReadOnlyList<long> numbers, DateTimeOffset madeAt, CancellationToken cancellationToken) =>
        WriteAsync("Retry", collection => collection.Retry(numbers, madeAt), cancellationToken);

    public ValueTask<StoreStatus> DiscardAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken) =>
        WriteAsync("Discard", collection => collection.Discard(numbers), cancellationToken);

    public ValueTask<OutboxBatch> SealAsync(string newClientId, int maxCount, long fence, CancellationToken cancellationToken) =>
        WriteAsync("Seal", collection => collection.Seal(newClientId, maxCount, fence), cancellationToken);

    public async ValueTask<StoreStatus> AcknowledgeAsync(OutboxBatch batch, PushAnswer answer, long fence, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(answer);
        var rows = answer.Rows is { } page ? Page.Read(page, store.Schema) : null;
        return await WriteAsync("Acknowledge", collection => collection.Acknowledge(batch, answer.Results, rows, fence), cancellationToken, isStrict: answer.Results.Any(result => result.Rejection is not null));
    }

    public ValueTask<StoreStatus> SetAsideAsync(long id, string rejection, string? detail, long fence, CancellationToken cancellationToken) =>
        WriteAsync("SetAside", collection => collection.SetAside(id, rejection, detail, fence), cancellationToken);

    public ValueTask<StoreStatus> RenumberAsync(long fence, CancellationToken cancellationToken) =>
        WriteAsync("Renumber", collection => collection.Renumber(fence), cancellationToken);

    private ValueTask<T> WriteAsync<T>(string name, Func<InMemoryCollection, T> transaction, CancellationToken cancellationToken, bool isStrict = true) =>
        store.WriteAsync(name, isStrict, static (collection, run) => run(collection), transaction, cancellationToken);
}
