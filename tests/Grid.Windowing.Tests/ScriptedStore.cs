using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing.Tests;

/// <summary>A row that says where it comes from: the revision and the query of its view, and its position there.</summary>
internal sealed record Row(long Position, string Origin)
{
    public static CollectionDefinition<Row> Collection { get; } = new(
        new CollectionSchema("rows", [new("position", FieldKind.Int64) { IsKey = true }, new("origin", FieldKind.Text) { IsIndexed = true }]),
        new Codec());

    private sealed class Codec : IRowCodec<Row>
    {
        public void Write(ref MessagePackWriter writer, Row row)
        {
            writer.WriteArrayHeader(2);
            writer.WriteInt64(row.Position);
            writer.WriteText(row.Origin);
        }

        public Row Read(ref MessagePackReader reader)
        {
            reader.ReadArrayHeader(2);
            return new Row(reader.ReadInt64(), reader.ReadText());
        }
    }
}

/// <summary>A store whose calls wait until the test completes them.</summary>
internal sealed class ScriptedStore : ICollectionStore
{
    public List<Opening> Openings { get; } = [];

    public int RowCount { get; set; } = 1000;

    public CollectionSchema Schema => Row.Collection.Schema;

    public StoreStatus Status { get; private set; } = new(null, true, 1000, 0, 1);

    public event Action<StoreStatus>? Changed;

    /// <summary>Something besides rows has changed: the cursor, an edit on its way.</summary>
    public void ChangeOtherwise()
    {
        Status = Status with { Writes = Status.Writes + 1 };
        Changed?.Invoke(Status);
    }

    /// <summary>True once nobody listens any more.</summary>
    public bool IsUnobserved => Changed is null;

    public void Change(int? rowCount = null)
    {
        RowCount = rowCount ?? RowCount;
        Status = Status with { Revision = Status.Revision + 1, RowCount = RowCount };
        Changed?.Invoke(Status);
    }

    public ValueTask<OpenedView> OpenViewAsync(ViewQuery query, RowRange window, CancellationToken cancellationToken) => OpenAsync(null, query, window, cancellationToken);

    private ValueTask<OpenedView> OpenAsync(View? reopened, ViewQuery query, RowRange window, CancellationToken cancellationToken)
    {
        var opening = new Opening(this, query, window, cancellationToken) { Reopened = reopened };
        Openings.Add(opening);
        return new ValueTask<OpenedView>(opening.Answer.Task);
    }

    public IOutbox Outbox => throw new NotSupportedException();

    public ValueTask<long> LeadAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<StoreStatus> ApplyAsync(byte[] page, PullStart start, long fence, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<StoreStatus> ApplyHintAsync(byte[] page, long fence, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<StoreStatus> ResetAsync(long fence, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<string>> ReadValuesAsync(string field, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>A view that is asked for. It shows the store as it is when it is completed.</summary>
    internal sealed class Opening(ScriptedStore store, ViewQuery query, RowRange window, CancellationToken cancellationToken)
    {
        public TaskCompletionSource<OpenedView> Answer { get; } = new();

        public ViewQuery Query => query;

        public RowRange Window => window;

        public CancellationToken CancellationToken => cancellationToken;

        public View? View { get; private set; }

        /// <summary>The view in place of which this one is opened.</summary>
        public View? Reopened { get; init; }

        /// <summary>How far the rows of the window have moved down.</summary>
        public int Shift { get; private set; }

        /// <summary>Rows that have come in.</summary>
        public RowCounts Inserted { get; private set; }

        /// <summary>Rows that are newer.</summary>
        public RowCounts Changed { get; private set; }

        /// <summary>By how many positions <see cref="View.FindAsync"/> says that rows have moved down.</summary>
        public int Moved { get; set; }

        public View Complete(int shift = 0, RowCounts inserted = default, RowCounts changed = default)
        {
            (Shift, Inserted, Changed) = (shift, inserted, changed);
            View = new View(store.RowCount, store.Status.Revision, query, store) { Moved = Moved };
            Answer.SetResult(new OpenedView(View, View.Rows(window with { Start = window.Start + shift })));
            return View;
        }
    }

    internal sealed class View(int count, long revision, ViewQuery query, ScriptedStore? store = null) : IStoreView
    {
        public List<Read> Reads { get; } = [];

        public int Count => count;

        public long Revision => revision;

        public string Origin { get; } = $"{revision}:{query.Search}{string.Concat(query.Sort.Select(sort => sort.Direction))}";

        public bool IsDisposed { get; private set; }

        /// <summary>Whether reads are answered at once.</summary>
        public bool IsInMemory { get; set; }

        public ValueTask<RowBatch> ReadAsync(RowRange range, CancellationToken cancellationToken)
        {
            IsDisposed.ShouldBeFalse("a closed view was read");
            var read = new Read(this, range, cancellationToken);
            Reads.Add(read);
            if (IsInMemory)
                read.Complete();
            return new ValueTask<RowBatch>(read.Answer.Task);
        }

        /// <summary>What <see cref="FindAsync"/> waits for; null for nothing.</summary>
        public TaskCompletionSource? Found { get; set; }

        public async ValueTask<int?> FindAsync(RowKey key, CancellationToken cancellationToken)
        {
            await (Found?.Task ?? Task.CompletedTask);
            return key.Value < count - Moved ? (int)key.Value + Moved : null;
        }

        /// <summary>By how many positions <see cref="FindAsync"/> says that rows have moved down.</summary>
        public int Moved { get; set; }

        public async ValueTask<ReopenedView> ReopenAsync(RowRange window, CancellationToken cancellationToken)
        {
            IsDisposed.ShouldBeFalse("a closed view was reopened");
            var answer = store!.OpenAsync(this, query, window, cancellationToken);
            var opening = store.Openings[^1];
            var (view, rows) = await answer;
            return new ReopenedView(view, rows, new ViewChange(opening.Inserted, default, opening.Changed, window.Start + opening.Shift));
        }

        public RowBatch Rows(RowRange range)
        {
            var rows = Enumerable.Range(range.Start, Math.Clamp(count - range.Start, 0, range.Count)).Select(position => new Row(position, Origin)).ToImmutableArray();
            var bytes = new ArrayBufferWriter<byte>();
            var offsets = new byte[(rows.Length + 1) * 4];
            for (var i = 0; i < rows.Length; i++)
            {
                var writer = new MessagePackWriter(bytes);
                Row.Collection.Codec.Write(ref writer, rows[i]);
                BinaryPrimitives.WriteInt32LittleEndian(offsets.AsSpan((i + 1) * 4), bytes.WrittenCount);
            }

            return RowBatch.Over((byte[])[.. offsets, .. bytes.WrittenSpan], rows.Length);
        }

        public ValueTask DisposeAsync()
        {
            IsDisposed.ShouldBeFalse("a view was closed twice");
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }

    internal sealed class Read(View view, RowRange range, CancellationToken cancellationToken)
    {
        public TaskCompletionSource<RowBatch> Answer { get; } = new();

        public RowRange Range => range;

        public CancellationToken CancellationToken => cancellationToken;

        public void Complete() => Answer.SetResult(view.Rows(range));
    }
}
