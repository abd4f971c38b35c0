using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine;

/// <summary>
/// Sends what is in the outbox, one batch at a time and in its order, until the server has confirmed it. A batch whose
/// answer is lost is sent again as it was; the server knows by the ids what it has applied already.
/// </summary>
internal sealed class PushLoop(SyncParts parts, long fence)
{
    private readonly ICollectionStore _store = parts.Store;
    private readonly IOutbox _outbox = parts.Store.Outbox;
    private readonly Backoff _backoff = parts.NewBackoff();
    private int _count = parts.Options.PushCount;
    private long _lastSetAside;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            parts.Edits.Take();
            OutboxBatch? batch = null;
            try
            {
                // Not even a look at the disk where there is nothing to send: pages are being stored there.
                if (_store.Status.PendingCount > 0)
                    batch = await _outbox.SealAsync(NewClientId(), _count, fence, cancellationToken);
                if (batch is null or { Mutations.IsEmpty: true })
                {
                    await parts.Edits.WaitAsync(Timeout.InfiniteTimeSpan, parts.Time, cancellationToken);
                    continue;
                }

                await SendAsync(batch, cancellationToken);
                _backoff.Clear();
                parts.Report.Learn(static status => status with { PushError = null });
            }
            catch (Exception e) when (SyncMachine.Covers(e))
            {
                SyncTelemetry.OnFailure(_store.Schema, SyncMachine.EventOf(e));
                if (batch is not null && e is SyncTransportException { Refusal: not PushRefusal.None } refusal && await MendAsync(refusal, batch, cancellationToken))
                    continue;
                parts.Report.Learn(status => status with { PushError = e });
                // Whether server and session are there is for a pull to find out, and to show.
                parts.Pull.Set("push failed");
                await parts.RestAsync(e, _backoff.Next(e), parts.PushRetry, cancellationToken);
            }
        }
    }

    private async Task SendAsync(OutboxBatch batch, CancellationToken cancellationToken)
    {
        var filling = parts.Filling.Number;
        var answer = await parts.Transport.PushAsync(_store.Schema, batch, cancellationToken);
        if (!answer.Results.Select(result => result.Id).SequenceEqual(batch.Mutations.Select(mutation => mutation.Id)))
            throw new SyncTransportException(SyncFailure.Protocol, $"The server of '{_store.Schema.Name}' answered for other edits than it was sent. If it happens again, tell whoever runs the server.");
        if (answer.Rows?.Length > parts.Options.MaxPageBytes)
            answer = answer with { Rows = null };
        StoreStatus stored;
        try
        {
            stored = await parts.Filling.InTurnAsync(async () =>
            {
                if (filling != parts.Filling.Number)
                    answer = answer with { Rows = null };
                return await _outbox.AcknowledgeAsync(batch, answer, fence, cancellationToken);
            });
        }
        catch (PageFormatException) when (answer.Rows is not null)
        {
            // The edits are applied all the same; their rows come by the next pull.
            answer = answer with { Rows = null };
            stored = await _outbox.AcknowledgeAsync(batch, answer, fence, cancellationToken);
        }

        SyncTelemetry.OnPushed(_store.Schema, answer);
        _count = Math.Min(_count * 2, parts.Options.PushCount);
        if (!HasAllRows(answer, batch, stored))
            parts.Pull.Set("pushed");
    }

    // An edit whose row did not come with the answer, or came during a refill, stays on top of the old one until a pull
    // that begins later has ended.
    private static bool HasAllRows(PushAnswer answer, OutboxBatch batch, StoreStatus stored) =>
        answer.Rows is { } rows && !stored.IsRefilling
        && PageHeader.Read(rows) is var header && header.Epoch == stored.Epoch
        && header.UpsertCount == batch.Mutations.Select(mutation => mutation.Edit.Key).Distinct().Count();

    /// <summary>Does what makes the server take the rest; false where that has not helped before, so that a wait has to come first.</summary>
    private async Task<bool> MendAsync(SyncTransportException refusal, OutboxBatch batch, CancellationToken cancellationToken)
    {
        switch (refusal.Refusal)
        {
            case PushRefusal.Size when batch.Mutations.Length > 1:
                _count = batch.Mutations.Length / 2;
                return true;
            case PushRefusal.Size:
                return await SetAsideAsync(batch.Mutations[0].Id, "size", refusal.Message, cancellationToken);
            case PushRefusal.Mutation when refusal.MutationId is { } id && batch.Mutations.Any(mutation => mutation.Id == id):
                return await SetAsideAsync(id, "refused", refusal.Message, cancellationToken);
            case PushRefusal.Client or PushRefusal.Order:
                // Numbering anew makes every server content at once. One that is not is not to be run over.
                await _outbox.RenumberAsync(fence, cancellationToken);
                _lastSetAside = 0;
                return false;
            default:
                return false;
        }
    }

    private async Task<bool> SetAsideAsync(long id, string rejection, string detail, CancellationToken cancellationToken)
    {
        if (id == _lastSetAside)
            return false;
        await _outbox.SetAsideAsync(id, rejection, detail, fence, cancellationToken);
        _lastSetAside = id;
        return true;
    }

    private string NewClientId()
    {
        Span<byte> bytes = stackalloc byte[16];
        parts.Random.NextBytes(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
