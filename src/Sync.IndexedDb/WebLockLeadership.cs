using Collection.Sync.Abstractions;
using Microsoft.JSInterop;

namespace Collection.Sync.IndexedDb;

/// <summary>
/// Chooses one among the tabs of a site by a Web Lock. The browser hands it on at once when the leader's tab is closed or
/// crashes; from a tab that has been frozen, it is taken away after some four seconds without an answer.
/// </summary>
public sealed class WebLockLeadership : ISyncLeadership
{
    private readonly IJSRuntime _js;
    private readonly string _databaseName;

    /// <summary>Makes the leadership of a database; nothing happens before somebody wants to lead.</summary>
    /// <param name="js">The page's JavaScript.</param>
    /// <param name="databaseName">The same name as the <see cref="IndexedDbStore"/> has.</param>
    public WebLockLeadership(IJSRuntime js, string databaseName)
    {
        ArgumentNullException.ThrowIfNull(js);
        ArgumentException.ThrowIfNullOrEmpty(databaseName);
        (_js, _databaseName) = (js, databaseName);
    }

    /// <inheritdoc/>
    /// <exception cref="SyncStoreException">The browser has no Web Locks, or the script could not be loaded.</exception>
    public async ValueTask<ILeadershipTerm> AcquireAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        cancellationToken.ThrowIfCancellationRequested();
        var term = new LeadershipTerm();
        try
        {
            await term.QueueAsync(_js, $"{_databaseName}/leader/{name}");
            await term.Chosen.WaitAsync(cancellationToken);
            return term;
        }
        catch
        {
            await term.DisposeAsync();
            throw;
        }
    }
}

/// <summary>A place in the queue, and later a term: <c>Script/leader.ts</c>.</summary>
internal sealed class LeadershipTerm : ILeadershipTerm
{
    private readonly TaskCompletionSource _chosen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _lost = new();
    private readonly DotNetObjectReference<LeadershipTerm> _listener;
    private IJSObjectReference? _candidate;
    private bool _isDisposed;

    public LeadershipTerm()
    {
        _listener = DotNetObjectReference.Create(this);
        Lost = _lost.Token;
    }

    /// <summary>Completes when the term begins.</summary>
    public Task Chosen => _chosen.Task;

    public CancellationToken Lost { get; }

    /// <summary>Enters the queue. A call that was cancelled might leave somebody in it whom nobody knows, so none can be.</summary>
    public async Task QueueAsync(IJSRuntime js, string name)
    {
        try
        {
            await using var module = await js.InvokeAsync<IJSObjectReference>("import", StoreScript.ModulePath);
            _candidate = await module.InvokeAsync<IJSObjectReference>("queueToLead", name, _listener);
        }
        catch (JSException exception)
        {
            throw Unavailable(exception.Message, exception);
        }
    }

    [JSInvokable]
    public void OnChosen() => _chosen.TrySetResult();

    [JSInvokable]
    public void OnLost()
    {
        if (!_isDisposed)
            _lost.Cancel();
    }

    [JSInvokable]
    public void OnFailed(string message) => _chosen.TrySetException(Unavailable(message, null));

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        if (_candidate is not null)
        {
            await _candidate.InvokeVoidAsync("leave");
            await _candidate.DisposeAsync();
        }

        _listener.Dispose();
        _lost.Dispose();
    }

    private static SyncStoreException Unavailable(string cause, Exception? exception) => new(
        SyncStoreFailure.Unavailable, $"No tab can be chosen to talk to the server: {cause} Reload the page; over HTTPS, in a browser of 2022 or newer, it works.", exception);
}
