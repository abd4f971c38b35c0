using System.Net.Http.Json;
using Collection.Sync.Abstractions;
using Collection.Sync.Engine;
using Collection.Sync.Http;
using Collection.Sync.IndexedDb;
using Microsoft.JSInterop;
using Sellers.Contracts;

namespace Sellers.Compare;

/// <summary>The sellers that the person has on this device: the database of the sellers' app, synced here as well while this page is open.</summary>
public sealed class LocalSellers : IAsyncDisposable
{
    private readonly IndexedDbStore _database;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;

    private LocalSellers(IndexedDbStore database, ICollectionStore store, HttpClient http, ISyncLeadership leadership)
    {
        _database = database;
        Store = store;
        Sync = new CollectionSync(new HttpSyncTransport(http), store, new SyncOptions(), TimeProvider.System, Random.Shared, leadership);
        _run = Sync.RunAsync(_stop.Token);
    }

    public ICollectionStore Store { get; }

    public CollectionSync Sync { get; }

    /// <summary>Opens them; null where nobody is signed in.</summary>
    /// <exception cref="HttpRequestException">The server cannot be asked who is signed in.</exception>
    /// <exception cref="SyncStoreException">The browser does not give us a database.</exception>
    public static async Task<LocalSellers?> OpenAsync(IJSRuntime js, HttpClient http)
    {
        var session = await http.GetFromJsonAsync(new Uri("session", UriKind.Relative), SessionJson.Default.Session);
        if (session?.User is not { } user)
            return null;
        var name = $"sellers-{user}";
        var database = new IndexedDbStore(js, name);
        try
        {
            var store = await database.OpenAsync(Seller.Collection.Schema, CancellationToken.None);
            return new LocalSellers(database, store, http, new WebLockLeadership(js, name));
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _run;
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }

        await Store.DisposeAsync();
        await _database.DisposeAsync();
        _stop.Dispose();
    }
}
