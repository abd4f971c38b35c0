using Collection.Grid.Windowing;
using Collection.Sync.Abstractions;
using Collection.Sync.Engine;
using Collection.Sync.Http;
using Collection.Sync.IndexedDb;
using Microsoft.JSInterop;
using Sellers.Contracts;

namespace Sellers.Client.Pages;

/// <summary>One person's sellers: the store in the browser, the sync that fills it, and the rows that the grid shows.</summary>
public sealed class LocalSellers : IAsyncDisposable
{
    private readonly IndexedDbStore _database;
    private readonly ICollectionStore _store;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;

    private LocalSellers(IndexedDbStore database, ICollectionStore store, HttpClient http)
    {
        _database = database;
        _store = store;
        Rows = new WindowedRowSource<Seller>(store, Seller.Collection);
        Sync = new CollectionSync(new HttpSyncTransport(http), store, new SyncOptions(), TimeProvider.System, Random.Shared);
        _run = Sync.RunAsync(_stop.Token);
    }

    /// <summary>The rows of the current query.</summary>
    public WindowedRowSource<Seller> Rows { get; }

    /// <summary>Follows the server.</summary>
    public CollectionSync Sync { get; }

    /// <summary>Opens a person's database, which no other person's session reads, and starts to sync.</summary>
    /// <exception cref="SyncStoreException">The browser does not give us a database.</exception>
    public static async Task<LocalSellers> OpenAsync(IJSRuntime js, HttpClient http, string user)
    {
        var database = new IndexedDbStore(js, $"sellers-{user}");
        try
        {
            var store = await database.OpenAsync(Seller.Collection.Schema, CancellationToken.None);
            return new LocalSellers(database, store, http);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>The platforms that occur, in order, for the filter.</summary>
    public ValueTask<IReadOnlyList<string>> ReadPlatformsAsync() =>
        _store.ReadValuesAsync("platform", limit: 200, CancellationToken.None);

    /// <summary>Deletes what is stored, so that the next person at this browser finds nothing.</summary>
    public async Task WipeAsync()
    {
        await StopAsync();
        await _database.WipeAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Rows.DisposeAsync();
        await _store.DisposeAsync();
        await _database.DisposeAsync();
        _stop.Dispose();
    }

    private async Task StopAsync()
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
    }
}
