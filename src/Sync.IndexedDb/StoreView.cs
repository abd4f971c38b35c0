using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb;

/// <summary>A view that the worker holds, by number.</summary>
internal sealed class StoreView : IStoreView
{
    private readonly StoreScript _script;
    private readonly CollectionSchema _schema;
    private readonly int _number;
    private bool _isClosed;

    private StoreView(StoreScript script, CollectionSchema schema, int number, Answer answer)
    {
        _script = script;
        _schema = schema;
        _number = number;
        Count = answer.Count;
        Revision = answer.Revision;
    }

    public int Count { get; }

    public long Revision { get; }

    public static async ValueTask<OpenedView> OpenAsync(
        StoreScript script, CollectionSchema schema, ViewQuery query, RowRange window, CancellationToken cancellationToken)
    {
        CheckRange(window);
        var message = QueryMessage.Encode(schema, query);
        var (view, answer) = await OpenAsync(script, schema, number => script.CallAsync("openView", cancellationToken, schema.Name, number, message, window.Start, window.Count), cancellationToken);
        return new OpenedView(view, answer.Rows(view.CountOf(window)));
    }

    public async ValueTask<ReopenedView> ReopenAsync(RowRange window, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        CheckRange(window);
        var (view, answer) = await OpenAsync(_script, _schema, number => _script.CallAsync("reopenView", cancellationToken, _number, number, window.Start, window.Count), cancellationToken);
        var change = answer.Change;
        return new ReopenedView(view, answer.Rows(view.CountOf(window with { Start = change.Start })), change);
    }

    public async ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return (await _script.CallAsync("findInView", cancellationToken, _number, KeyMessage.Encode(key, _schema))).Position;
    }

    public async ValueTask<RowBatch> ReadAsync(RowRange range, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        CheckRange(range);
        var answer = await _script.CallAsync("readView", cancellationToken, _number, range.Start, range.Count);
        return answer.Rows(CountOf(range));
    }

    public async ValueTask DisposeAsync()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        await _script.CloseViewAsync(_number);
    }

    private static async ValueTask<(StoreView View, Answer Answer)> OpenAsync(StoreScript script, CollectionSchema schema, Func<int, ValueTask<Answer>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var number = script.NextViewNumber();
        try
        {
            var answer = await call(number);
            return (new StoreView(script, schema, number, answer), answer);
        }
        catch (OperationCanceledException)
        {
            // The worker may be about to keep a view that nobody would ever close.
            await script.CloseViewAsync(number);
            throw;
        }
    }

    private int CountOf(RowRange range) => Math.Clamp(Count - range.Start, 0, range.Count);

    private static void CheckRange(RowRange range)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(range.Start, nameof(range));
        ArgumentOutOfRangeException.ThrowIfNegative(range.Count, nameof(range));
    }
}
