using Collection.Grid.Windowing;
using Collection.Sync.Abstractions;
using Collection.Sync.Engine;
using Collection.Sync.Http;
using Collection.Sync.IndexedDb;
using Microsoft.JSInterop;
using Sellers.Contracts;

namespace Sellers.Client.Pages;

/// <summary>One person's sellers: the store in the browser, the sync that fills it and sends what is edited, and the rows that the grid shows.</summary>
public sealed class LocalSellers : IAsyncDisposable
{
    private readonly IndexedDbStore _database;
    private readonly ICollectionStore _store;
    private CancellationTokenSource _stop = new();
    private Task _run = Task.CompletedTask;

    private LocalSellers(IndexedDbStore database, ICollectionStore store, HttpClient http, ISyncLeadership? leadership)
    {
        _database = database;
        _store = store;
        Rows = new WindowedRowSource<Seller>(store, Seller.Collection);
        Selection = new RowSelection(store);
        Edits = new EditUndo(store);
        Sync = new CollectionSync(new HttpSyncTransport(http), store, new SyncOptions(), TimeProvider.System, Random.Shared, leadership);
        Start();
    }

    /// <summary>The rows of the current query.</summary>
    public WindowedRowSource<Seller> Rows { get; }

    /// <summary>The sellers that are selected, whatever the query.</summary>
    public RowSelection Selection { get; }

    /// <summary>Edits, the last of which can be taken back.</summary>
    public EditUndo Edits { get; }

    /// <summary>What is stored, of this person's sellers.</summary>
    public ICollectionStore Store => _store;

    /// <summary>Edits that the server has not confirmed, or has rejected.</summary>
    public IOutbox Outbox => _store.Outbox;

    /// <summary>Follows the server.</summary>
    public CollectionSync Sync { get; }

    /// <summary>What the browser does not keep as it should.</summary>
    public StoreHealth Health => _database.Health;

    /// <summary>Raised after <see cref="Health"/> has changed.</summary>
    public event Action? HealthChanged
    {
        add => _database.HealthChanged += value;
        remove => _database.HealthChanged -= value;
    }

    /// <summary>Opens a person's database, which no other person's session reads, and starts to sync.</summary>
    /// <exception cref="SyncStoreException">The browser does not give us a database.</exception>
    public static async Task<LocalSellers> OpenAsync(IJSRuntime js, HttpClient http, string user)
    {
        var name = $"sellers-{user}";
        var database = new IndexedDbStore(js, name);
        try
        {
            var store = await database.OpenAsync(Seller.Collection.Schema, CancellationToken.None);
            // Rows in memory are this tab's own: it has nobody to follow.
            var leadership = database.Health.MemoryOnlyReason is null ? new WebLockLeadership(js, name) : null;
            return new LocalSellers(database, store, http, leadership);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Flags sellers, or takes the flags off: at once here, in one go, and on the server as soon as it is reached.</summary>
    /// <returns>The number of them that are not there any more.</returns>
    /// <exception cref="SyncStoreException">The browser has not stored it.</exception>
    public async Task<int> FlagAsync(IReadOnlyList<Seller> sellers, bool flagged)
    {
        RowEdit[] edits = [.. sellers.Where(seller => seller.Flagged != flagged).Select(seller => FlagOf(seller, flagged))];
        var name = sellers.Count == 1 ? sellers[0].DisplayName : "sellers";
        var outcomes = await Edits.EditAsync(edits, flagged ? $"Flagged {name}" : $"Took the flag off {name}", CancellationToken.None);
        return outcomes.Count(outcome => outcome.Result == EditResult.Missing);
    }

    /// <summary>
    /// Flags all selected sellers that are not flagged, or takes the flags off. They are those of the moment when it begins,
    /// and go back as one.
    /// </summary>
    /// <param name="flagged">Which of the two.</param>
    /// <param name="progress">Hears how many of the selected sellers have been gone through.</param>
    /// <param name="cancellationToken">Gives up; what has been done by then stays, and can be taken back.</param>
    /// <returns>The number of sellers that were changed.</returns>
    /// <exception cref="SyncStoreException">The browser has not stored some of it; what was done before stays.</exception>
    public async Task<int> FlagSelectedAsync(bool flagged, IProgress<int> progress, CancellationToken cancellationToken)
    {
        // Of one transaction: some milliseconds, between which the page is drawn.
        const int BatchRows = 1_000;
        await using var scope = await Selection.OpenScopeAsync([], cancellationToken);
        using var unit = Edits.Begin(flagged ? "Flagged the selected sellers" : "Took the flags off the selected sellers");
        for (var start = 0; start < scope.Count; start += BatchRows)
        {
            var rows = await scope.ReadAsync(new RowRange(start, Math.Min(BatchRows, scope.Count - start)), cancellationToken);
            RowEdit[] edits = [.. rows.Decode(Seller.Collection.Codec).Where(seller => seller.Flagged != flagged).Select(seller => FlagOf(seller, flagged))];
            if (edits.Length > 0)
                await unit.EditAsync(edits, cancellationToken);
            progress.Report(start + rows.Count);
        }

        return unit.Count;
    }

    /// <summary>The seller with a key, if it is here.</summary>
    public async Task<Seller?> FindAsync(RowKey key)
    {
        var query = ViewQuery.All with { Filters = [new EqualFilter("id", key.Value)] };
        var (view, rows) = await _store.OpenViewAsync(query, new RowRange(0, 1), CancellationToken.None);
        await using (view)
            return rows.Decode(Seller.Collection.Codec).FirstOrDefault();
    }

    /// <summary>The platforms that occur, in order, for the filter.</summary>
    public ValueTask<IReadOnlyList<string>> ReadPlatformsAsync(CancellationToken cancellationToken) =>
        _store.ReadValuesAsync("platform", limit: 200, cancellationToken);

    /// <summary>The room that the browser gives to this site; null where it does not tell.</summary>
    public ValueTask<StorageUsage?> ReadUsageAsync() => _database.ReadUsageAsync(CancellationToken.None);

    /// <summary>How the sellers lie on disk and in memory.</summary>
    public ValueTask<StoreDiagnosis> ReadDiagnosisAsync(CancellationToken cancellationToken) =>
        _database.ReadDiagnosisAsync(Seller.Collection.Schema, cancellationToken);

    /// <summary>A person has seen that edits are lost.</summary>
    public async Task AcknowledgeLossesAsync() => await _database.AcknowledgeLossesAsync(CancellationToken.None);

    private static RowEdit FlagOf(Seller seller, bool flagged) =>
        new(new RowKey(seller.Id), FieldValues.Of(Seller.Collection.Schema, ("flagged", flagged)));

    /// <summary>Syncs, until <see cref="StopAsync"/>.</summary>
    public void Start()
    {
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        _run = Sync.RunAsync(_stop.Token);
    }

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
        await Selection.DisposeAsync();
        await _store.DisposeAsync();
        await _database.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>Talks to the server no more.</summary>
    public async Task StopAsync()
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
