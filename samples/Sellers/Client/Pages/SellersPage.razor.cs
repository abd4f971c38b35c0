using System.Globalization;
using Collection.Grid.Blazor;
using Collection.Sync.Abstractions;
using Collection.Sync.Engine;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using Sellers.Client.Exports;
using Sellers.Client.Runs;
using Sellers.Contracts;

namespace Sellers.Client.Pages;

public sealed partial class SellersPage
{
    // What a person waits for before being asked: the usual push takes a fraction of it.
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(5);

    private static readonly FilterOption[] FlagOptions = [new("Flagged", true), new("Not flagged", false)];

    private LocalSellers? _sellers;
    private RunClient _runs = null!;
    private ExportClient _exports = null!;
    private CollectionGrid<Seller>? _grid;
    private IReadOnlyList<FilterOption> _platforms = [];
    private SyncStoreException? _failure;
    private string? _notice;
    private ExportButton? _export;
    private int _unsent;
    private bool _isSigningOut;
    private bool _showsRuns;
    private bool _showsFiles;
    private bool _isDisposed;

    /// <summary>Raised once nobody is signed in any more.</summary>
    [Parameter, EditorRequired]
    public EventCallback SignedOut { get; set; }

    protected override async Task OnInitializedAsync()
    {
        Browser.Changed += OnBrowserChanged;
        _runs = new RunClient(Http, Queries, JS, Session.User!);
        _exports = new ExportClient(Http, Session.User!);
        await OpenAsync();
    }

    private async Task OpenAsync()
    {
        _failure = null;
        try
        {
            _sellers = await LocalSellers.OpenAsync(JS, Http, Session.User!);
        }
        catch (SyncStoreException e)
        {
            _failure = e;
            return;
        }

        if (_isDisposed)
        {
            await _sellers.DisposeAsync();
            return;
        }

        _sellers.Sync.Changed += OnSyncChanged;
        await ReadPlatformsAsync();
    }

    private void OnSyncChanged(SyncStatus status)
    {
        StateHasChanged();
        var isNewData = status.Phase == SyncPhase.Live || _platforms.Count == 0;
        if (isNewData)
            _ = InvokeAsync(ReadPlatformsAsync);
    }

    private async Task ReadPlatformsAsync()
    {
        if (_sellers is null || _isDisposed)
            return;
        try
        {
            _platforms = [.. (await _sellers.ReadPlatformsAsync(CancellationToken.None)).Select(platform => new FilterOption(platform, platform))];
        }
        catch (SyncStoreException e)
        {
            _notice = $"The platforms to filter by could not be read. {e.Message}";
        }

        // Meanwhile the page may have gone, and its store with it.
        if (!_isDisposed)
            StateHasChanged();
    }

    // The network is back, or the tab is in front again: whatever happened meanwhile is wanted now.
    private void OnBrowserChanged()
    {
        if (Browser.IsOnline)
            _sellers?.Sync.RequestPull("online or in front");
        StateHasChanged();
    }

    private async Task FlagAsync(IReadOnlyList<Seller> sellers, bool flagged)
    {
        try
        {
            if (await _sellers!.FlagAsync(sellers, flagged) is > 0 and var missing)
                _notice = sellers.Count == 1 ? $"{sellers[0].DisplayName} is not there any more." : $"{missing} sellers are not there any more.";
        }
        catch (SyncStoreException e)
        {
            _notice = $"The edit was not made. {e.Message}";
        }
    }

    /// <summary>Signs out once all edits have reached the server, or asks what to do about them.</summary>
    private async Task LeaveAsync()
    {
        _isSigningOut = true;
        _unsent = 0;
        try
        {
            _unsent = _sellers is null ? 0 : await _sellers.Sync.FlushAsync(FlushLimit, CancellationToken.None);
            if (_unsent == 0)
                await SignOutAsync();
        }
        finally
        {
            _isSigningOut = false;
        }
    }

    private async Task SignOutAsync()
    {
        _unsent = 0;
        // They would ask for what is somebody else's by then.
        _showsRuns = _showsFiles = false;
        StateHasChanged();
        if (_sellers is not null)
            await _sellers.StopAsync();
        _notice = await Session.SignOutAsync();
        if (_notice is not null)
        {
            _sellers?.Start();
            return;
        }

        try
        {
            if (_grid is not null)
                await _grid.ForgetAsync();
            if (_sellers is not null)
                await _sellers.WipeAsync();
            Queries.Remove(_exports.Key);
            // Where the browser keeps nothing, there is nothing to delete.
            if (_sellers?.Health.MemoryOnlyReason is null)
                await _runs.ForgetAsync();
        }
        catch (Exception e) when (e is SyncStoreException or JSException)
        {
            // Nobody else may find these rows: the page stays until they are gone.
            _notice = $"You are signed out, but what is stored on this device is still there. {e.Message} Then sign out once more.";
            return;
        }

        await SignedOut.InvokeAsync();
    }

    private static string? FeedbackPercent(Seller seller) => seller.FeedbackPercent?.ToString("0.0 '%'", CultureInfo.CurrentCulture);

    private async Task ToggleThemeAsync() => await Browser.ToggleThemeAsync();

    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        Browser.Changed -= OnBrowserChanged;
        await _runs.DisposeAsync();
        if (_sellers is null)
            return;
        _sellers.Sync.Changed -= OnSyncChanged;
        await _sellers.DisposeAsync();
    }
}
