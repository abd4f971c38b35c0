using Collection.Grid.Windowing;
using Collection.Sync.Abstractions;

namespace Collection.Scrolling;

/// <summary>Reads every block that was ever on screen, one after the other in the order in which they came on: what lists without a plan do.</summary>
internal sealed class FirstComeSource(SimulatedStore store) : IRowSource<Row>
{
    private const int BlockRows = 100;

    private readonly Dictionary<int, Row[]> _blocks = [];
    private readonly Queue<int> _queue = [];
    private readonly HashSet<int> _asked = [];
    private IStoreView? _view;
    private bool _isReading;

    public event Action? Changed;

    public RowSourceState State { get; private set; } = new(RowSourcePhase.Loading, 0, 0, ViewQuery.All);

    public ViewQuery Query => ViewQuery.All;

    public void Look(Viewport viewport)
    {
        State = State with { Viewport = viewport };
        for (var block = viewport.Rows.Start / BlockRows; block <= (viewport.Rows.End - 1) / BlockRows; block++)
        {
            if (_asked.Add(block))
                _queue.Enqueue(block);
        }

        if (!_isReading)
            _ = ReadAsync();
    }

    public bool TryGetRow(int position, out SourceRow<Row> row)
    {
        row = default;
        var isThere = _blocks.TryGetValue(position / BlockRows, out var rows) && position % BlockRows < rows.Length;
        if (isThere)
            row = new SourceRow<Row>(position, rows![position % BlockRows].Id, rows[position % BlockRows]);
        return isThere;
    }

    public bool TryGet(int start, int count, out IReadOnlyList<Row> rows) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<Row>> GetAsync(int start, int count, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task QueryAsync(ViewQuery query) => throw new NotSupportedException();

    public ValueTask<IStoreView> OpenSnapshotAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task ReadAsync()
    {
        _isReading = true;
        _view ??= (await store.OpenViewAsync(ViewQuery.All, new RowRange(0, 0), default)).View;
        State = State with { Phase = RowSourcePhase.Ready, Count = _view.Count };
        while (_queue.TryDequeue(out var block))
        {
            _blocks[block] = (await _view.ReadAsync(new RowRange(block * BlockRows, BlockRows), default)).Decode(Row.Collection.Codec);
            Changed?.Invoke();
        }

        _isReading = false;
    }
}

/// <summary>Ours, but for a grid that says that nobody has gone anywhere: rows that come in above push the others down.</summary>
internal sealed class PlaceLosingSource(SimulatedStore store, TimeProvider time) : IRowSource<Row>
{
    private readonly WindowedRowSource<Row> _inner = new(store, Row.Collection, null, time);

    public event Action? Changed
    {
        add => _inner.Changed += value;
        remove => _inner.Changed -= value;
    }

    public RowSourceState State => _inner.State;

    public ViewQuery Query => _inner.Query;

    public void Look(Viewport viewport) => _inner.Look(viewport with { FollowsStart = true });

    public bool TryGetRow(int position, out SourceRow<Row> row) => _inner.TryGetRow(position, out row);

    public bool TryGet(int start, int count, out IReadOnlyList<Row> rows) => _inner.TryGet(start, count, out rows);

    public ValueTask<IReadOnlyList<Row>> GetAsync(int start, int count, CancellationToken cancellationToken) => _inner.GetAsync(start, count, cancellationToken);

    public ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken) => _inner.FindAsync(key, cancellationToken);

    public Task QueryAsync(ViewQuery query) => _inner.QueryAsync(query);

    public ValueTask<IStoreView> OpenSnapshotAsync(CancellationToken cancellationToken) => _inner.OpenSnapshotAsync(cancellationToken);

    public ValueTask DisposeAsync() => _inner.DisposeAsync();
}
