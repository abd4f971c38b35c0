using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Components;

namespace Collection.Grid.Blazor;

/// <summary>The columns: what a person makes of them, and what is kept of it.</summary>
public sealed partial class CollectionGrid<TRow>
{
    // A moment of rest.
    private static readonly TimeSpan KeepPause = TimeSpan.FromMilliseconds(400);

    private readonly ColumnLayout<TRow> _layout = new();
    private ViewQuery _headQuery = ViewQuery.All;
    private ViewQuery _keptQuery = ViewQuery.All;
    // Where to go back to, once the rows are there.
    private KeptPlace? _place;
    private ITimer? _keepSoon;
    private int _headRevision;
    private bool _isRestored;

    /// <summary>
    /// Under which name columns, query and place are kept in this browser; null to keep nothing. Whoever shares a browser
    /// profile can read them: put the person's name into the key, and call <see cref="ForgetAsync"/> when they sign out.
    /// </summary>
    [Parameter]
    public string? StateKey { get; set; }

    /// <summary>What the head says.</summary>
    [Parameter]
    public GridTexts Texts { get; set; } = new();

    [Inject]
    private IServiceProvider Services { get; set; } = default!;

    internal ColumnLayout<TRow> Layout => _layout;

    internal string Id { get; } = $"grid-{Guid.NewGuid():N}";

    internal TimeProvider Time => Services.GetService(typeof(TimeProvider)) as TimeProvider ?? TimeProvider.System;

    /// <summary>What a person did to the columns last, for those who do not see it.</summary>
    internal string Announcement { get; private set; } = "";

    /// <summary>Forgets what is kept under <see cref="StateKey"/>. What is on screen stays until something changes.</summary>
    public Task ForgetAsync() => StateKey is null ? Task.CompletedTask : new BrowserStorage(JS).RemoveAsync(StateKey);

    internal void Add(GridColumn<TRow> column) => _layout.Declare(column);

    /// <summary>The columns have changed: both head and rows show it, and it is kept.</summary>
    internal Task OnLayoutChangedAsync(string announcement)
    {
        Announcement = announcement;
        RefreshHead();
        return KeepAsync();
    }

    internal string FilterId(GridColumn<TRow> column) => $"{Id}-filter-{column.Id.Replace(' ', '-')}";

    internal Task MoveAsync(GridColumn<TRow> column, int to)
    {
        _layout.Move(column, to);
        return OnLayoutChangedAsync(ColumnFilter.Put(Texts.Moved, column.Title, PlaceOf(column) + 1, _layout.Visible.Count));
    }

    internal Task MoveByAsync(GridColumn<TRow> column, int places) => MoveAsync(column, PlaceOf(column) + places);

    internal Task ToggleAsync(GridColumn<TRow> column)
    {
        if (!_layout.IsVisible(column))
            _layout.Show(column);
        else if (!_layout.Hide(column))
            return Task.CompletedTask;
        return OnLayoutChangedAsync(_layout.IsVisible(column) ? ColumnFilter.Put(Texts.Moved, column.Title, PlaceOf(column) + 1, _layout.Visible.Count) : ColumnFilter.Put(Texts.Hidden, column.Title));
    }

    internal Task ResetColumnsAsync()
    {
        _layout.Reset();
        return OnLayoutChangedAsync("");
    }

    internal Task SortAsync(GridColumn<TRow> column, bool isAdded) =>
        AskAsync(Source.Query with { Sort = ColumnSort.Next(Source.Query.Sort, column.Field!, isAdded) });

    internal Task FilterAsync(GridColumn<TRow> column, ViewFilter? filter) => AskAsync(ColumnFilter.Set(Source.Query, column.Field!, filter));

    internal Task ClearColumnFiltersAsync() =>
        AskAsync(_layout.Columns.Where(static column => column.Filterable).Aggregate(Source.Query, static (query, column) => ColumnFilter.Set(query, column.Field!, null)));

