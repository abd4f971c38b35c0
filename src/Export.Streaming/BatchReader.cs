using System.Threading.Channels;
using Collection.Sync.Abstractions;

namespace Collection.Export.Streaming;

/// <summary>
/// Reads a view from its first row to its last into a bounded channel, ahead of whoever takes the batches: one waits there
/// while the next is read. A slow sink stops the reading, and a slow store is already at work when the sink is done.
/// </summary>
internal sealed class BatchReader : IAsyncDisposable
{
    // Small enough whatever the size of a row; after it, the size of rows is known.
    private const int FirstBatchRows = 64;

    // More would only cost memory: what reads and what writes take turns on the one thread of a browser.
    private const int MaxWaiting = 1;

    private readonly Channel<RowBatch> _batches = Channel.CreateBounded<RowBatch>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true, SingleWriter = true });
    private readonly IStoreView _view;
    private readonly int _maxRows;
    private readonly int _targetBytes;
    private readonly CancellationToken _cancellationToken;
    private readonly Task _reading;

    public BatchReader(IStoreView view, int maxRows, int targetBytes, CancellationToken cancellationToken)
    {
        _view = view;
        _maxRows = maxRows;
        _targetBytes = targetBytes;
        _cancellationToken = cancellationToken;
        _reading = ReadAsync();
    }

    /// <summary>The batches, in order. Ends with the error that reading has ended with.</summary>
    public IAsyncEnumerable<RowBatch> Batches => _batches.Reader.ReadAllAsync(CancellationToken.None);

    /// <summary>Stops reading, and waits until nothing reads the view any more.</summary>
    public async ValueTask DisposeAsync()
    {
        _batches.Writer.TryComplete();
        await _reading;
    }

    private async Task ReadAsync()
    {
        try
        {
            var range = RangeFrom(0, FirstBatchRows);
            while (range.Count > 0)
            {
                var batch = await _view.ReadAsync(range, _cancellationToken);
                if (batch.Count != range.Count)
                    throw new InvalidOperationException($"The store returned {batch.Count} rows from position {range.Start} on, where its view of {_view.Count} has {range.Count}. The store is at fault.");
                await _batches.Writer.WriteAsync(batch, _cancellationToken);
                range = RangeFrom(range.End, (int)Math.Clamp((long)_targetBytes * batch.Count / batch.ByteLength, 1, _maxRows));
            }

            _batches.Writer.TryComplete();
        }
        catch (Exception e)
        {
            // Whoever takes the batches hears of it, unless the export has ended for another reason.
            _batches.Writer.TryComplete(e);
        }
    }

    private RowRange RangeFrom(int start, int rows) => new(start, Math.Min(Math.Min(rows, _maxRows), _view.Count - start));
}
