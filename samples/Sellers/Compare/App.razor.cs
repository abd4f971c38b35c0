using Collection.Grid.Blazor;
using Collection.Grid.Windowing;
using Collection.Sync.Abstractions;
using Collection.Sync.Engine;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web.Virtualization;
using Sellers.Contracts;

namespace Sellers.Compare;

/// <summary>The same rows under one grid or another, chosen by <c>?grid=</c>.</summary>
public sealed partial class App
{
    private const int RowHeight = 32;
    private const int MaxPlatforms = 200;

    private static readonly (string Name, string Title, string Text)[] Choices =
    [
        ("grid", "CollectionGrid", "The grid of this library over a row source."),
        ("virtualize", "Virtualize", "Microsoft's Virtualize over a row source: ToItemsProvider."),
        ("radzen", "RadzenDataGrid", "RadzenDataGrid over a row source: RowSourceLoader."),
        ("virtualize-store", "Virtualize, no row source", "Microsoft's Virtualize straight over the store: each request is a read."),
        ("radzen-store", "RadzenDataGrid, no row source", "RadzenDataGrid straight over the store: each request is a read."),
    ];

    private LocalSellers? _sellers;
    private WindowedRowSource<Seller>? _source;
    private StoreRows? _storeRows;
    private ItemsProviderDelegate<Seller>? _provider;
    private VirtualizedRows? _virtualized;
    private RadzenRows? _radzen;
    private IReadOnlyList<string> _platforms = [];
    private string? _problem;
    private string _choice = Choices[0].Name;
    private long _shownVersion;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    private long Fetched => _source?.Counters.RowsFetched ?? _storeRows!.RowsFetched;

    private ViewQuery Query => _source?.Query ?? _storeRows!.Query;

    protected override async Task OnInitializedAsync()
    {
        var asked = new Uri(Navigation.Uri).Query;
        _choice = Choices.Select(choice => choice.Name).FirstOrDefault(name => asked == $"?grid={name}") ?? _choice;
        try
        {
            var sellers = await LocalSellers.OpenAsync(JS, Http);
            _problem = sellers is null ? "Sign in first." : null;
            if (sellers is null)
                return;
            Plug(sellers.Store);
            _sellers = sellers;
            sellers.Sync.Changed += OnSyncChanged;
            await ReadPlatformsAsync();
        }
        catch (Exception e) when (e is HttpRequestException or SyncStoreException)
        {
            _problem = e.Message;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_source is not null)
            await _source.DisposeAsync();
        if (_storeRows is not null)
            await _storeRows.DisposeAsync();
        if (_sellers is not null)
            await _sellers.DisposeAsync();
    }

    private void Plug(ICollectionStore store)
    {
        if (_choice.EndsWith("-store", StringComparison.Ordinal))
        {
            _storeRows = new StoreRows(store);
            _storeRows.Changed += () => _ = InvokeAsync(RefreshAsync);
            _provider = async request =>
            {
                var page = await _storeRows.ReadAsync(request.StartIndex, request.Count, request.CancellationToken);
                return new ItemsProviderResult<Seller>(page.Rows, page.TotalCount);
            };
            return;
        }

        _source = new WindowedRowSource<Seller>(store, Seller.Collection);
        _source.Changed += () => _ = InvokeAsync(OnSourceChangedAsync);
        _provider = _source.ToItemsProvider();
    }

    private async Task OnSourceChangedAsync()
    {
        if (_shownVersion == _source!.State.Version)
            return;
        _shownVersion = _source.State.Version;
        await RefreshAsync();
    }

    private async Task RefreshAsync()
    {
        if (_virtualized is not null)
            await _virtualized.RefreshAsync();
        if (_radzen is not null)
            await _radzen.RefreshAsync();
    }

    private void OnSyncChanged(SyncStatus status)
    {
        StateHasChanged();
        if (_platforms.Count == 0)
            _ = InvokeAsync(ReadPlatformsAsync);
    }

    private async Task ReadPlatformsAsync()
    {
        _platforms = await _sellers!.Store.ReadValuesAsync("platform", MaxPlatforms, CancellationToken.None);
        StateHasChanged();
    }

    private async Task ShowAsync(ViewQuery query)
    {
        try
        {
            _storeRows?.Show(query);
            await (_source?.QueryAsync(query) ?? Task.CompletedTask);
        }
        catch (OperationCanceledException)
        {
            // A later choice took over.
        }
    }
}
