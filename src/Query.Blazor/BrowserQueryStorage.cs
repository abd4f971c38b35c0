using Collection.Query.Caching;
using Microsoft.JSInterop;

namespace Collection.Query.Blazor;

/// <summary>
/// Keeps queries in the browser's IndexedDB, in a database of their own. What has expired is deleted when it is opened. All
/// members belong to the thread of the <see cref="IJSRuntime"/>; reading and writing fail with a <see cref="JSException"/>
/// where the browser keeps nothing, which the cache tells and goes on without.
/// </summary>
/// <param name="js">The browser.</param>
/// <param name="databaseName">The database: one for each person who signs in.</param>
public sealed class BrowserQueryStorage(IJSRuntime js, string databaseName) : IQueryStorage, IAsyncDisposable
{
    private const string Script = "./_content/Collection.Query.Blazor/query-storage.js";

    private Task<IJSObjectReference>? _opened;

    /// <inheritdoc/>
    public async ValueTask<StoredQuery?> ReadAsync(string key, CancellationToken cancellationToken)
    {
        var database = await OpenAsync();
        return await database.InvokeAsync<KeptQuery?>("read", cancellationToken, key) is { } kept
            ? new StoredQuery(kept.Data, DateTimeOffset.FromUnixTimeMilliseconds(kept.UpdatedAt), DateTimeOffset.FromUnixTimeMilliseconds(kept.ExpiresAt), kept.Buster)
            : null;
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(string key, StoredQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        var database = await OpenAsync();
        await database.InvokeVoidAsync("write", cancellationToken, key, query.Data, query.UpdatedAt.ToUnixTimeMilliseconds(), query.ExpiresAt.ToUnixTimeMilliseconds(), query.Buster);
    }

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(string key, CancellationToken cancellationToken)
    {
        var database = await OpenAsync();
        await database.InvokeVoidAsync("remove", cancellationToken, key);
    }

    /// <summary>Deletes everything, for sign-out. What is written later begins anew.</summary>
    /// <remarks>Other tabs close the database when they hear of it.</remarks>
    /// <exception cref="JSException">It cannot be deleted.</exception>
    public async ValueTask WipeAsync(CancellationToken cancellationToken)
    {
        var database = await OpenAsync();
        _opened = null;
        await database.InvokeVoidAsync("wipe", cancellationToken);
        await database.DisposeAsync();
    }

    /// <summary>Closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_opened is not { IsCompletedSuccessfully: true } opened)
            return;
        _opened = null;
        try
        {
            var database = await opened;
            await database.InvokeVoidAsync("close");
            await database.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The tab has gone, and the connection with it.
        }
    }

    // A failure to open is not for ever: the next call tries again.
    private Task<IJSObjectReference> OpenAsync() => _opened is null or { IsFaulted: true } or { IsCanceled: true } ? _opened = OpenDatabaseAsync() : _opened;

    private async Task<IJSObjectReference> OpenDatabaseAsync()
    {
        await using var script = await js.InvokeAsync<IJSObjectReference>("import", Script);
        return await script.InvokeAsync<IJSObjectReference>("open", databaseName);
    }

    /// <summary>What the script keeps; times in ms since 1970.</summary>
    private sealed record KeptQuery(byte[] Data, long UpdatedAt, long ExpiresAt, string Buster);
}
