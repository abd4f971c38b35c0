using System.Collections.Immutable;
using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing;

/// <summary>Edits that are taken back as one: <see cref="EditUndo.Begin"/>.</summary>
public sealed class EditUnit : IDisposable
{
    private readonly EditUndo _owner;
    private readonly List<(RowKey Key, FieldValues Before, FieldValues After, string? CorrelationId)> _made = [];
    private readonly Dictionary<FieldValues, FieldValues> _values = [];
    private readonly ImmutableArray<ChangedRow>.Builder _changed = ImmutableArray.CreateBuilder<ChangedRow>();
    private bool _isShown;
    private int _underWay;
    private int _revertedCount;
    private int _changedCount;
    private int _goneCount;

    internal EditUnit(EditUndo owner, string description)
    {
        _owner = owner;
        Description = description;
    }

    /// <summary>What it does, for a person.</summary>
    public string Description { get; }

    /// <summary>The number of edits that can be taken back.</summary>
    public int Count => _made.Count;

    /// <summary>True once nothing is added to it any more.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>
    /// Makes edits, in one transaction, and adds them to the unit. Where another unit has taken its place meanwhile, they
    /// are made, but can no longer be taken back.
    /// </summary>
    /// <param name="edits">The edits.</param>
    /// <param name="cancellationToken">Gives up before the transaction begins.</param>
    /// <returns>One outcome an edit.</returns>
    /// <exception cref="ArgumentException">As <see cref="IOutbox.EditAsync"/>, or the unit would have more than <see cref="EditUndo.MaxUnitRows"/> edits; nothing has changed.</exception>
    /// <exception cref="SyncStoreException">The transaction failed; nothing has changed, and what the unit had before stays.</exception>
    public async Task<ImmutableArray<EditOutcome>> EditAsync(IReadOnlyList<RowEdit> edits, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(edits);
        ObjectDisposedException.ThrowIf(IsComplete, this);
        if (_made.Count + _underWay + edits.Count > EditUndo.MaxUnitRows)
            throw new ArgumentException($"One step changes no more than {EditUndo.MaxUnitRows} rows, so that it can be taken back. Filter for fewer rows, and do it in several steps.", nameof(edits));
        _underWay += edits.Count;
        ImmutableArray<EditOutcome> outcomes;
        try
        {
            outcomes = await _owner.MakeAsync(edits, cancellationToken);
        }
        finally
        {
            _underWay -= edits.Count;
        }

        foreach (var outcome in outcomes)
        {
            if (outcome.Undo is { } undo)
                _made.Add((undo.Key, Shared(undo.Fields), Shared(undo.If), undo.CorrelationId));
        }

        if (_made.Count > 0 && (!_isShown || _owner.Last == this))
        {
            _isShown = true;
            _owner.Show(this);
        }

        return outcomes;
    }

    /// <summary>Completes the unit: from now on it can be taken back.</summary>
    public void Dispose()
    {
        if (IsComplete)
            return;
        IsComplete = true;
        _values.Clear();
        if (_owner.Last == this)
            _owner.Show(this);
    }

    /// <summary>The undoing of its newest edits, the newest first, so that of two edits of one row the first one's values are left.</summary>
    internal IReadOnlyList<RowEdit> NewestEdits(int limit) =>
        [.. Enumerable.Range(1, Math.Min(limit, _made.Count)).Select(i => _made[^i]).Select(made => new RowEdit(made.Key, made.Before) { If = made.After, CorrelationId = made.CorrelationId })];

    internal void Report(IReadOnlyList<RowEdit> edits, ImmutableArray<EditOutcome> outcomes)
    {
        _made.RemoveRange(_made.Count - edits.Count, edits.Count);
        for (var i = 0; i < edits.Count; i++)
        {
            switch (outcomes[i].Result)
            {
                case EditResult.Queued:
                    _revertedCount++;
                    break;
                case EditResult.Missing:
                    _goneCount++;
                    break;
                default:
                    if (_changedCount++ < UndoReport.MaxListed)
                        _changed.Add(new ChangedRow(edits[i].Key, outcomes[i].Current ?? FieldValues.None));
                    break;
            }
        }
    }

    internal UndoReport ToReport() => new(Description, _revertedCount, _changedCount, _goneCount, _changed.ToImmutable());

    // Most rows of a large unit change from and to the same few values. One of another kind only costs its place.
    private FieldValues Shared(FieldValues values)
    {
        const int MaxShared = 64;
        if (_values.TryGetValue(values, out var shared))
            return shared;
        if (_values.Count < MaxShared)
            _values.Add(values, values);
        return values;
    }
}

/// <summary>What became of the rows of a unit that was taken back.</summary>
/// <param name="Description">What the unit did.</param>
/// <param name="RevertedCount">Edits that were taken back.</param>
/// <param name="ChangedCount">Edits whose rows have been changed since, and stay as they are.</param>
/// <param name="GoneCount">Edits whose rows are not there any more.</param>
/// <param name="Changed">The first <see cref="MaxListed"/> of the changed rows.</param>
public sealed record UndoReport(string Description, int RevertedCount, int ChangedCount, int GoneCount, ImmutableArray<ChangedRow> Changed)
{
    /// <summary>The most rows that are listed: more than anybody reads.</summary>
    public const int MaxListed = 100;
}

/// <summary>A row that was not taken back.</summary>
/// <param name="Key">The row.</param>
/// <param name="Current">What the fields hold now that were to go back.</param>
public sealed record ChangedRow(RowKey Key, FieldValues Current);
