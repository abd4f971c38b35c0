using System.Collections.Immutable;

namespace Collection.Sync.Abstractions;

/// <summary>
/// The edits of a collection that the server has not confirmed, and those that it has rejected. Every tab adds to it; the
/// leader alone sends. Written with the strictest durability that the store has: rows can be fetched again, edits cannot.
/// The one write that may be lost is an answer that rejects nothing: the server gives it again.
/// </summary>
/// <remarks>
/// A view shows each row as the server last told it with the edits of the outbox applied on top, in their order. An edit
/// stays on top until the row that the server made of it is stored, so that no view ever falls back to an older value.
/// An entry leaves by the server's confirmation or by <see cref="DiscardAsync"/>, and in no other way.
/// </remarks>
public interface IOutbox
{
    /// <summary>
    /// Changes rows at once and queues the edits, all in one transaction. An edit of a row whose last edit is still unsent
    /// becomes one with it, unless either of them depends on more than the other says, or something else caused it
    /// (<see cref="RowEdit.CorrelationId"/>).
    /// </summary>
    /// <param name="edits">The edits, in order; each sees those before it.</param>
    /// <param name="madeAt">When the person made them; the server keeps it in its log and compares it with nothing.</param>
    /// <param name="cancellationToken">Gives up before the transaction begins.</param>
    /// <returns>One outcome an edit, in their order. An edit that is not applied holds up none of the others.</returns>
    /// <exception cref="ArgumentException">An edit names a field that the collection does not have, its key, or a value of another kind, or is of a row whose key is of another kind; nothing has changed.</exception>
    /// <exception cref="SyncStoreException">The transaction failed; nothing has changed.</exception>
    ValueTask<ImmutableArray<EditOutcome>> EditAsync(IReadOnlyList<RowEdit> edits, DateTimeOffset madeAt, CancellationToken cancellationToken);

    /// <summary>Reads entries in the order in which they were made.</summary>
    /// <param name="part">Which ones.</param>
    /// <param name="limit">The largest number to return.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<IReadOnlyList<OutboxEntry>> ReadAsync(OutboxPart part, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Makes new edits of rejected ones, at the end of the queue and without their conditions; edits of rows that are not
    /// there stay rejected. Numbers that name no rejected edit are passed over.
    /// </summary>
    ValueTask<StoreStatus> RetryAsync(IReadOnlyList<long> numbers, DateTimeOffset madeAt, CancellationToken cancellationToken);

    /// <summary>
    /// Forgets rejected edits, and edits that have not been sent; rows go back to what they are without them. One that
    /// has been sent and not been answered stays, since the server may have applied it.
    /// </summary>
    ValueTask<StoreStatus> DiscardAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken);

    /// <summary>
    /// The edits to send next: first those that were sent and not answered, then the oldest others, which get their ids
    /// now and change no more. For the leader.
    /// </summary>
    /// <param name="newClientId">The client id to take if the outbox has none.</param>
    /// <param name="maxCount">The largest number of mutations.</param>
    /// <param name="fence">From <see cref="ICollectionStore.LeadAsync"/>.</param>
    /// <param name="cancellationToken">Gives up before the transaction begins.</param>
    /// <returns>A batch, without mutations where there are none to send.</returns>
    /// <exception cref="SyncStoreException">Somebody else leads, or the transaction failed.</exception>
    ValueTask<OutboxBatch> SealAsync(string newClientId, int maxCount, long fence, CancellationToken cancellationToken);

    /// <summary>
    /// Takes the server's answer, in one transaction: its rows, under the version guard; edits that were applied leave
    /// the queue, those that were rejected become dead letters, and their rows go back to the server's value. For the leader.
    /// </summary>
    /// <param name="batch">What was sent. Where the client id is no longer the outbox's, nothing happens.</param>
    /// <param name="answer">What came back, with one result a mutation of the batch.</param>
    /// <param name="fence">From <see cref="ICollectionStore.LeadAsync"/>.</param>
    /// <param name="cancellationToken">Gives up before the transaction begins.</param>
    /// <exception cref="PageFormatException">The rows are malformed; nothing has changed.</exception>
    /// <exception cref="SyncStoreException">Somebody else leads, or the transaction failed; nothing has changed.</exception>
    ValueTask<StoreStatus> AcknowledgeAsync(OutboxBatch batch, PushAnswer answer, long fence, CancellationToken cancellationToken);

    /// <summary>
    /// Makes a dead letter of an edit that the server would not even read. Its id has to be used up all the same, so a
    /// mutation without fields takes its place in the queue. For the leader.
    /// </summary>
    /// <param name="id">The mutation's id, as it was sealed; one that is not waiting for an answer changes nothing.</param>
    /// <param name="rejection">Why, in a word.</param>
    /// <param name="detail">Why, for a person.</param>
    /// <param name="fence">From <see cref="ICollectionStore.LeadAsync"/>.</param>
    /// <param name="cancellationToken">Gives up before the transaction begins.</param>
    ValueTask<StoreStatus> SetAsideAsync(long id, string rejection, string? detail, long fence, CancellationToken cancellationToken);

    /// <summary>Takes the client id and all ids back: what waits is sealed anew, from 1, under the next client id. For the leader.</summary>
    ValueTask<StoreStatus> RenumberAsync(long fence, CancellationToken cancellationToken);
}

