using Collection.Sync.Abstractions;

namespace Collection.Export.Streaming;

/// <summary>
/// Writes a view of a store to a file, batch by batch. While one batch is formatted, another waits in a bounded channel and the
/// store reads a third; while one piece of the file is filled, the sink writes the one before. Memory holds those, whatever the
/// number of rows. Between batches the thread is free for others: in a browser it is the one that draws. Exports of one
/// exporter may run side by side.
/// </summary>
/// <param name="timeProvider">The clock; the system's where null.</param>
public sealed class RowExporter(TimeProvider? timeProvider = null)
{
    private readonly TimeProvider _timeProvider = timeProvider ?? TimeProvider.System;

    /// <summary>
    /// The largest number of rows formatted in one go: about 10 ms in a browser, far from the 50 ms at which it
    /// starts to feel stuck.
    /// </summary>
    internal int MaxBatchRows { get; init; } = 1024;

    /// <summary>The size in bytes that a batch of encoded rows aims at where rows are large.</summary>
    internal int MaxBatchBytes { get; init; } = 256 * 1024;

    /// <summary>The bytes that go to the sink at once.</summary>
    internal int PieceBytes { get; init; } = 256 * 1024;

    /// <summary>Writes every row of a view. A failure or a cancellation aborts the sink before it is thrown.</summary>
    /// <param name="view">The rows. They are those of the moment when it was opened; the caller disposes of it.</param>
    /// <param name="format">How rows are written.</param>
    /// <param name="sink">Where they go; used for this export alone.</param>
    /// <param name="progress">Hears of progress, at most ten times a second; of the end it hears by the result.</param>
    /// <param name="cancellationToken">Gives the export up. Once the sink has completed it has no effect.</param>
    /// <returns>What was written in all.</returns>
    /// <exception cref="InvalidDataException">A row does not read back; the message has its position.</exception>
    /// <exception cref="AggregateException">The export failed, and then the sink could not be aborted: both errors.</exception>
    public async Task<ExportProgress> ExportAsync(IStoreView view, IExportFormat format, IExportSink sink, IProgress<ExportProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(sink);
        var meter = new ProgressMeter(_timeProvider, progress, view.Count);
        using var writer = new SinkWriter(sink, PieceBytes, cancellationToken);
        try
        {
            format.WriteStart(writer.Output);
            await WriteRowsAsync(view, format, writer, meter, cancellationToken);
            format.WriteEnd(writer.Output);
            await writer.FlushAsync();
            cancellationToken.ThrowIfCancellationRequested();
            await sink.CompleteAsync(cancellationToken);
        }
        catch (Exception e)
        {
            await writer.SettleAsync();
            await AbortAsync(sink, e);
            throw;
        }

        return meter.At(writer.Bytes);
    }

    private async Task WriteRowsAsync(IStoreView view, IExportFormat format, SinkWriter writer, ProgressMeter meter, CancellationToken cancellationToken)
    {
        await using var reader = new BatchReader(view, MaxBatchRows, MaxBatchBytes, cancellationToken);
        await foreach (var batch in reader.Batches)
        {
            for (var i = 0; i < batch.Count; i++)
            {
                try
                {
                    format.WriteRow(meter.Rows, batch[i].Span, writer.Output);
                }
                catch (MessagePackFormatException e)
                {
                    throw new InvalidDataException($"Row {meter.Rows} of the export does not read back: {e.Message} The local copy is damaged; sync it anew and export again.", e);
                }

                meter.Rows++;
                while (writer.IsFull)
                    await writer.WritePieceAsync();
            }

            meter.Report(writer.Bytes);
            cancellationToken.ThrowIfCancellationRequested();
            // A store in memory never waits: let the browser draw.
            await Task.Yield();
        }
    }

    private static async ValueTask AbortAsync(IExportSink sink, Exception cause)
    {
        try
        {
            await sink.AbortAsync();
        }
        catch (Exception e)
        {
            throw new AggregateException("The export failed, and what was written so far could not be removed. Do not use the file.", cause, e);
        }
    }

    private sealed class ProgressMeter(TimeProvider timeProvider, IProgress<ExportProgress>? progress, int totalRows)
    {
        private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

        private readonly long _start = timeProvider.GetTimestamp();
        private long? _reportedAt;

        public int Rows { get; set; }

        public ExportProgress At(long bytes) => new(Rows, totalRows, bytes, timeProvider.GetElapsedTime(_start));

        public void Report(long bytes)
        {
            if (progress is null || (_reportedAt is { } reportedAt && timeProvider.GetElapsedTime(reportedAt) < Interval))
                return;
            _reportedAt = timeProvider.GetTimestamp();
            progress.Report(At(bytes));
        }
    }
}
