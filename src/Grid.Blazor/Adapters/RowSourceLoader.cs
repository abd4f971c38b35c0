using Collection.Sync.Abstractions;

namespace Collection.Grid.Blazor;

/// <summary>
/// Plugs a row source into grids that say what they want and read the rows from a property afterwards, as RadzenDataGrid
/// with <c>LoadData</c>, <c>Data</c> and <c>Count</c>. Such grids cancel nothing: the answer to the newest call counts, and
/// one that comes after it changes nothing.
/// </summary>
/// <typeparam name="TRow">The type of a row.</typeparam>
public sealed class RowSourceLoader<TRow> : IDisposable
{
    private readonly IRowSource<TRow> _source;
    private CancellationTokenSource _newest = new();

    /// <summary>Makes a loader of a source, which it does not own.</summary>
    public RowSourceLoader(IRowSource<TRow> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
    }

    /// <summary>The position of the first of <see cref="Rows"/>.</summary>
    public int Start { get; private set; }

    /// <summary>The rows that were asked for last.</summary>
    public IReadOnlyList<TRow> Rows { get; private set; } = [];

    /// <summary>The number of rows in the view.</summary>
    public int TotalCount { get; private set; }

    /// <summary>Loads rows. Rows in memory are there when it returns. When the source fails there are none: its state has the error.</summary>
    /// <param name="skip">The first position; null for the start.</param>
    /// <param name="top">How many rows; null, and more than <see cref="RowSourcePages.MaxRows"/>, for that many.</param>
    /// <param name="sort">What the grid sorts by, by the names of indexed fields; null where it does not say.</param>
    /// <returns>False where a newer call has taken over, and nothing has changed.</returns>
    public async Task<bool> LoadAsync(int? skip, int? top, IEnumerable<FieldSort>? sort)
    {
        var former = _newest;
        var newest = _newest = new CancellationTokenSource();
        former.Cancel();
        former.Dispose();
        var start = skip ?? 0;
        try
        {
            var page = await _source.GetPageAsync(start, top, sort, newest.Token);
            if (newest != _newest)
                return false;
            (Start, Rows, TotalCount) = (start, page.Rows, page.TotalCount);
            return true;
        }
        catch (OperationCanceledException) when (newest.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Gives up what is being loaded.</summary>
    public void Dispose() => _newest.Cancel();
}
