using System.ComponentModel;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Components;

namespace Collection.Grid.Blazor;

/// <summary>For the grid's own use: the filter of a column. (Public because Razor finds no other components.)</summary>
/// <typeparam name="TRow">The type of a row.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed partial class FilterPanel<TRow> : ComponentBase, IDisposable
{
    // A pause in typing: below it a word is still being written, and each letter would be a query.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private FilterForm _form = default!;
    private ITimer? _pause;
    private IReadOnlyList<string>? _choices;
    private string? _error;
    private bool _isOpen;
    private bool _isDisposed;

    /// <summary>The column.</summary>
    [Parameter, EditorRequired]
    public GridColumn<TRow> Column { get; set; } = default!;

    /// <summary>The filter that is asked for now; null for none.</summary>
    [Parameter, EditorRequired]
    public ViewFilter? Filter { get; set; }

    [CascadingParameter]
    private CollectionGrid<TRow> Grid { get; set; } = default!;

    private GridTexts Texts => Grid.Texts;

    private string ErrorId => $"{Grid.FilterId(Column)}-error";

    private string? IsWrong => _error is null ? null : "true";

    private bool IsDay => Column.Kind == FieldKind.Timestamp;

    private string InputType => IsDay ? "date" : "text";

    private string? InputMode => IsDay ? null : Column.Kind == FieldKind.Double ? "decimal" : "numeric";

    private string? FirstDay => IsDay ? "1000-01-01" : null;

    private string? LastDay => IsDay ? "9998-12-31" : null;

    private IEnumerable<(string Text, bool? Flag)> Flags => [(Texts.Any, null), (Texts.Yes, true), (Texts.No, false)];

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _pause?.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        _form ??= new FilterForm(Column.Field!, Column.Kind, Column.Choices is not null, Grid.Time.LocalTimeZone);
        _form.Show(Filter);
    }

    private static string Text(ChangeEventArgs change) => (string?)change.Value ?? "";

    private void PutIn(Action change, bool isText = true)
    {
        change();
        _pause?.Dispose();
        if (isText)
            _pause = Grid.Time.CreateTimer(static panel => ((FilterPanel<TRow>)panel!).OnPause(), this, Pause, Timeout.InfiniteTimeSpan);
        else
            _ = ApplyAsync();
    }

    private void OnPause() => _ = InvokeAsync(async () =>
    {
        try
        {
            if (!_isDisposed)
                await ApplyAsync();
        }
        catch (Exception e)
        {
            await DispatchExceptionAsync(e);
        }
    });

    private Task ApplyAsync()
    {
        var filter = _form.Read(Texts, out _error);
        StateHasChanged();
        return Grid.FilterAsync(Column, filter);
    }

    private Task ChooseAsync(string choice)
    {
        if (!_form.Chosen.Remove(choice))
            _form.Chosen.Add(choice);
        return ApplyAsync();
    }

    private Task ClearAsync()
    {
        _pause?.Dispose();
        _form.Clear();
        return ApplyAsync();
    }

    private async Task OnToggleAsync()
    {
        _isOpen = !_isOpen;
        if (!_isOpen || Column.Choices is not { } read)
            return;
        try
        {
            var values = await read(CancellationToken.None);
            // What is chosen can be taken back, even where no row has it any more.
            _choices = [.. values, .. _form.Chosen.Except(values, StringComparer.Ordinal)];
            _error = null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _error = ColumnFilter.Put(Texts.ChoicesFailed, e.Message);
        }
    }
}
