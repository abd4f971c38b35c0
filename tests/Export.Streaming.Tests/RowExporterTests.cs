using System.Buffers;
using System.Text;

namespace Collection.Export.Streaming.Tests;

public sealed class RowExporterTests
{
    private static readonly CsvFormat s_format = new(Rows.Schema, new CsvOptions { Columns = ["id", "name"] });

    private readonly StoppedClock _clock = new();

    // A few rows a batch and a write, so that a small export crosses every boundary.
    private RowExporter Exporter => new(_clock) { MaxBatchRows = 7, PieceBytes = 64 };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(500)]
    public async Task ExportAsync_AnyNumberOfRows_WritesEachOnceInOrder(int count)
    {
        var sink = new MemorySink();
        var result = await Exporter.ExportAsync(View(count), s_format, sink, null, default);
        Encoding.UTF8.GetString(sink.Bytes).ShouldBe(Expected(count));
        sink.IsCompleted.ShouldBeTrue();
        sink.Aborts.ShouldBe(0);
        result.ShouldBe(new ExportProgress(count, count, sink.Bytes.Length, TimeSpan.Zero));
    }

    [Fact]
    public async Task ExportAsync_LargeRows_AreReadFewAtATime()
    {
        var view = new MemoryView([.. Enumerable.Range(0, 200).Select(i => Rows.Named(i, new string('x', 10_000)))]);
        await new RowExporter().ExportAsync(view, s_format, new MemorySink(), null, default);
        view.Reads[0].Count.ShouldBe(64);
        view.Reads.Skip(1).ShouldAllBe(read => read.Count <= 26);
    }

    [Fact]
    public async Task ExportAsync_SlowSink_NextPieceIsFilledAndOneBatchWaitsAndOneIsReadAndNoMore()
    {
        var seventhRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var view = View(100, range =>
        {
            if (range.Start == 42)
                seventhRead.SetResult();
            return Task.CompletedTask;
        });
        var writing = 0;
        var readsAtWrite = new List<int>();
        var sink = new MemorySink
        {
            BeforeWrite = async write =>
            {
                writing++.ShouldBe(0, "the sink is still writing the piece before");
                if (write == 0)
                    await seventhRead.Task.WaitAsync(TimeSpan.FromSeconds(30));
                readsAtWrite.Add(view.Reads.Count);
                writing--;
            },
        };
        await new RowExporter { MaxBatchRows = 7, PieceBytes = 200 }.ExportAsync(view, s_format, sink, null, default);
        // The first piece is full at row 18. While it is written, the next is filled up to row 35, of the fifth batch of seven.
        readsAtWrite[0].ShouldBe(7);
        readsAtWrite[1].ShouldBeInRange(7, 8);
        Encoding.UTF8.GetString(sink.Bytes).ShouldBe(Expected(100));
    }

    [Fact]
    public async Task ExportAsync_RowFailsWhileThePieceBeforeIsWritten_AbortsWhenTheSinkIsDone()
    {
        var written = new TaskCompletionSource();
        var view = new MemoryView([.. Enumerable.Range(0, 20).Select(i => Rows.Named(i, $"name {i}")), [0xc0]]);
        var sink = new MemorySink { BeforeWrite = _ => written.Task };
        var export = new RowExporter { PieceBytes = 200 }.ExportAsync(view, s_format, sink, null, default);
        export.IsCompleted.ShouldBeFalse();
        sink.Aborts.ShouldBe(0, "calls come one after another");
        written.SetResult();
        await Should.ThrowAsync<InvalidDataException>(() => export);
        sink.Aborts.ShouldBe(1);
    }

    [Fact]
    public async Task ExportAsync_RowsLargerThanAPiece_DoNotPileUp()
    {
        var name = new string('x', 1000);
        var sink = new MemorySink();
        // Two batches of seven wait or are read; all before them has been written but for the last piece.
        var view = new MemoryView([.. Enumerable.Range(0, 100).Select(i => Rows.Named(i, name))])
        {
            BeforeRead = range =>
            {
                (sink.Writes * 64).ShouldBeGreaterThanOrEqualTo((range.Start - 21) * name.Length);
                return Task.CompletedTask;
            },
        };
        await Exporter.ExportAsync(view, s_format, sink, null, default);
        Encoding.UTF8.GetString(sink.Bytes).ShouldBe("id,name\r\n" + string.Concat(Enumerable.Range(0, 100).Select(i => $"{i},{name}\r\n")));
    }

    [Fact]
    public async Task ExportAsync_AnyWriteFails_AbortsAndThrowsThat()
    {
        var writes = await WritesOf(100);
        for (var failing = 0; failing < writes; failing++)
        {
            var error = new IOException($"write {failing}");
            var sink = new MemorySink { BeforeWrite = write => write == failing ? Task.FromException(error) : Task.CompletedTask };
            (await Should.ThrowAsync<IOException>(() => Exporter.ExportAsync(View(100), s_format, sink, null, default))).ShouldBeSameAs(error);
            sink.Aborts.ShouldBe(1);
            sink.IsCompleted.ShouldBeFalse();
        }
    }

    [Fact]
    public async Task ExportAsync_CancelledAtAnyWrite_AbortsAndNeverCompletes()
    {
        var writes = await WritesOf(100);
        for (var cancelled = 0; cancelled < writes; cancelled++)
        {
            using var cancel = new CancellationTokenSource();
            // The sink does not heed the token: the exporter has to.
            var sink = new MemorySink { BeforeWrite = write => write == cancelled ? cancel.CancelAsync() : Task.CompletedTask };
            var error = await Should.ThrowAsync<OperationCanceledException>(() => Exporter.ExportAsync(View(100), s_format, sink, null, cancel.Token));
            error.CancellationToken.ShouldBe(cancel.Token);
            sink.Aborts.ShouldBe(1);
            sink.IsCompleted.ShouldBeFalse();
        }
    }

    [Fact]
    public async Task ExportAsync_AnyReadFails_AbortsAndThrowsThat()
    {
        var reads = View(100);
        await Exporter.ExportAsync(reads, s_format, new MemorySink(), null, default);
        foreach (var failing in reads.Reads)
        {
            var view = View(100, range => range == failing ? Task.FromException(new IOException("read")) : Task.CompletedTask);
            var sink = new MemorySink();
            await Should.ThrowAsync<IOException>(() => Exporter.ExportAsync(view, s_format, sink, null, default));
            sink.Aborts.ShouldBe(1);
            sink.IsCompleted.ShouldBeFalse();
        }
    }

    [Fact]
    public async Task ExportAsync_FormatWithAnEnd_WritesIt()
    {
        var sink = new MemorySink();
        await Exporter.ExportAsync(View(3), new JsonFormat(Rows.Schema), sink, null, default);
        using var file = System.Text.Json.JsonDocument.Parse(sink.Bytes);
        file.RootElement.GetArrayLength().ShouldBe(3);
    }

    [Fact]
    public async Task ExportAsync_StoreLeavesRowsOut_AbortsAndSaysSo()
    {
        var sink = new MemorySink();
        var view = new MemoryView([.. Enumerable.Range(0, 20).Select(i => Rows.Named(i, "x"))]) { Lost = 1 };
        (await Should.ThrowAsync<InvalidOperationException>(() => Exporter.ExportAsync(view, s_format, sink, null, default))).Message.ShouldStartWith("The store returned 6 rows from position 0");
        sink.Aborts.ShouldBe(1);
        sink.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task ExportAsync_WriteFailsWhileTheStoreReads_WaitsForTheRead()
    {
        var read = new TaskCompletionSource();
        var view = View(100, range => range.Start == 0 ? Task.CompletedTask : read.Task);
        var sink = new MemorySink { BeforeWrite = _ => Task.FromException(new IOException("full")) };
        var export = new RowExporter { MaxBatchRows = 7, PieceBytes = 20 }.ExportAsync(view, s_format, sink, null, default);
        export.IsCompleted.ShouldBeFalse("the view would be closed under the read");
        read.SetException(new InvalidOperationException("nobody asks any more"));
        await Should.ThrowAsync<IOException>(() => export);
        sink.Aborts.ShouldBe(1);
    }

    [Fact]
    public async Task ExportAsync_CompletingFails_Aborts()
    {
        var sink = new MemorySink { CompleteError = new IOException("full") };
        await Should.ThrowAsync<IOException>(() => Exporter.ExportAsync(View(3), s_format, sink, null, default));
        sink.Aborts.ShouldBe(1);
    }

    [Fact]
    public async Task ExportAsync_AbortingFailsToo_TellsOfBoth()
    {
        var sink = new MemorySink { CompleteError = new IOException("first"), AbortError = new IOException("second") };
        var error = await Should.ThrowAsync<AggregateException>(() => Exporter.ExportAsync(View(3), s_format, sink, null, default));
        error.InnerExceptions.Select(inner => inner.Message).ShouldBe(["first", "second"]);
    }

    [Fact]
    public async Task ExportAsync_DamagedRow_NamesItsPosition()
    {
        var view = new MemoryView([Rows.Named(0, "a"), Rows.Named(1, "b"), [0xc0]]);
        var sink = new MemorySink();
        (await Should.ThrowAsync<InvalidDataException>(() => Exporter.ExportAsync(view, s_format, sink, null, default))).Message.ShouldStartWith("Row 2 of the export");
        sink.Aborts.ShouldBe(1);
    }

    [Fact]
    public async Task Progress_IsAtMostTenTimesASecond()
    {
        var reports = new List<ExportProgress>();
        var result = await Exporter.ExportAsync(View(700), new Slow(s_format, _clock), new MemorySink(), new Direct(reports.Add), default);
        result.Elapsed.ShouldBe(TimeSpan.FromSeconds(3));
        reports.Count.ShouldBe(25, "every fourth of the hundred batches is 120 ms later");
        reports.Zip(reports.Skip(1)).ShouldAllBe(pair => pair.Second.Elapsed - pair.First.Elapsed >= TimeSpan.FromMilliseconds(100) && pair.Second.Rows > pair.First.Rows);
        reports.ShouldAllBe(report => report.TotalRows == 700);
    }

    [Fact]
    public void Progress_TellsRateAndTimeLeft()
    {
        var progress = new ExportProgress(250, 1000, 1, TimeSpan.FromSeconds(2));
        progress.RowsPerSecond.ShouldBe(125);
        progress.TimeLeft.ShouldBe(TimeSpan.FromSeconds(6));
        default(ExportProgress).TimeLeft.ShouldBeNull();
    }

    [Fact]
    public async Task StreamExportSink_Abort_LeavesWhatWasThereBefore()
    {
        using var stream = new MemoryStream();
        stream.Write("before"u8);
        var view = new MemoryView([.. Enumerable.Range(0, 99).Select(i => Rows.Named(i, "x")), [0xc0]]);
        await Should.ThrowAsync<InvalidDataException>(() => Exporter.ExportAsync(view, s_format, new StreamExportSink(stream), null, default));
        stream.ToArray().ShouldBe("before"u8.ToArray());

        await Exporter.ExportAsync(View(3), s_format, new StreamExportSink(stream), null, default);
        Encoding.UTF8.GetString(stream.ToArray()).ShouldBe("before" + Expected(3));
    }

    [Fact]
    public async Task StreamExportSink_Complete_FlushesTheStream()
    {
        using var file = new MemoryStream();
        await using var buffered = new BufferedStream(file, 4096);
        await Exporter.ExportAsync(View(3), s_format, new StreamExportSink(buffered), null, default);
        Encoding.UTF8.GetString(file.ToArray()).ShouldBe(Expected(3));
    }

    [Fact]
    public async Task StreamExportSink_AbortOfAStreamThatCannotSeek_LeavesTheErrorAsItWas()
    {
        await using var stream = new System.IO.Compression.GZipStream(Stream.Null, System.IO.Compression.CompressionMode.Compress);
        await Should.ThrowAsync<InvalidDataException>(() => Exporter.ExportAsync(new MemoryView([[0xc0]]), s_format, new StreamExportSink(stream), null, default));
    }

    private static MemoryView View(int count, Func<Collection.Sync.Abstractions.RowRange, Task>? beforeRead = null) =>
        new([.. Enumerable.Range(0, count).Select(i => Rows.Named(i, $"name {i}"))]) { BeforeRead = beforeRead };

    private static string Expected(int count) => "id,name\r\n" + string.Concat(Enumerable.Range(0, count).Select(i => $"{i},name {i}\r\n"));

    private async Task<int> WritesOf(int count)
    {
        var sink = new MemorySink();
        await Exporter.ExportAsync(View(count), s_format, sink, null, default);
        sink.Writes.ShouldBeGreaterThan(10);
        return sink.Writes;
    }

    private sealed class Direct(Action<ExportProgress> report) : IProgress<ExportProgress>
    {
        public void Report(ExportProgress value) => report(value);
    }

    // Takes 30 ms for a batch of seven rows.
    private sealed class Slow(IExportFormat format, StoppedClock clock) : IExportFormat
    {
        public string MediaType => format.MediaType;

        public void WriteStart(IBufferWriter<byte> output) => format.WriteStart(output);

        public void WriteRow(int position, ReadOnlySpan<byte> row, IBufferWriter<byte> output)
        {
            if (position % 7 == 0)
                clock.Advance(TimeSpan.FromMilliseconds(30));
            format.WriteRow(position, row, output);
        }

        public void WriteEnd(IBufferWriter<byte> output) => format.WriteEnd(output);
    }

    private sealed class StoppedClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan time) => _now += time.Ticks;
    }
}
