using System.Data.Common;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Http;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// Applies a batch of edits in one transaction, together with the note that they are applied: a batch that is sent
/// again, because its answer was lost, finds the note and changes nothing.
/// </summary>
internal sealed class MutationApplier(SyncDatabase database, CollectionSyncOptions options, TimeProvider time)
{
    // What a finished page has and the writer does not count.
    private const int PageOverhead = 4096;

    /// <returns>The answer, and how many of the mutations had been applied before.</returns>
    /// <exception cref="PushRefusedException">The client is somebody else's, or the mutation before the first is missing. Nothing was written.</exception>
    public ValueTask<(PushAnswer Answer, int Repeated)> ApplyAsync(
        FeedSource source, EditRules rules, PushRequest request, string user, CancellationToken cancellationToken) =>
        database.WriteAsync((transaction, cancellationToken) => ApplyAsync(source, rules, request, user, transaction, cancellationToken), cancellationToken);

    private async ValueTask<(PushAnswer Answer, int Repeated)> ApplyAsync(
        FeedSource source, EditRules rules, PushRequest request, string user, DbTransaction transaction, CancellationToken cancellationToken)
    {
        var (now, edits) = (time.GetUtcNow(), request.Edits);
        var lastId = await PushClients.LockAsync(transaction, request.ClientId, user, now, cancellationToken);
        CheckOrder(edits[0].Id, lastId);

        var rejections = await PushClients.ReadRejectionsAsync(transaction, request.ClientId, edits[0].Id, cancellationToken);
        var results = edits.Where(edit => edit.Id <= lastId)
            .Select(edit => rejections.TryGetValue(edit.Id, out var rejection) ? rejection : EditResult.Applied(edit.Id)).ToList();
        var repeated = results.Count;

        var rows = new EditedRows(database, source, transaction);
        if (repeated < edits.Length)
        {
            lastId = edits[^1].Id;
            await rows.LockAsync(Keys(edits.Skip(repeated)), cancellationToken);
            var receivedAt = Microseconds.From(now);
            var log = new EditLogWriter(rules.Schema);
            FieldValue? stamp = rules.Stamp is { } field ? new FieldValue(field, receivedAt) : null;
            await using (var updates = new RowUpdates(database, source.Table, stamp, transaction))
            {
                foreach (var edit in edits.Skip(repeated))
                {
                    var result = await ApplyAsync(edit, rules.Schema, rows, updates, log, cancellationToken);
                    results.Add(result);
                    if (result.Reason is not null)
                        await PushClients.AddRejectionAsync(transaction, request.ClientId, result, cancellationToken);
                }
            }

            await log.WriteAsync(user, request.ClientId, receivedAt, transaction, cancellationToken);
            await PushClients.SaveAsync(transaction, request.ClientId, lastId, cancellationToken);
        }

        var page = await rows.ReadPageAsync(Keys(edits), options.MaxPageBytes - PageOverhead, cancellationToken);
        return (new PushAnswer(lastId, results, page), repeated);
    }

    private static async ValueTask<EditResult> ApplyAsync(
        PushedEdit edit, CollectionSchema schema, EditedRows rows, RowUpdates updates, EditLogWriter log, CancellationToken cancellationToken)
    {
        if (await rows.ReadAsync(edit.Key, cancellationToken) is not { } row)
            return EditResult.Rejected(edit.Id, EditResult.Missing, "There is no such row, or it is not yours to edit.");
        foreach (var condition in edit.Conditions)
        {
            if (!Equals(row[condition.Field], condition.Value))
                return EditResult.Rejected(edit.Id, EditResult.Condition, $"Field '{schema.Fields[condition.Field].Name}' has been changed meanwhile.");
        }

        if (edit.Fields.All(field => Equals(row[field.Field], field.Value)))
            return EditResult.Applied(edit.Id);
        var (kept, refusal) = await updates.UpdateAsync(edit.Key, edit.Fields, cancellationToken);
        if (refusal is not null)
            return EditResult.Rejected(edit.Id, EditResult.Constraint, refusal);
        rows.Forget(edit.Key);
        if (kept is not null)
            log.Add(edit, row, kept);
        return EditResult.Applied(edit.Id);
    }

    private static void CheckOrder(long firstId, long lastId)
    {
        if (firstId > lastId + 1)
        {
            throw new PushRefusedException(
                StatusCodes.Status409Conflict, "order",
                $"Mutation {firstId} comes too early: {lastId} was the last from this client. Send from {lastId + 1} on; or, where that one was answered already, take a new client id and number from 1.")
            {
                LastId = lastId,
            };
        }
    }

    private static HashSet<RowKey> Keys(IEnumerable<PushedEdit> edits) => [.. edits.Select(edit => edit.Key)];
}
