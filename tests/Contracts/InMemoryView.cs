using System.Buffers.Binary;
using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>The rows of a query, as they were when it ran.</summary>
internal sealed class InMemoryView(InMemorySyncStore tab, InMemoryCollectionStore store, InMemoryQuery query, InMemoryRow[] rows, StoreStatus status) : IStoreView
{
    public int Count => rows.Length;

    public long Revision => status.Revision;

    public async ValueTask<RowBatch> ReadAsync(RowRange range, CancellationToken cancellationToken)
    {
        await tab.BeginAsync(new StoreOperation("ReadView", store.Schema.Name, IsStrict: false), cancellationToken);
        return Read(range);
    }

    public async ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken)
    {
        await tab.BeginAsync(new StoreOperation("FindInView", store.Schema.Name, IsStrict: false), cancellationToken);
        store.Schema.CheckKey(key);
        var position = Array.FindIndex(rows, row => row.Key == key);
        return position < 0 ? null : position;
    }

    public async ValueTask<ReopenedView> ReopenAsync(RowRange window, CancellationToken cancellationToken)
    {
        var view = await store.RunAsync("ReopenView", query, cancellationToken);
        var change = view.ChangeSince(this, window);
        return new ReopenedView(view, view.Read(window with { Start = change.Start }), change);
    }

    public RowBatch Read(RowRange range)
    {
        ReadOnlySpan<InMemoryRow> window = rows.AsSpan(Math.Min(range.Start, rows.Length), Math.Clamp(rows.Length - range.Start, 0, range.Count));
        var batch = new MemoryStream();
        Span<byte> offset = stackalloc byte[4];
        var end = 0;
        offset.Clear();
        batch.Write(offset);
        foreach (var row in window)
        {
            BinaryPrimitives.WriteInt32LittleEndian(offset, end += row.Encoded.Length);
            batch.Write(offset);
        }

        foreach (var row in window)
            batch.Write(row.Encoded.Span);
        return RowBatch.Over(batch.ToArray(), window.Length);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ViewChange ChangeSince(InMemoryView before, RowRange window)
    {
        var olds = before.Positions();
        var news = Positions();
        var isRefilled = status.Generation != before.Status.Generation;
        bool IsKept(InMemoryRow row) => !isRefilled && news.TryGetValue(row.Key, out var position) && rows[position].IsSameAs(row);

        var start = StartOf(before.Rows, news, window, IsKept);
        return new ViewChange(
            About(rows.Where(row => !olds.ContainsKey(row.Key)).Select(row => news[row.Key]), window with { Start = start }),
            About(before.Rows.Where(row => !news.ContainsKey(row.Key)).Select(row => olds[row.Key]), window),
            About(before.Rows.Where(row => news.ContainsKey(row.Key) && !IsKept(row)).Select(row => olds[row.Key]), window),
            start);
    }

    private int StartOf(InMemoryRow[] before, Dictionary<RowKey, int> news, RowRange window, Func<InMemoryRow, bool> isKept)
    {
        var inWindow = before.Skip(window.Start).Take(window.Count).ToList();
        var stayed = inWindow.FindIndex(row => isKept(row));
        if (stayed >= 0)
        {
            var place = news[inWindow[stayed].Key];
            for (var i = stayed - 1; i >= 0; i--)
                place -= place > 0 && rows[place - 1].Key == inWindow[i].Key ? 1 : 0;
            return place;
        }

        var next = inWindow.Find(row => news.ContainsKey(row.Key)) ?? before.Skip(window.Start).FirstOrDefault(isKept);
        return next is not null ? news[next.Key] : Math.Min(window.Start, Math.Max(0, rows.Length - window.Count));
    }

    private static RowCounts About(IEnumerable<int> positions, RowRange window)
    {
        var parts = positions.ToLookup(position => position < window.Start ? -1 : position - window.Start < window.Count ? 0 : 1);
        return new RowCounts(parts[-1].Count(), parts[0].Count(), parts[1].Count());
    }

    private InMemoryRow[] Rows => rows;

    private StoreStatus Status => status;

    private Dictionary<RowKey, int> Positions() => rows.Select((row, i) => (row.Key, i)).ToDictionary();
}
