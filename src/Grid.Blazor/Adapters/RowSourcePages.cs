using Collection.Sync.Abstractions;

namespace Collection.Grid.Blazor;

/// <summary>Plugs a row source into grids that take a delegate for their rows, as QuickGrid's and Fluent's <c>GridItemsProvider</c>.</summary>
public static class RowSourcePages
{
    /// <summary>
    /// The most rows of one page. A grid that does not virtualize leaves out how many rows it wants, and would have every
    /// row in memory and on the page; 200 fill any screen.
    /// </summary>
    public const int MaxRows = 200;

    /// <summary>
    /// The rows that a grid asks for, with the count of all. Rows in memory are a completed task. When the source fails
    /// there are no rows: <see cref="IRowSource{TRow}.State"/> has the error. Have the grid ask again when the state's
    /// version has changed.
    /// </summary>
    /// <param name="source">The rows.</param>
    /// <param name="start">The first position.</param>
    /// <param name="count">How many rows; null, and more than <see cref="MaxRows"/>, for that many.</param>
    /// <param name="sort">What the grid sorts by, by the names of indexed fields; null where it does not say, and the source stays as it is sorted.</param>
    /// <param name="cancellationToken">The grid's own for this request.</param>
    /// <exception cref="OperationCanceledException">The request was cancelled; the exception carries its token and no other.</exception>
    public static async ValueTask<RowSourcePage<TRow>> GetPageAsync<TRow>(
        this IRowSource<TRow> source, int start, int? count, IEnumerable<FieldSort>? sort, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            await SortAsync(source, sort);
            cancellationToken.ThrowIfCancellationRequested();
            var rows = await source.GetAsync(start, Math.Clamp(count ?? MaxRows, 0, MaxRows), cancellationToken);
            return new RowSourcePage<TRow>(rows, source.State.Count);
        }
        catch (Exception)
        {
            // Grids tolerate the cancellation of the request's own token alone, whatever the source has thrown.
            cancellationToken.ThrowIfCancellationRequested();
            return new RowSourcePage<TRow>([], source.State.Count);
        }
    }

    private static async ValueTask SortAsync<TRow>(IRowSource<TRow> source, IEnumerable<FieldSort>? sort)
    {
        var wanted = sort is null ? source.Query : source.Query with { Sort = [.. sort] };
        if (wanted == source.Query)
            return;
        try
        {
            await source.QueryAsync(wanted);
        }
        catch (OperationCanceledException)
        {
            // A later query took over: what is shown stays until its rows are there, and the grid asks again.
        }
    }
}

/// <summary>What a grid shows of a row source.</summary>
/// <typeparam name="TRow">The type of a row.</typeparam>
/// <param name="Rows">The rows from the position on that was asked for; fewer where the view ends.</param>
/// <param name="TotalCount">The number of rows in the view.</param>
public readonly record struct RowSourcePage<TRow>(IReadOnlyList<TRow> Rows, int TotalCount);
