using Collection.Sync.Abstractions;
using Microsoft.JSInterop;

namespace Collection.Sync.IndexedDb;

/// <summary>The calls to <c>sync-indexeddb.js</c>, and the ones that come from there.</summary>
internal sealed class StoreScript(
    IJSRuntime js, string databaseName, int cacheBytes,
    Action<string, StoreStatus> onChanged, Action<string, StoreStatus> onReopened, Action<StoreHealth> onHealth, string limits) : IAsyncDisposable
{
    public const string ModulePath = "./_content/Collection.Sync.IndexedDb/sync-indexeddb.js";

    private DotNetObjectReference<StoreScript>? _listener;
    private IJSObjectReference? _module;
    private Task<IJSObjectReference>? _store;
    private int _lastView;
    private bool _isDisposed;

    /// <summary>Calls a function of the script's <c>Store</c>.</summary>
    /// <exception cref="PageFormatException">The page in the arguments is malformed.</exception>
    /// <exception cref="SyncStoreException">The store has failed.</exception>
    public async ValueTask<Answer> CallAsync(string function, CancellationToken cancellationToken, params object?[] arguments)
    {
        var store = await StoreAsync();
        try
        {
            return Answer.Read(await store.InvokeAsync<byte[]>(function, cancellationToken, arguments));
        }
        catch (JSException exception)
        {
            throw new SyncStoreException(SyncStoreFailure.Failed, $"The script of the local database failed: {exception.Message}", exception);
        }
    }

    /// <summary>A number for a view that is about to be opened.</summary>
    public int NextViewNumber() => ++_lastView;

    /// <summary>Closes a view, or gives up opening it, without waiting for the worker.</summary>
    public async ValueTask CloseViewAsync(int view)
    {
        if (!_isDisposed)
            await (await StoreAsync()).InvokeVoidAsync("closeView", view);
    }

    /// <summary>Called by the script after another tab has stored something.</summary>
    [JSInvokable]
    public void OnChanged(string collection, string status) => onChanged(collection, Answer.ReadStatus(status));

    /// <summary>Called by the script after a worker that had died has been replaced, with what is stored.</summary>
    [JSInvokable]
    public void OnReopened(string collection, string status) => onReopened(collection, Answer.ReadStatus(status));

    /// <summary>Called by the script when there is something new to know of the browser's storage.</summary>
    [JSInvokable]
    public void OnHealth(string health) => onHealth(Answer.ReadHealth(health));

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        if (_store is { IsCompletedSuccessfully: true })
        {
            await using var store = await _store;
            await store.InvokeAsync<byte[]>("close");
        }

        if (_module is not null)
            await _module.DisposeAsync();
        _listener?.Dispose();
    }

    private async Task<IJSObjectReference> StoreAsync()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(IndexedDbStore));
        var starting = _store ??= StartAsync();
        try
        {
            return await starting;
        }
        catch (JSException exception)
        {
            // The next call tries again: a script may be missing for as long as the network is.
            if (_store == starting)
                _store = null;
            throw new SyncStoreException(
                SyncStoreFailure.Unavailable,
                $"The script of the local database could not be loaded: {exception.Message} Reload the page; it needs {ModulePath} from this site, and workers.",
                exception);
        }
    }

    private async Task<IJSObjectReference> StartAsync()
    {
        // Let go of at the end: now, when a person waits for the first rows, that would hold them up.
        _module ??= await js.InvokeAsync<IJSObjectReference>("import", ModulePath);
        _listener ??= DotNetObjectReference.Create(this);
        return await _module.InvokeAsync<IJSObjectReference>("createStore", databaseName, cacheBytes, _listener, limits);
    }
}
