using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Components;

namespace Collection.Grid.Blazor;

/// <summary>What every component over a row source does: it renders again when the source has changed, for as long as it shows that source.</summary>
/// <typeparam name="TRow">The type of a row.</typeparam>
public abstract class RowSourceComponent<TRow> : ComponentBase, IDisposable
{
    private IRowSource<TRow>? _observed;

    private protected RowSourceComponent()
    {
    }

    /// <summary>The rows. The page that made the source disposes of it.</summary>
    [Parameter, EditorRequired]
    public IRowSource<TRow> Source { get; set; } = default!;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_observed is not null)
            _observed.Changed -= OnChanged;
        _observed = null;
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if (ReferenceEquals(_observed, Source))
            return;
        ArgumentNullException.ThrowIfNull(Source);
        Dispose();
        _observed = Source;
        _observed.Changed += OnChanged;
        OnSourceReplaced();
    }

    /// <summary>Another source is to be shown from now on.</summary>
    private protected virtual void OnSourceReplaced()
    {
    }

    /// <summary>The source's state has changed.</summary>
    private protected virtual Task OnSourceChangedAsync()
    {
        StateHasChanged();
        return Task.CompletedTask;
    }

    private void OnChanged() => _ = InvokeAsync(async () =>
    {
        try
        {
            if (_observed is not null)
                await OnSourceChangedAsync();
        }
        catch (Exception e)
        {
            await DispatchExceptionAsync(e);
        }
    });
}
