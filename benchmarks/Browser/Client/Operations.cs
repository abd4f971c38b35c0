using System.Diagnostics;
using System.Runtime.CompilerServices;
using Collection.Export.Streaming;
using Collection.Sync.Abstractions;
using Collection.Sync.Engine;
using Collection.Sync.Http;
using Collection.Sync.IndexedDb;
using Microsoft.JSInterop;
using Sellers.Contracts;

namespace Collection.Benchmarks.Browser.Client;

/// <summary>What an operation took, and what it saw, for the driver to check against SQL.</summary>
public sealed record Outcome(IReadOnlyList<double> Milliseconds, IReadOnlyList<double> Seen);

/// <summary>What the benchmark times, done the way an app does it. Script/dexie.ts and Script/sqlite.ts have the same operations.</summary>
public static class Operations
{
    private const int FirstWindow = 50;
    private static readonly TimeSpan s_whileLeftOpen = TimeSpan.FromSeconds(2);

    private static IServiceProvider? s_services;
    private static ICollectionStore? s_opened;
    private static ICollectionStore? s_syncing;
    private static CollectionSync? s_sync;
    private static Task? s_running;

    private static CollectionDefinition<Seller> Collection => Seller.Collection;

    /// <summary>Deletes the database.</summary>
    [JSInvokable("empty")]
    public static async Task<Outcome> EmptyAsync()
    {
        await using var database = OpenDatabase();
        await database.WipeAsync(CancellationToken.None);
        return new Outcome([], []);
    }

    /// <summary>From no database to every row stored.</summary>
    [JSInvokable("firstSync")]
    public static async Task<Outcome> FirstSyncAsync()
    {
        var watch = Stopwatch.StartNew();
        await using var database = OpenDatabase();
        await using var store = await database.OpenAsync(Collection.Schema, CancellationToken.None);
        s_syncing = store;
        await PullAsync(store);
        var elapsed = watch.Elapsed.TotalMilliseconds;
        s_syncing = null;
        // An app shows its rows then, and is left open for a while, so that the next start finds what idle time has saved.
        await FirstWindowAsync(store, FirstWindow);
        await Task.Delay(s_whileLeftOpen);
        return new Outcome([elapsed], [store.Status.RowCount]);
    }

    /// <summary>The names of the rows from an offset on, as far as the first sync under way has got: what a list shows meanwhile.</summary>
    [JSInvokable("namesFrom")]
    public static async Task<IReadOnlyList<string>> NamesFromAsync(int offset, int count)
    {
        if (s_syncing is not { } store)
            return [];
        var start = offset % Math.Max(1, store.Status.RowCount);
        var (view, window) = await store.OpenViewAsync(ViewQuery.All, new RowRange(start, count), CancellationToken.None);
        await using (view)
            return [.. window.Decode(Collection.Codec).Select(row => row.DisplayName)];
    }

    /// <summary>From opening the database to the first rows in default order.</summary>
    [JSInvokable("warmOpen")]
    public static async Task<Outcome> WarmOpenAsync(int count)
    {
        var watch = Stopwatch.StartNew();
        await using var database = OpenDatabase();
        await using var store = await database.OpenAsync(Collection.Schema, CancellationToken.None);
        var rows = await FirstWindowAsync(store, count);
        return new Outcome([watch.Elapsed.TotalMilliseconds], [.. rows.Select(row => (double)row.Id)]);
    }

    /// <summary>Windows of <paramref name="count"/> rows in the order of names. Sees the first and the last row of each.</summary>
    [JSInvokable("windowJump")]
    public static async Task<Outcome> WindowJumpAsync(int[] offsets, int count)
    {
        var store = await OpenedAsync();
        var byName = ViewQuery.All with { Sort = [new FieldSort("normalized_name")] };
        await using var view = (await store.OpenViewAsync(byName, new RowRange(0, 0), CancellationToken.None)).View;
        List<double> milliseconds = [];
        List<double> seen = [];
        foreach (var offset in offsets)
        {
            var watch = Stopwatch.StartNew();
            var rows = (await view.ReadAsync(new RowRange(offset, count), CancellationToken.None)).Decode(Collection.Codec);
            milliseconds.Add(watch.Elapsed.TotalMilliseconds);
            seen.AddRange([rows[0].Id, rows[^1].Id]);
        }

        return new Outcome(milliseconds, seen);
    }

    /// <summary>The exact count of names with a text in them, and the first rows in default order. Sees the count and those rows' keys.</summary>
    [JSInvokable("search")]
    public static async Task<Outcome> SearchAsync(string[] texts, int count)
    {
        var store = await OpenedAsync();
        List<double> milliseconds = [];
        List<double> seen = [];
        foreach (var text in texts)
        {
            var watch = Stopwatch.StartNew();
            var (view, window) = await store.OpenViewAsync(ViewQuery.All with { Search = text }, new RowRange(0, count), CancellationToken.None);
            var rows = window.Decode(Collection.Codec);
            milliseconds.Add(watch.Elapsed.TotalMilliseconds);
            seen.AddRange([view.Count, .. rows.Select(row => (double)row.Id)]);
            await view.DisposeAsync();
        }

        return new Outcome(milliseconds, seen);
    }

