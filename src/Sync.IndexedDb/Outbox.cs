using System.Collections.Immutable;
using System.Text.Json;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb;

/// <summary>The outbox of a collection: the script does all of it.</summary>
internal sealed class Outbox(CollectionStore store) : IOutbox
{
    public async ValueTask<ImmutableArray<EditOutcome>> EditAsync(IReadOnlyList<RowEdit> edits, DateTimeOffset madeAt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(edits);
        var message = EditMessage.Encode(store.Schema, edits);
        var answer = await store.WriteAsync("edit", cancellationToken, message, EntryMessage.Encode(madeAt));
        return [.. answer.Outcomes.Select((outcome, i) => outcome.Of(edits[i]))];
    }

    public async ValueTask<IReadOnlyList<OutboxEntry>> ReadAsync(OutboxPart part, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        var answer = await store.ReadAsync("readOutbox", cancellationToken, part.ToString(), limit);
        return [.. answer.Entries.Select(entry => entry.ToEntry(store.Schema))];
    }

    public async ValueTask<StoreStatus> RetryAsync(IReadOnlyList<long> numbers, DateTimeOffset madeAt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        return (await store.WriteAsync("retry", cancellationToken, Encode(numbers), EntryMessage.Encode(madeAt))).Status;
    }

    public async ValueTask<StoreStatus> DiscardAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        return (await store.WriteAsync("discard", cancellationToken, Encode(numbers))).Status;
    }

    public async ValueTask<OutboxBatch> SealAsync(string newClientId, int maxCount, long fence, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(newClientId);
        ArgumentOutOfRangeException.ThrowIfNegative(maxCount);
        var sealedBatch = await store.WriteAsync("seal", cancellationToken, newClientId, maxCount, fence);
        return new OutboxBatch(sealedBatch.ClientId!, [.. sealedBatch.Entries.Select(entry => entry.ToMutation(store.Schema))]);
    }

    public async ValueTask<StoreStatus> AcknowledgeAsync(OutboxBatch batch, PushAnswer answer, long fence, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(answer);
        return (await store.WriteAsync("acknowledge", cancellationToken, batch.ClientId, ResultMessage.Encode(answer.Results), answer.Rows, fence)).Status;
    }

    public async ValueTask<StoreStatus> SetAsideAsync(long id, string rejection, string? detail, long fence, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(rejection);
        return (await store.WriteAsync("setAside", cancellationToken, id, rejection, detail, fence)).Status;
    }

    public async ValueTask<StoreStatus> RenumberAsync(long fence, CancellationToken cancellationToken) =>
        (await store.WriteAsync("renumber", cancellationToken, fence)).Status;

    private static string Encode(IReadOnlyList<long> numbers) => JsonSerializer.Serialize(numbers, MessageContext.Default.IReadOnlyListInt64);
}
