namespace Collection.Sync.Abstractions;

/// <summary>
/// Rows by position for whatever shows them: a grid, a list, an exporter. Only a window of rows is in memory. All
/// members belong to the thread that made the source.
/// </summary>
/// <typeparam name="TRow">The type of a row.</typeparam>
public interface IRowSource<TRow> : IAsyncDisposable
{
    /// <summary>What can be shown now.</summary>
    RowSourceState State { get; }

    /// <summary>The query that was asked for last.</summary>
    ViewQuery Query { get; }

    /// <summary>
    /// Raised after <see cref="State"/> has changed: another count, other rows, an error; and after rows have come that
    /// <see cref="Look"/> asked for.
    /// </summary>
    event Action? Changed;

    /// <summary>
    /// The row at a position if it is in memory; never waits. While a newer version is being read, the row of the version
    /// before is better than none: it is marked as stale.
    /// </summary>
    /// <param name="position">The position, from 0.</param>
    /// <param name="row">The row.</param>
    bool TryGetRow(int position, out SourceRow<TRow> row);

    /// <summary>
    /// Says what is on screen: to be called at most once a frame, whenever that has changed. The source reads what is missing, and what is
    /// likely to be wanted next, and raises <see cref="Changed"/> when rows have come. When the view changes, it keeps the
    /// first of these rows in its place: <see cref="RowSourceState.Viewport"/> then says where that row is now.
    /// </summary>
    void Look(Viewport viewport);

    /// <summary>The position of the row with a key in the view that is shown; null where the view does not hold it, or nothing is shown yet.</summary>
    ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken);

    /// <summary>The rows from <paramref name="start"/> on if they are all in memory; never waits.</summary>
    /// <param name="start">The first position.</param>
    /// <param name="count">The number of rows; it may go past the end.</param>
    /// <param name="rows">The rows: fewer where the view ends.</param>
    bool TryGet(int start, int count, out IReadOnlyList<TRow> rows);

    /// <summary>The rows from <paramref name="start"/> on, read from the store where they are not in memory.</summary>
    /// <returns>A completed task where <see cref="TryGet"/> would succeed; fewer rows where the view ends.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    ValueTask<IReadOnlyList<TRow>> GetAsync(int start, int count, CancellationToken cancellationToken);

    /// <summary>
    /// Changes the query. A new search text waits for a pause in typing; a sort, a filter or a cleared search goes
    /// ahead at once. Rows shown so far stay until the new ones are there. A later call takes the place of one under way.
    /// </summary>
    /// <exception cref="OperationCanceledException">A later call took over.</exception>
    Task QueryAsync(ViewQuery query);

    /// <summary>Opens the whole of the current query for reading in order, fixed as it is now, for an export.</summary>
    /// <returns>The view; the caller disposes of it.</returns>
    ValueTask<IStoreView> OpenSnapshotAsync(CancellationToken cancellationToken);
}

/// <summary>Where a row source stands.</summary>
public enum RowSourcePhase
{
    /// <summary>Nothing has been read yet.</summary>
    Loading,

    /// <summary>Rows can be read.</summary>
    Ready,

    /// <summary>The last read or query failed; <see cref="RowSourceState.Error"/> says why, and a new query tries again.</summary>
    Failed,
}

/// <summary>What a row source can show.</summary>
/// <param name="Phase">Where it stands.</param>
/// <param name="Count">The exact number of rows in the view.</param>
/// <param name="Version">Changes whenever rows at given positions may have become others.</param>
/// <param name="Query">The query that these rows are of: behind <see cref="IRowSource{TRow}.Query"/> while another one is on its way.</param>
/// <param name="Error">Why it failed, if it did.</param>
public sealed record RowSourceState(RowSourcePhase Phase, int Count, long Version, ViewQuery Query, Exception? Error = null)
{
    /// <summary>
    /// What is on screen, in positions of this version. Where rows came or went above it, it has moved away from what
    /// <see cref="IRowSource{TRow}.Look"/> said last: whoever shows the rows goes along, and nobody's place is lost. The focus
    /// goes where its row went; it is null once that row has gone.
    /// </summary>
    public Viewport Viewport { get; init; }

    /// <summary>Rows that came live above what is on screen since its first row was last seen.</summary>
    public int ArrivedAbove { get; init; }

    /// <summary>Rows that came live below what is on screen since its last row was last seen.</summary>
    public int ArrivedBelow { get; init; }
}

/// <summary>What somebody looks at.</summary>
/// <param name="Rows">The positions on screen, those that are cut off included.</param>
/// <param name="Focus">The position of the row that has the focus and stays in memory wherever the screen goes; null for none.</param>
/// <param name="FollowsStart">True for somebody who has not gone anywhere: rows that come in above are shown, and push the others down.</param>
public readonly record struct Viewport(RowRange Rows, int? Focus = null, bool FollowsStart = false);

/// <summary>A row with its place.</summary>
/// <typeparam name="TRow">The type of a row.</typeparam>
/// <param name="Position">Its position in the view.</param>
/// <param name="Key">Its key.</param>
/// <param name="Value">The row.</param>
/// <param name="IsStale">True for a row of the version before, which may no longer stand here.</param>
/// <param name="IsArrival">True for some seconds after a row has come live.</param>
public readonly record struct SourceRow<TRow>(int Position, RowKey Key, TRow Value, bool IsStale = false, bool IsArrival = false);
