using Collection.Sync.Abstractions;

namespace Collection.Export.Streaming;

/// <summary>Reads a view from its first row to its last, one batch ahead of whoever takes them.</summary>
internal sealed class BatchReader : IAsyncDisposable
{
    // Small enough whatever the size of a row; after it, the size of rows is known.
    private const int FirstBatchRows = 64;

    private readonly IStoreView _view;
    private readonly int _maxRows;
    private readonly int _targetBytes;
    private readonly CancellationToken _cancellationToken;
    private RowRange _range;
    private Task<RowBatch>? _ahead;

    public BatchReader(IStoreView view, int maxRows, int targetBytes, CancellationToken cancellationToken)
    {
        _view = view;
        _maxRows = maxRows;
        _targetBytes = targetBytes;
        _cancellationToken = cancellationToken;
        ReadAhead(0, FirstBatchRows);
    }

    /// <summary>The next batch, or null after the last one.</summary>
    public async ValueTask<RowBatch?> NextAsync()
    {
        if (_ahead is null)
            return null;
        var batch = await _ahead;
        _ahead = null;
        if (batch.Count != _range.Count)
            throw new InvalidOperationException($"The store returned {batch.Count} rows from position {_range.Start} on, where its view of {_view.Count} has {_range.Count}. The store is at fault.");
        ReadAhead(_range.End, (int)Math.Clamp((long)_targetBytes * batch.Count / batch.ByteLength, 1, _maxRows));
        return batch;
    }

    public async ValueTask DisposeAsync()
    {
        if (_ahead is null)
            return;
        try
        {
            await _ahead;
        }
        catch (Exception)
        {
            // The export has ended for another reason, and that is the one its caller hears of.
        }
    }

    private void ReadAhead(int start, int rows)
    {
        _range = new RowRange(start, Math.Min(Math.Min(rows, _maxRows), _view.Count - start));
        _ahead = _range.Count == 0 ? null : _view.ReadAsync(_range, _cancellationToken).AsTask();
    }
}
