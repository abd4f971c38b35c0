namespace Collection.Sync.Abstractions;

/// <summary>
/// Chooses one among the tabs, or processes, that share a store: it alone talks to the server. Being chosen is a matter
/// of economy; what keeps data right is the store's fence (<see cref="ICollectionStore.LeadAsync"/>), since a leader
/// that was frozen may wake up and not know that it has been replaced.
/// </summary>
public interface ISyncLeadership
{
    /// <summary>Waits until this one is the leader: the present one has ended, crashed, or does not answer any more.</summary>
    /// <param name="name">What is led: one leader a name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    ValueTask<ILeadershipTerm> AcquireAsync(string name, CancellationToken cancellationToken);
}

/// <summary>The time for which one is the leader; disposing of it lets the next one lead.</summary>
public interface ILeadershipTerm : IAsyncDisposable
{
    /// <summary>Cancelled when somebody else has taken over.</summary>
    CancellationToken Lost { get; }
}
