using System.Buffers;
using System.Buffers.Binary;
using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Scrolling;

/// <summary>A row: its key, and nothing else.</summary>
internal sealed record Row(long Id)
{
    public static CollectionDefinition<Row> Collection { get; } = new(new CollectionSchema("rows", [new("id", FieldKind.Int64) { IsKey = true }, new("filling", FieldKind.Text)]), new Codec());

    // A row of the usual size.
    private static readonly string s_filling = new('x', 140);

    private sealed class Codec : IRowCodec<Row>
    {
        public void Write(ref MessagePackWriter writer, Row row)
        {
            writer.WriteArrayHeader(2);
            writer.WriteInt64(row.Id);
            writer.WriteText(s_filling);
        }

        public Row Read(ref MessagePackReader reader)
        {
            reader.ReadArrayHeader(2);
            var row = new Row(reader.ReadInt64());
            reader.Skip();
            return row;
        }
    }
}

/// <summary>What a read takes: so much before its first row, and so much for each.</summary>
internal readonly record struct Speed(string Name, double BaseMilliseconds, double RowMilliseconds)
{
    public static Speed Usual { get; } = new("8 ms + 0.06", 8, 0.06);

    public static Speed Fast { get; } = new("1 ms + 0.01", 1, 0.01);

    public static Speed Slow { get; } = new("40 ms + 0.2", 40, 0.2);

    public TimeSpan Of(int rows) => TimeSpan.FromMilliseconds(BaseMilliseconds + (RowMilliseconds * rows));
}

/// <summary>
/// Any number of rows that exist only where they are read, with others that come in between, in virtual time. Like a
/// worker it does one thing at a time.
/// </summary>
internal sealed class SimulatedStore(ManualTimeProvider time, Speed speed, int count, Random random) : ICollectionStore
{
    /// <summary>Rows that have come in, each by the number of the row that it stands before.</summary>
    private int[] _newcomers = [];
    private DateTimeOffset _busyUntil = time.GetUtcNow();
    private int _count = count;

    public long RowsFetched { get; private set; }

    public CollectionSchema Schema => Row.Collection.Schema;

    public StoreStatus Status { get; private set; } = new(null, true, count, 0, 1);

    public IOutbox Outbox => throw new NotSupportedException();

    public event Action<StoreStatus>? Changed;

    /// <summary>Rows come in at random places.</summary>
    public void Insert(int rows)
    {
        _newcomers = [.. _newcomers.Concat(Enumerable.Range(0, rows).Select(_ => random.Next(_count))).Order()];
        Tell(isComplete: true);
    }

    /// <summary>A page of a first sync: the table grows at its end.</summary>
    public void Grow(int total, bool isComplete)
    {
        _count = total;
        Tell(isComplete);
    }

    /// <summary>Where a row stands now.</summary>
    public int PositionOf(long key) => Now.PositionOf(key);

    public async ValueTask<OpenedView> OpenViewAsync(ViewQuery query, RowRange window, CancellationToken cancellationToken)
    {
        await WorkAsync(window.Count);
        var view = Now;
        return new OpenedView(view, view.Rows(window));
    }

    public ValueTask<long> LeadAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<StoreStatus> ApplyAsync(byte[] page, PullStart start, long fence, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<StoreStatus> ApplyHintAsync(byte[] page, long fence, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<StoreStatus> ResetAsync(long fence, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<string>> ReadValuesAsync(string field, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private View Now => new(this, _count, _newcomers, Status.Revision);

    private void Tell(bool isComplete)
    {
        Status = Status with { IsComplete = isComplete, RowCount = _count + _newcomers.Length, Revision = Status.Revision + 1 };
        Changed?.Invoke(Status);
    }

    private async Task WorkAsync(int rows)
    {
        var now = time.GetUtcNow();
        _busyUntil = (_busyUntil > now ? _busyUntil : now) + speed.Of(rows);
        RowsFetched += rows;
        await Task.Delay(_busyUntil - now, time);
    }

    private sealed class View(SimulatedStore store, int count, int[] newcomers, long revision) : IStoreView
    {
        public int Count => count + newcomers.Length;

        public long Revision => revision;

        public async ValueTask<RowBatch> ReadAsync(RowRange range, CancellationToken cancellationToken)
        {
            await store.WorkAsync(Math.Clamp(Count - range.Start, 0, range.Count));
            cancellationToken.ThrowIfCancellationRequested();
            return Rows(range);
        }

        public async ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken)
        {
            await store.WorkAsync(0);
            return PositionOf(key.Value);
        }

        public async ValueTask<ReopenedView> ReopenAsync(RowRange window, CancellationToken cancellationToken)
        {
            await store.WorkAsync(window.Count);
            var view = store.Now;
            var start = window.Start < Count ? view.PositionOf(KeyAt(window.Start)) : Math.Max(view.Count - window.Count, 0);
            var added = view.Count - Count;
            var above = start - window.Start;
            return new ReopenedView(view, view.Rows(window with { Start = start }), new ViewChange(new RowCounts(above, 0, added - above), default, default, start));
        }

        public RowBatch Rows(RowRange range)
        {
            var rows = Math.Clamp(Count - range.Start, 0, range.Count);
            var bytes = new ArrayBufferWriter<byte>();
            var offsets = new byte[(rows + 1) * 4];
            for (var i = 0; i < rows; i++)
            {
                var writer = new MessagePackWriter(bytes);
                Row.Collection.Codec.Write(ref writer, new Row(KeyAt(range.Start + i)));
                BinaryPrimitives.WriteInt32LittleEndian(offsets.AsSpan((i + 1) * 4), bytes.WrittenCount);
            }

            return RowBatch.Over((byte[])[.. offsets, .. bytes.WrittenSpan], rows);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        /// <summary>Rows that were there first have their number for a key; the i-th newcomer of a place has one of its own.</summary>
        public long KeyAt(int position)
        {
            // The first newcomer that stands at the position or after it.
            var (low, high) = (0, newcomers.Length);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (newcomers[middle] + middle < position)
                    low = middle + 1;
                else
                    high = middle;
            }

            return low < newcomers.Length && newcomers[low] + low == position ? KeyOfNewcomer(low) : position - low;
        }

        public int PositionOf(long key)
        {
            if (key < 1L << 32)
                return (int)key + CountBefore((int)key + 1);
            var place = (int)(key >> 32) - 1;
            return place + CountBefore(place) + (int)(key & 0xFFFFFFFF);
        }

        private long KeyOfNewcomer(int index) => ((newcomers[index] + 1L) << 32) + (index - CountBefore(newcomers[index]));

        /// <summary>Newcomers that stand before rows of a lower number.</summary>
        private int CountBefore(int row)
        {
            var (low, high) = (0, newcomers.Length);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (newcomers[middle] < row)
                    low = middle + 1;
                else
                    high = middle;
            }

            return low;
        }
    }
}
