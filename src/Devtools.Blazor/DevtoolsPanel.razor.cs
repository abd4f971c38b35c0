using Collection.Query.Caching;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;

namespace Collection.Devtools.Blazor;

/// <summary>
/// A panel for developers at the lower edge of the window, opened and closed by a key. It reads only while it is open. An
/// app leaves the package out of what it ships, or asks for it.
/// </summary>
public sealed partial class DevtoolsPanel : IAsyncDisposable
{
    private const string Script = "./_content/Collection.Devtools.Blazor/DevtoolsPanel.razor.js";
    private const string QueriesTitle = "Queries";
    private const string OutboxTitle = "Outbox";
    private const string NetworkTitle = "Network";

    private DotNetObjectReference<DevtoolsPanel>? _listener;
    private IJSObjectReference? _keys;
    private string? _shown;
    private bool _isOpen;

    /// <summary>The key that opens and closes the panel, as the browser names it, after <c>Ctrl+</c>, <c>Alt+</c> and <c>Shift+</c>.</summary>
    [Parameter]
    public string Shortcut { get; set; } = "Ctrl+Alt+D";

    /// <summary>The cached queries; null for no such tab.</summary>
    [Parameter]
    public QueryClient? Queries { get; set; }

    /// <summary>The collection whose edits are shown; null for no such tab.</summary>
    [Parameter]
    public ICollectionStore? Store { get; set; }

    /// <summary>The network that can be made worse; null for no such tab.</summary>
    [Parameter]
    public SimulatedNetwork? Network { get; set; }

    /// <summary>What else there is to see. The same instances at each rendering: another one starts anew.</summary>
    [Parameter]
    public IReadOnlyList<DevtoolsSource> Sources { get; set; } = [];

    [Inject]
    private IJSRuntime JS { get; set; } = default!;

    private IReadOnlyList<string> Tabs =>
    [
        .. Queries is null ? [] : (string[])[QueriesTitle],
        .. Sources.Select(source => source.Title),
        .. Store is null ? [] : (string[])[OutboxTitle],
        .. Network is null ? [] : (string[])[NetworkTitle],
    ];

    private string Shown => _shown is { } shown && Tabs.Contains(shown) ? shown : Tabs.FirstOrDefault("");

    /// <summary>Called by the script when the key is pressed.</summary>
    [JSInvokable]
    public void Toggle()
    {
        _isOpen = !_isOpen;
        StateHasChanged();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_keys is not null)
            {
                await _keys.InvokeVoidAsync("stop");
                await _keys.DisposeAsync();
            }
        }
        catch (JSDisconnectedException)
        {
            // The tab has gone, and its listeners with it.
        }

        _listener?.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        await using var script = await JS.InvokeAsync<IJSObjectReference>("import", Script);
        _listener = DotNetObjectReference.Create(this);
        _keys = await script.InvokeAsync<IJSObjectReference>("listen", Shortcut, _listener);
    }

    private static string IdOf(string tab) => $"devtools-{tab.Replace(' ', '-')}";

    private async Task OnTabKeyAsync(KeyboardEventArgs e)
    {
        var step = e.Key switch { "ArrowRight" => 1, "ArrowLeft" => -1, _ => 0 };
        if (step == 0)
            return;
        var tabs = Tabs.ToList();
        _shown = tabs[(tabs.IndexOf(Shown) + step + tabs.Count) % tabs.Count];
        if (_keys is not null)
            await _keys.InvokeVoidAsync("focus", IdOf(_shown));
    }
}