    /// <summary>Every row in default order as CSV, to a download. Sees the number of rows.</summary>
    [JSInvokable("exportCsv")]
    public static async Task<Outcome> ExportCsvAsync()
    {
        var store = await OpenedAsync();
        var watch = Stopwatch.StartNew();
        await using var view = (await store.OpenViewAsync(ViewQuery.All, new RowRange(0, 0), CancellationToken.None)).View;
        var csv = new CsvFormat(Collection.Schema);
        var sink = new BrowserDownloadSink(Service<IJSRuntime>(), "sellers.csv", csv.MediaType);
        var file = await new RowExporter().ExportAsync(view, csv, sink, null, CancellationToken.None);
        return new Outcome([watch.Elapsed.TotalMilliseconds], [file.Rows]);
    }

    /// <summary>
    /// From asking the server for what has changed to its being stored and the first window read again. Sees the rows that
    /// carry the mark. The first call starts the sync, and pulls on the way; it goes on, as an app's does.
    /// </summary>
    [JSInvokable("delta")]
    public static async Task<Outcome> DeltaAsync(int mark, int count)
    {
        var store = await OpenedAsync();
        var watch = Stopwatch.StartNew();
        if (s_sync is null)
            await StartSyncAsync(store);
        else
            await PulledAsync(s_sync, sync => sync.RequestPull("delta"));
        await FirstWindowAsync(store, count);
        var elapsed = watch.Elapsed.TotalMilliseconds;

        var marked = ViewQuery.All with { Filters = [new EqualFilter("times_seen", mark)] };
        await using var view = (await store.OpenViewAsync(marked, new RowRange(0, 0), CancellationToken.None)).View;
        return new Outcome([elapsed], [view.Count, store.Status.RowCount]);
    }

    internal static void Start(IServiceProvider services) => s_services = services;

    private static T Service<T>()
        where T : notnull => s_services is { } services
        ? services.GetRequiredService<T>()
        : throw new InvalidOperationException("The program has not started yet.");

    private static IndexedDbStore OpenDatabase() => new(Service<IJSRuntime>(), "sellers");

    /// <summary>The filled database, as an app keeps it open.</summary>
    private static async ValueTask<ICollectionStore> OpenedAsync() =>
        s_opened ??= await OpenDatabase().OpenAsync(Collection.Schema, CancellationToken.None);

    private static async Task<Seller[]> FirstWindowAsync(ICollectionStore store, int count)
    {
        var (view, window) = await store.OpenViewAsync(ViewQuery.All, new RowRange(0, count), CancellationToken.None);
        await using (view)
            return window.Decode(Collection.Codec);
    }

    /// <summary>Starts a sync that pulls when it is asked to, and at no other time.</summary>
    private static Task StartSyncAsync(ICollectionStore store)
    {
        var options = new SyncOptions { PollInterval = TimeSpan.FromHours(1), PullInterval = TimeSpan.FromHours(1) };
        s_sync = new CollectionSync(new PullOnly(new HttpSyncTransport(Service<HttpClient>())), store, options, TimeProvider.System, Random.Shared);
        return PulledAsync(s_sync, static sync => s_running = sync.RunAsync(CancellationToken.None));
    }

    /// <summary>Waits until a pull that something has set off has got to the end of the feed.</summary>
    private static async Task PulledAsync(CollectionSync sync, Action<CollectionSync> setOff)
    {
        var pages = sync.Status.PageCount;
        var pulled = new TaskCompletionSource();
        void OnChanged(SyncStatus status)
        {
            if (status.Error is { } error)
                pulled.TrySetException(new InvalidOperationException("The sync did not get through, so there is nothing to measure.", error));
            else if (status.PageCount > pages && status.Phase == SyncPhase.Live)
                pulled.TrySetResult();
        }

        sync.Changed += OnChanged;
        setOff(sync);
        await pulled.Task;
        sync.Changed -= OnChanged;
    }

    /// <summary>Syncs until the store is up to date.</summary>
    private static async Task PullAsync(ICollectionStore store)
    {
        using var stop = new CancellationTokenSource();
        var sync = new CollectionSync(new HttpSyncTransport(Service<HttpClient>()), store, new SyncOptions(), TimeProvider.System, Random.Shared);
        Exception? error = null;
        sync.Changed += status =>
        {
            error = status.Error;
            if (status.Phase == SyncPhase.Live || error is not null)
                stop.Cancel();
        };
        try
        {
            await sync.RunAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }

        if (error is not null)
            throw new InvalidOperationException("The sync did not get through, so there is nothing to measure.", error);
    }
}

/// <summary>Nothing is told but what is asked for: a change that came as an event would have been fetched before the clock starts.</summary>
internal sealed class PullOnly(ISyncTransport inner) : ISyncTransport
{
    public ValueTask<byte[]> PullAsync(CollectionSchema schema, SyncCursor? after, int maxBytes, CancellationToken cancellationToken) =>
        inner.PullAsync(schema, after, maxBytes, cancellationToken);

    public ValueTask<PushAnswer> PushAsync(CollectionSchema schema, OutboxBatch batch, CancellationToken cancellationToken) =>
        inner.PushAsync(schema, batch, cancellationToken);

    public async IAsyncEnumerable<LiveEvent> ListenAsync(CollectionSchema schema, string? lastEventId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        yield break;
    }
}