/// <summary>New values for some fields of one row.</summary>
/// <param name="Key">The row.</param>
/// <param name="Fields">What changes.</param>
public sealed record RowEdit(RowKey Key, FieldValues Fields)
{
    /// <summary>What the row has to hold for the edit to be made, here and on the server; empty for no condition.</summary>
    public FieldValues If { get; init; } = FieldValues.None;

    /// <summary>
    /// What caused the edit, such as an export or an import: 1 to 64 of A-Z, a-z, 0-9, _ and -, kept in the server's log
    /// and compared with nothing; null where a person made it by itself.
    /// </summary>
    /// <exception cref="ArgumentException">It is no such text.</exception>
    public string? CorrelationId
    {
        get;
        init => field = value is null || (value.Length is > 0 and <= 64 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
            ? value
            : throw new ArgumentException($"A correlation id has 1 to 64 of A-Z, a-z, 0-9, _ and -, which '{value}' has not: take a shorter or simpler one.", nameof(value));
    }
}

/// <summary>Why an edit was not made.</summary>
public enum EditResult
{
    /// <summary>It was made, and is on its way.</summary>
    Queued,

    /// <summary>The row is not there.</summary>
    Missing,

    /// <summary>The row does not hold what <see cref="RowEdit.If"/> says.</summary>
    Condition,
}

/// <summary>What became of an edit.</summary>
/// <param name="Result">Whether it was made.</param>
/// <param name="Undo">The edit that takes it back as long as the row still holds its values; null where it was not made.</param>
/// <param name="Current">The row's values of the condition's fields, where it did not hold.</param>
public sealed record EditOutcome(EditResult Result, RowEdit? Undo = null, FieldValues? Current = null);

/// <summary>A part of the outbox.</summary>
public enum OutboxPart
{
    /// <summary>Edits that are still to be confirmed.</summary>
    Pending,

    /// <summary>Edits that the server has rejected for good.</summary>
    DeadLetters,
}

/// <summary>An edit in the outbox.</summary>
/// <param name="Number">Names it, for as long as it is in the outbox; counts up in the order in which edits were made.</param>
/// <param name="Edit">The edit.</param>
/// <param name="MadeAt">When the person made it.</param>
/// <param name="IsSent">True once it may have reached the server.</param>
/// <param name="Rejection">Of a dead letter: why, in a word.</param>
/// <param name="Detail">Of a dead letter: why, for a person.</param>
public sealed record OutboxEntry(long Number, RowEdit Edit, DateTimeOffset MadeAt, bool IsSent, string? Rejection = null, string? Detail = null);

/// <summary>Edits on their way to the server.</summary>
/// <param name="ClientId">The outbox's name at the server: 1 to 64 of A-Z, a-z, 0-9, _ and -.</param>
/// <param name="Mutations">The edits, with ids that count up by one.</param>
public sealed record OutboxBatch(string ClientId, ImmutableArray<Mutation> Mutations);

/// <summary>An edit as it is sent.</summary>
/// <param name="Id">Counts up by one for each mutation of a client; the server applies each id once.</param>
/// <param name="Edit">The edit; one without fields only uses up its id.</param>
/// <param name="MadeAt">When the person made it.</param>
public sealed record Mutation(long Id, RowEdit Edit, DateTimeOffset MadeAt);
