using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine;

/// <summary>Where the sync stands, and who wants to hear of it. Phases change by <see cref="SyncMachine"/> alone.</summary>
internal sealed class SyncReport(StoreStatus stored)
{
    public SyncStatus Status { get; private set; } = With(new SyncStatus(SyncPhase.Stopped, 0, false), stored);

    public event Action<SyncStatus>? Changed;

    /// <summary>Takes the phase that an event leads to, and whatever else is known by it.</summary>
    public void On(SyncEvent happened, Func<SyncStatus, SyncStatus>? learn = null)
    {
        var status = Status with { Phase = SyncMachine.Next(Status.Phase, happened) };
        Publish(learn is null ? status : learn(status));
    }

    /// <summary>Takes what is known besides the phase.</summary>
    public void Learn(Func<SyncStatus, SyncStatus> learn) => Publish(learn(Status));

    /// <summary>Takes what is stored now.</summary>
    public void Take(StoreStatus stored) => Publish(With(Status, stored));

    private static SyncStatus With(SyncStatus status, StoreStatus stored) => status with
    {
        RowCount = stored.RowCount,
        IsComplete = stored.IsComplete,
        PendingCount = stored.PendingCount,
        DeadLetterCount = stored.DeadLetterCount,
    };

    private void Publish(SyncStatus status)
    {
        if (status == Status)
            return;
        Status = status;
        Changed?.Invoke(status);
    }
}
