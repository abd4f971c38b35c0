using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine;

/// <summary>What the loops of one collection work with, and the signals by which they wake each other.</summary>
internal sealed record SyncParts(
    ISyncTransport Transport, ICollectionStore Store, SyncOptions Options, TimeProvider Time, Random Random, SyncReport Report)
{
    /// <summary>A pull is wanted.</summary>
    public Signal Pull { get; } = new();

    /// <summary>There may be edits to send.</summary>
    public Signal Edits { get; } = new();

    /// <summary>Which hints still count.</summary>
    public Filling Filling { get; } = new();

    /// <summary>Whatever has kept edits from being sent may be over.</summary>
    public Signal PushRetry { get; } = new();

    /// <summary>Whatever has kept a stream from being opened may be over.</summary>
    public Signal LiveRetry { get; } = new();

    /// <summary>Things may have changed for the better: the network is back, somebody has signed in, a pull has worked again.</summary>
    public void Retry()
    {
        PushRetry.Set("retry");
        LiveRetry.Set("retry");
    }

    public Backoff NewBackoff() => new(Options, Random);

    /// <summary>Waits after a failure of a push or a stream; without a session, until there may be one again.</summary>
    public async Task RestAsync(Exception? failure, TimeSpan wait, Signal retry, CancellationToken cancellationToken)
    {
        retry.Take();
        if (failure is SyncTransportException { Failure: SyncFailure.Retry })
            await Task.Delay(wait, Time, cancellationToken);
        else
            await retry.WaitAsync(wait, Time, cancellationToken);
        while (Report.Status.Phase == SyncPhase.SignedOut)
        {
            await retry.WaitAsync(Timeout.InfiniteTimeSpan, Time, cancellationToken);
            retry.Take();
        }
    }
}
