using System.Data.Common;
using System.Runtime.CompilerServices;
using Collection.Export.Streaming;
using Collection.Sync.Abstractions;
using Collection.Sync.AspNetCore;
using Microsoft.Extensions.Options;

namespace Sellers.Host.Exports;

/// <summary>
/// Writes the exports that wait, a few at a time, and takes over those of hosts that are gone. A host that is stopped
/// gives back what it works on, and another one, or itself when it is back, begins it anew.
/// </summary>
internal sealed class ExportWorker(
    ExportTable table, ExportFiles files, SyncDatabase database, IOptions<ExportOptions> options, TimeProvider time, ILogger<ExportWorker> logger) : BackgroundService
{
    private const string Lost = "The server went down three times while it wrote this file. Ask for it again.";

    // How often a host looks for work, notes how far it is, and sweeps.
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_sweepInterval = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _wake = new(0);
    private readonly List<Task> _running = [];
    private long? _swept;

    /// <summary>There is an export that waits.</summary>
    public void Wake() => _wake.Release();

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    await LookAsync(stoppingToken);
                }
                catch (Exception e) when (e is DbException or IOException or UnauthorizedAccessException && !stoppingToken.IsCancellationRequested)
                {
                    logger.ExportsNotSeen(e);
                }

                await _wake.WaitAsync(s_interval, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(_running);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        _running.RemoveAll(static task => task.IsCompleted);
        while (_running.Count < options.Value.MaxAtOnce && await table.HasWorkAsync(cancellationToken) && await table.ClaimAsync(cancellationToken) is { } job)
            _running.Add(Task.Run(() => RunAsync(job, cancellationToken), CancellationToken.None));
        if (_swept is { } swept && time.GetElapsedTime(swept) < s_sweepInterval)
            return;
        _swept = time.GetTimestamp();
        await table.FailLostAsync(Lost, cancellationToken);
        await table.ExpireAsync(cancellationToken);
        await files.SweepAsync((id, attempt) => table.IsWantedAsync(id, attempt, cancellationToken));
    }

    private async Task RunAsync(ClaimedExport job, CancellationToken cancellationToken)
    {
        var (part, whole) = (files.PartOf(job.Id, job.Attempt), files.PathOf(job.Id, job.Attempt));
        try
        {
            var (rows, bytes) = await WriteAsync(job, part, cancellationToken);
            File.Move(part, whole);
            if (await table.FinishAsync(job, rows, bytes, options.Value.KeepFor, CancellationToken.None))
                return;
            File.Delete(whole);
            logger.ExportGivenUp(job.Id);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await TryAsync(job, () => table.ReleaseAsync(job, CancellationToken.None));
        }
        catch (OperationCanceledException)
        {
            logger.ExportGivenUp(job.Id);
        }
        catch (Exception e)
        {
            logger.ExportFailed(e, job.Id);
            await TryAsync(job, () => table.FailAsync(job, e is IOException
                ? "There is no room for the file on the server, or it cannot be written there. Whoever runs the server finds the cause in its log."
                : "The database did not give all rows. Ask for the file again; whoever runs the server finds the cause in its log.", CancellationToken.None));
        }
        finally
        {
            File.Delete(part);
            Wake();
        }
    }

    private async Task<(int Rows, long Bytes)> WriteAsync(ClaimedExport job, string path, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var latest = new Latest();
        // From the start: to find the rows of a query takes its time as well.
        var noting = NoteAsync(job, latest, ending);
        try
        {
            await using var view = await TableSnapshot.OpenAsync(database.Connections, job.Query?.ToQuery() ?? ViewQuery.All, ending.Token);
            await using var file = File.Create(path);
            latest.Report(new ExportProgress(0, view.Count, 0, TimeSpan.Zero));
            await NoteOnceAsync(job, latest, ending);
            var result = await new RowExporter(time).ExportAsync(view, ExportFiles.FormatOf(job.Format), new StreamExportSink(file), latest, ending.Token);
            file.Flush(flushToDisk: true);
            return (result.Rows, result.Bytes);
        }
        finally
        {
            await ending.CancelAsync();
            await noting;
        }
    }

    private async Task NoteAsync(ClaimedExport job, Latest latest, CancellationTokenSource ending)
    {
        using var timer = new PeriodicTimer(s_interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ending.Token))
                await NoteOnceAsync(job, latest, ending);
        }
        catch (Exception) when (ending.IsCancellationRequested)
        {
            // The export has ended, however.
        }
    }

    // Ends the export where it is cancelled, or another host has taken it.
    private async Task NoteOnceAsync(ClaimedExport job, Latest latest, CancellationTokenSource ending)
    {
        try
        {
            var progress = latest.Value;
            if (!await table.NoteAsync(job, progress?.Rows ?? 0, progress?.TotalRows, progress?.Bytes ?? 0, ending.Token))
                await ending.CancelAsync();
        }
        catch (DbException e) when (!ending.IsCancellationRequested)
        {
            logger.ExportsNotSeen(e);
        }
    }

    // Where the database is away, the lease runs out, which comes to the same.
    private async Task TryAsync(ClaimedExport job, Func<Task> change)
    {
        try
        {
            await change();
        }
        catch (DbException e)
        {
            logger.ExportFailed(e, job.Id);
        }
    }

    // Told by the export, and read by what notes it on another thread.
    private sealed class Latest : IProgress<ExportProgress>
    {
        private StrongBox<ExportProgress>? _value;

        public ExportProgress? Value => Volatile.Read(ref _value)?.Value;

        public void Report(ExportProgress value) => Volatile.Write(ref _value, new StrongBox<ExportProgress>(value));
    }
}

internal static partial class ExportLog
{
    [LoggerMessage(1, LogLevel.Warning, "Exports could not be looked after. It is tried again.")]
    public static partial void ExportsNotSeen(this ILogger logger, Exception exception);

    [LoggerMessage(2, LogLevel.Information, "Export {Id} was cancelled, or another host has it.")]
    public static partial void ExportGivenUp(this ILogger logger, long id);

    [LoggerMessage(3, LogLevel.Error, "Export {Id} failed.")]
    public static partial void ExportFailed(this ILogger logger, Exception exception, long id);
}
