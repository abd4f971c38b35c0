using System.Collections.Immutable;
using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing;

/// <summary>
/// Makes edits and takes the last of them back: one cell, one stroke of painting, one flagging of many rows. A row goes
/// back only as long as it still holds what was written to it; the others are told of. Only keys and values are kept,
/// so that it does not matter what is shown, sorted or synced meanwhile. All members belong to the thread that made it.
/// </summary>
/// <param name="store">The collection.</param>
/// <param name="timeProvider">The clock that says when edits were made; the system's where null.</param>
public sealed class EditUndo(ICollectionStore store, TimeProvider? timeProvider = null)
{
    /// <summary>
    /// The most rows that one unit changes: some 10 MB where they all change alike. An outbox of more would be hours on its way.
    /// </summary>
    public const int MaxUnitRows = 100_000;

    // One transaction each: a page of the screen goes in one, and the store has time for readers between two of many.
    private const int BatchRows = 1_000;

    private readonly TimeProvider _timeProvider = timeProvider ?? TimeProvider.System;

    /// <summary>Raised after <see cref="Last"/> has changed.</summary>
    public event Action? Changed;

    /// <summary>What <see cref="UndoAsync"/> takes back; null where there is nothing, or while it does so.</summary>
    public EditUnit? Last { get; private set; }

    /// <summary>Makes edits, at once and in one transaction, as a unit that takes the place of the last one.</summary>
    /// <param name="edits">The edits.</param>
    /// <param name="description">What they do, for a person.</param>
    /// <param name="cancellationToken">Gives up before the transaction begins.</param>
    /// <returns>One outcome an edit. Where none of them was made, the last unit stays.</returns>
    /// <exception cref="ArgumentException">As <see cref="IOutbox.EditAsync"/>, or more than <see cref="MaxUnitRows"/> edits; nothing has changed.</exception>
    /// <exception cref="SyncStoreException">The transaction failed; nothing has changed, and the last unit stays.</exception>
    public async Task<ImmutableArray<EditOutcome>> EditAsync(IReadOnlyList<RowEdit> edits, string description, CancellationToken cancellationToken)
    {
        using var unit = Begin(description);
        return await unit.EditAsync(edits, cancellationToken);
    }

    /// <summary>
    /// Begins a unit of several steps, such as the flagging of many rows batch by batch. It takes the place of the last one
    /// with the first edit that is made, and can be taken back once it has been disposed of, finished or not.
    /// </summary>
    /// <param name="description">What it does, for a person.</param>
    public EditUnit Begin(string description)
    {
        ArgumentNullException.ThrowIfNull(description);
        return new EditUnit(this, description);
    }

    /// <summary>
    /// Takes the last unit back, the newest edit first. There is no undoing of that. Where the store fails halfway,
    /// what has gone back stays so, and the rest can be tried again, unless another unit has taken its place.
    /// </summary>
    /// <param name="cancellationToken">Gives up between two transactions, as a failure does.</param>
    /// <returns>What became of the rows, in all tries; null where there is nothing to take back, or the unit is not complete yet.</returns>
    /// <exception cref="SyncStoreException">A transaction failed.</exception>
    public async Task<UndoReport?> UndoAsync(CancellationToken cancellationToken)
    {
        if (Last is not { IsComplete: true } unit)
            return null;
        Show(null);
        try
        {
            while (unit.NewestEdits(BatchRows) is { Count: > 0 } edits)
                unit.Report(edits, await store.Outbox.EditAsync(edits, _timeProvider.GetUtcNow(), cancellationToken));
        }
        catch
        {
            if (Last is null)
                Show(unit);
            throw;
        }

        return unit.ToReport();
    }

    /// <summary>Keeps nothing to take back.</summary>
    public void Forget() => Show(null);

    internal ValueTask<ImmutableArray<EditOutcome>> MakeAsync(IReadOnlyList<RowEdit> edits, CancellationToken cancellationToken) =>
        store.Outbox.EditAsync(edits, _timeProvider.GetUtcNow(), cancellationToken);

    internal void Show(EditUnit? unit)
    {
        Last = unit;
        Changed?.Invoke();
    }
}
