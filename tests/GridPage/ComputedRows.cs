using Collection.Contracts;
using Collection.Grid.Blazor;
using Collection.Grid.Windowing;
using Collection.Sync.Abstractions;

namespace Collection.GridPage.Tests;

/// <summary>A row whose content says its number, which is also its key.</summary>
public sealed record NumberedRow(long Number)
{
    public string Name => $"Row {Number}";

    public string Note => $"What there is to say about row {Number}";
}

/// <summary>
/// A source of any number of rows, each computed when it is asked for: position p holds number p, until rows come in. It
/// keeps the place of whoever looks, as the real source does.
/// </summary>
public sealed class ComputedRows(int count) : IRowSource<NumberedRow>
{
    private static readonly CollectionSchema Schema = new("rows", [new("number", FieldKind.Int64) { IsKey = true }]);

    private readonly HashSet<long> _painted = [];
    private readonly List<long> _arrivals = [];
    private int _missingFrom = int.MaxValue;

    /// <summary>The rows of the page that was opened last.</summary>
    public static TaskCompletionSource<ComputedRows> Opened { get; set; } = new();

    public RowSourceState State { get; private set; } = new(RowSourcePhase.Ready, count, 1, ViewQuery.All);

    public ViewQuery Query { get; private set; } = ViewQuery.All;

    /// <summary>A selection whose store is empty: it says what was done to it.</summary>
    public RowSelection Selection { get; private set; } = default!;

    /// <summary>The strokes so far, each of them one edit.</summary>
    public List<PaintStroke<NumberedRow>> Strokes { get; } = [];

    /// <summary>The numbers of rows whose button was pressed.</summary>
    public List<long> Acted { get; } = [];

    /// <summary>Runs something in the turn of the page.</summary>
    public Func<Action, Task> InvokeAsync { get; set; } = default!;

    public event Action? Changed;

    public async Task OpenAsync() => Selection = new RowSelection(await new InMemorySyncStore(new InMemoryDatabase()).OpenAsync(Schema, CancellationToken.None));

    public bool TryGetRow(int position, out SourceRow<NumberedRow> row)
    {
        row = default;
        if (position >= State.Count || position >= _missingFrom)
            return false;
        var number = position < _arrivals.Count ? _arrivals[position] : position - _arrivals.Count;
        row = new SourceRow<NumberedRow>(position, new RowKey(number), new NumberedRow(number), IsArrival: number < 0);
        return true;
    }

    public void Look(Viewport viewport) =>
        State = State with { Viewport = viewport, ArrivedAbove = viewport.Rows.Start == 0 ? 0 : State.ArrivedAbove };

    public ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken)
    {
        var position = key.Value < 0 ? _arrivals.IndexOf(key.Value) : (int)key.Value + _arrivals.Count;
        return ValueTask.FromResult<int?>(position < 0 ? null : position);
    }

    public bool TryGet(int start, int count, out IReadOnlyList<NumberedRow> rows) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<NumberedRow>> GetAsync(int start, int count, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task QueryAsync(ViewQuery query)
    {
        Query = query;
        State = State with { Query = query, Version = State.Version + 1, Viewport = default };
        Changed?.Invoke();
        return Task.CompletedTask;
    }

    public ValueTask<IStoreView> OpenSnapshotAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Rows come in at the top, newest first, with numbers below 0.</summary>
    public void Arrive(int rows)
    {
        for (var i = 0; i < rows; i++)
            _arrivals.Insert(0, -_arrivals.Count - 1);
        var looked = State.Viewport;
        var kept = looked.FollowsStart ? looked : looked with { Rows = looked.Rows with { Start = looked.Rows.Start + rows }, Focus = looked.Focus + rows };
        State = State with
        {
            Count = State.Count + rows,
            Version = State.Version + 1,
            Viewport = kept,
            ArrivedAbove = looked.FollowsStart ? 0 : State.ArrivedAbove + rows,
        };
        Changed?.Invoke();
    }

    /// <summary>Rows from a position on are not in memory, or are again.</summary>
    public void Miss(int? from)
    {
        _missingFrom = from ?? int.MaxValue;
        Changed?.Invoke();
    }

    public bool IsPainted(long number) => _painted.Contains(number);

    public void Act(long number) => Acted.Add(number);

    /// <summary>Sets or clears the mark of rows.</summary>
    public Task Paint(PaintStroke<NumberedRow> stroke)
    {
        Strokes.Add(stroke);
        foreach (var row in stroke.Rows)
            _ = stroke.Value ? _painted.Add(row.Number) : _painted.Remove(row.Number);
        State = State with { Version = State.Version + 1 };
        Changed?.Invoke();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
