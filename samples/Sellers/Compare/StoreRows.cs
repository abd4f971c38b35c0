using Collection.Grid.Blazor;
using Collection.Sync.Abstractions;
using Sellers.Contracts;

namespace Sellers.Compare;

/// <summary>
/// Rows straight from the store, as one plugs them into a grid without a row source: each request is a read, and nothing is
/// kept. What the comparison is made with.
/// </summary>
public sealed class StoreRows : IAsyncDisposable
{
    private readonly ICollectionStore _store;
    private Task<IStoreView>? _opening;
    private long _shownRevision;

    public StoreRows(ICollectionStore store)
    {
        _store = store;
        _store.Changed += OnStoreChanged;
    }

    /// <summary>Raised when the rows have become others.</summary>
    public event Action? Changed;

    public ViewQuery Query { get; private set; } = ViewQuery.All;

    /// <summary>Rows read so far.</summary>
    public long RowsFetched { get; private set; }

    public void Show(ViewQuery query)
    {
        Query = query;
        Replace();
    }

    public async ValueTask<RowSourcePage<Seller>> ReadAsync(int start, int count, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (true)
        {
            var opening = _opening ??= OpenAsync();
            var view = await opening.WaitAsync(cancellationToken);
            if (opening != _opening)
                continue;
            try
            {
                var rows = (await view.ReadAsync(new RowRange(start, count), cancellationToken)).Decode(Seller.Collection.Codec);
                RowsFetched += rows.Length;
                return new RowSourcePage<Seller>(rows, view.Count);
            }
            catch (ObjectDisposedException) when (opening != _opening)
            {
                // The view was replaced while it was read.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _store.Changed -= OnStoreChanged;
        if (_opening is { } opening)
            await (await opening).DisposeAsync();
    }

    private async Task<IStoreView> OpenAsync()
    {
        _shownRevision = _store.Status.Revision;
        return (await _store.OpenViewAsync(Query, new RowRange(0, 0), CancellationToken.None)).View;
    }

    private void OnStoreChanged(StoreStatus status)
    {
        // One after the other: a change that comes while a view is being opened is seen by the next one.
        if (status.Revision != _shownRevision && _opening is null or { IsCompleted: true })
            Replace();
    }

    private void Replace()
    {
        var former = _opening;
        _opening = null;
        if (former is not null)
            _ = CloseAsync(former);
        Changed?.Invoke();
    }

    private static async Task CloseAsync(Task<IStoreView> opening) => await (await opening).DisposeAsync();
}
