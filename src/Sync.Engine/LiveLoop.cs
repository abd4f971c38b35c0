using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine;

/// <summary>
/// Listens to the server's events and stores the rows that they bring, under the version guard. Events are hints: the
/// cursor stays, and whenever a stream begins, ends or has left something out, a pull is asked for.
/// </summary>
internal sealed class LiveLoop(SyncParts parts, long fence)
{
    private readonly ICollectionStore _store = parts.Store;
    private readonly Backoff _backoff = parts.NewBackoff();
    // The last event that was applied, not the last one that came: what lies between is told again.
    private string? _lastEventId;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Exception? failure = null;
            var began = parts.Time.GetTimestamp();
            var end = parts.Filling.End;
            try
            {
                await ListenAsync(end, cancellationToken);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
            }
            catch (Exception e) when (SyncMachine.Covers(e))
            {
                failure = e;
                SyncTelemetry.OnFailure(_store.Schema, SyncMachine.EventOf(e));
                if (e is SyncTransportException { Failure: SyncFailure.Reset })
                    _lastEventId = null;
            }

            if (end.IsCancellationRequested)
            {
                _lastEventId = null;
                if (failure is null)
                    continue;
            }

            // A stream that ends as soon as it stands is a failure too, however often it does.
            if (parts.Time.GetElapsedTime(began) > parts.Options.MaxRetryDelay)
                _backoff.Clear();
            if (parts.Report.Status.IsStreaming || failure is SyncTransportException { Failure: SyncFailure.SignedOut })
                parts.Pull.Set("stream ended");
            parts.Report.Learn(static status => status with { IsStreaming = false });
            var wait = failure is SyncTransportException { Failure: SyncFailure.Refused } ? parts.Options.StreamRetryInterval : _backoff.Next(failure);
            await parts.RestAsync(failure, wait, parts.LiveRetry, cancellationToken);
        }
    }

    private async Task ListenAsync(CancellationToken end, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource();
        using var timer = parts.Time.CreateTimer(static silence => ((CancellationTokenSource)silence!).Cancel(), silence, parts.Options.StreamSilence, Timeout.InfiniteTimeSpan);
        var filling = parts.Filling.Number;
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token, end);
        try
        {
            await foreach (var happened in parts.Transport.ListenAsync(_store.Schema, _lastEventId, giveUp.Token))
            {
                if (happened.Kind == LiveEventKind.Closed)
                    return;
                await TakeAsync(happened, filling, cancellationToken);
                end.ThrowIfCancellationRequested();
                timer.Change(parts.Options.StreamSilence, Timeout.InfiniteTimeSpan);
            }
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new SyncTransportException(SyncFailure.Offline, $"The stream of '{_store.Schema.Name}' has fallen silent. It is opened again by itself; until then changes are asked for.");
        }
    }

    private async Task TakeAsync(LiveEvent happened, int filling, CancellationToken cancellationToken)
    {
        switch (happened.Kind)
        {
            case LiveEventKind.Ready:
                parts.Report.Learn(static status => status with { IsStreaming = true });
                parts.Pull.Set("stream began");
                break;
            case LiveEventKind.Behind:
                parts.Pull.Set("behind");
                break;
            case LiveEventKind.Page when happened.Page is { } page:
                if (page.Length > parts.Options.MaxPageBytes)
                    throw new SyncTransportException(SyncFailure.Protocol, $"The server of '{_store.Schema.Name}' sent an event of {page.Length} bytes, where {parts.Options.MaxPageBytes} are accepted.");
                await parts.Filling.InTurnAsync(async () =>
                    filling == parts.Filling.Number ? await _store.ApplyHintAsync(page, fence, cancellationToken) : _store.Status);
                break;
        }

        _lastEventId = happened.Id ?? _lastEventId;
    }
}
