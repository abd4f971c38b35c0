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

    /// <summary>Raised after <see cref="State"/> has changed: another count, other rows, an error.</summary>
    event Action? Changed;

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
public sealed record RowSourceState(RowSourcePhase Phase, int Count, long Version, ViewQuery Query, Exception? Error = null);