    /// <summary>The filters of columns that are in force or asked for, hidden columns' among them: rows must not go missing unexplained.</summary>
    internal IEnumerable<(GridColumn<TRow> Column, ViewFilter Filter)> ColumnFilters =>
        from column in _layout.Columns
        where column.Filterable
        let filter = ColumnFilter.Of(Source.Query, column.Field!)
        where filter is not null
        select (column, filter);

    private int PlaceOf(GridColumn<TRow> column) => _layout.Visible.TakeWhile(other => !ReferenceEquals(other, column)).Count();

    private async Task AskAsync(ViewQuery query)
    {
        try
        {
            var shown = Source.QueryAsync(query);
            // The head shows what was asked for, at once.
            RefreshHead();
            await shown;
        }
        catch (OperationCanceledException)
        {
            // A later query took over.
        }
    }

    private void RefreshHead()
    {
        _headRevision++;
        StateHasChanged();
    }

    // The head shows what was asked for, at once; it is kept when there are rows of it.
    private Task OnQueryChangedAsync()
    {
        if (_headQuery != Source.Query)
        {
            _headQuery = Source.Query;
            RefreshHead();
        }

        return _keptQuery != Source.Query && State.Query == Source.Query ? KeepAsync() : Task.CompletedTask;
    }

    /// <summary>Takes up what was kept, before the first rows are asked for.</summary>
    private async Task RestoreAsync()
    {
        if (_isRestored)
            return;
        var kept = KeptState.Read(await new BrowserStorage(JS).ReadAsync(StateKey!));
        _isRestored = true;
        if (kept?.Columns is { } columns)
            _layout.Restore(columns);
        // A page that has asked for something itself, because of an address perhaps, knows better.
        if (Source.Query == ViewQuery.All)
        {
            _place = kept?.Place;
            if (kept?.ReadQuery() is { } query)
                _ = RestoreQueryAsync(_keptQuery = query);
        }

        Look();
        RefreshHead();
    }

    private async Task RestoreQueryAsync(ViewQuery query)
    {
        await AskAsync(query);
        // Fields that are no longer there, for example.
        if (State is { Phase: RowSourcePhase.Failed, Error: ArgumentException } && Source.Query == query)
            await AskAsync(ViewQuery.All);
    }

    /// <summary>Goes back to the row that was first on screen, unless the person has gone elsewhere meanwhile.</summary>
    private async Task ReturnAsync()
    {
        if (_place is not { } place || _script is not { IsAttached: true } script || State.Phase != RowSourcePhase.Ready || State.Query != Source.Query || State.Count == 0)
            return;
        _place = null;
        if (_look.First > 0)
            return;
        var position = KeptKey.Read(place.Key) is { } key ? await Source.FindAsync(key, CancellationToken.None) : null;
        await script.GoToAsync(Math.Clamp(position ?? place.Row, 0, State.Count - 1));
    }

    // Not at each step of a scroll.
    private void KeepSoon()
    {
        if (StateKey is null || !_isRestored)
            return;
        _keepSoon ??= Time.CreateTimer(static grid => ((CollectionGrid<TRow>)grid!).OnKeepTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _keepSoon.Change(KeepPause, Timeout.InfiniteTimeSpan);
    }

    private void OnKeepTimer() => _ = InvokeAsync(async () =>
    {
        try
        {
            await KeepAsync();
        }
        catch (Exception e)
        {
            await DispatchExceptionAsync(e);
        }
    });

    /// <summary>Keeps what is asked for and shown now.</summary>
    private async Task KeepAsync()
    {
        if (StateKey is null || !_isRestored)
            return;
        _keptQuery = Source.Query;
        var state = new KeptState { Columns = _layout.Save(), Query = ViewQueryJson.Of(_keptQuery), Place = _place ?? CurrentPlace };
        await new BrowserStorage(JS).WriteAsync(StateKey, state.Write());
    }

    private KeptPlace? CurrentPlace => _look.First == 0
        ? null
        : new KeptPlace(_look.First) { Key = Source.TryGetRow(_look.First, out var row) && !row.IsStale ? KeptKey.Write(row.Key) : null };
}
