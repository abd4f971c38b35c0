using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine;

/// <summary>For a store that one process has for itself: it leads at once, and for good.</summary>
public sealed class SoleLeadership : ISyncLeadership
{
    /// <inheritdoc/>
    public ValueTask<ILeadershipTerm> AcquireAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<ILeadershipTerm>(new Term());
    }

    private sealed class Term : ILeadershipTerm
    {
        public CancellationToken Lost => CancellationToken.None;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
