using System.Collections.Concurrent;
using System.Data.Common;
using Collection.Sync.AspNetCore;
using Microsoft.Extensions.Options;
using Sellers.Contracts;

namespace Sellers.Host.Runs;

/// <summary>Runs the collection runs of this host, and looks after those of hosts that are gone. Safe for concurrent calls.</summary>
internal sealed class CollectionRuns(
    RunTable table, DeduplicatingUpsert upsert, IOptions<RunOptions> options, TimeProvider time, ILogger<CollectionRuns> logger) : BackgroundService
{
    /// <summary>A host that says nothing for so long is gone: it speaks up every second.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private const string Stopped = "The server was stopped before the run had ended. What it had found is kept; start another one to go on.";

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<long, (ActiveRun Run, Task Ending)> _active = [];
    private readonly CancellationTokenSource _stopping = new();
    private long _lookedAt;

    /// <summary>Starts a run.</summary>
    /// <returns>Its number; null where too many are under way.</returns>
    public async Task<long?> StartAsync(string owner, StartRunRequest request, CancellationToken cancellationToken)
    {
        if (await table.AddAsync(owner, request, options.Value, cancellationToken) is not { } id)
            return null;
        var run = new ActiveRun(id, request, options.Value.FindsPerSecond, upsert, time);
        // It takes itself off the list at its end, and so has to be on it before it begins.
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _active[id] = (run, EndAsync(run, begun.Task));
        begun.SetResult();
        return id;
    }

    /// <summary>The run, where it is under way on this host.</summary>
    public ActiveRun? Find(long id) => _active.TryGetValue(id, out var active) ? active.Run : null;

    /// <summary>Ends a run, here at once and on another host within a second.</summary>
    /// <returns>False where it does not run, or is somebody else's.</returns>
    public async Task<bool> CancelAsync(long id, string owner, CancellationToken cancellationToken)
    {
        if (!await table.CancelAsync(id, owner, cancellationToken))
            return false;
        if (Find(id) is { } run)
            await run.CancelAsync();
        return true;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_active.Values.Select(active => active.Ending)).WaitAsync(cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _stopping.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, time);
        try
        {
            do
            {
                try
                {
                    await NoteAsync(stoppingToken);
                }
                catch (DbException e) when (!stoppingToken.IsCancellationRequested)
                {
                    logger.RunsNotNoted(e);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task NoteAsync(CancellationToken cancellationToken)
    {
        foreach (var (run, _) in _active.Values)
        {
            var (found, inserted) = run.Counts;
            if (await table.NoteAsync(run.Id, found, inserted, cancellationToken))
                await run.CancelAsync();
        }

        if (time.GetElapsedTime(_lookedAt) < Silence / 3)
            return;
        _lookedAt = time.GetTimestamp();
        if (await table.FailLostAsync(Silence, Stopped, cancellationToken) is > 0 and var lost)
            logger.RunsLost(lost);
    }

    private async Task EndAsync(ActiveRun run, Task begun)
    {
        await begun;
        var (state, reason) = (RunState.Completed, (string?)null);
        try
        {
            await run.CollectAsync(_stopping.Token);
        }
        catch (OperationCanceledException) when (run.IsCancelled)
        {
            state = RunState.Cancelled;
        }
        catch (OperationCanceledException)
        {
            (state, reason) = (RunState.Failed, Stopped);
        }
        catch (Exception e)
        {
            logger.RunFailed(e, run.Id);
            (state, reason) = (RunState.Failed, "The database did not take what was found. What was written before is kept; start another one to go on.");
        }

        try
        {
            var (found, inserted) = run.Counts;
            await table.EndAsync(run.Id, state, reason, found, inserted, CancellationToken.None);
            await upsert.ForgetRunAsync(run.Id, CancellationToken.None);
        }
        catch (DbException e)
        {
            // It counts as lost before long.
            logger.RunFailed(e, run.Id);
        }

        _active.TryRemove(run.Id, out _);
        run.Dispose();
    }
}

internal static partial class RunLog
{
    [LoggerMessage(1, LogLevel.Warning, "How far runs are could not be noted. It is tried again.")]
    public static partial void RunsNotNoted(this ILogger logger, Exception exception);

    [LoggerMessage(2, LogLevel.Warning, "{Count} runs were under way on a host that is gone; they have failed.")]
    public static partial void RunsLost(this ILogger logger, int count);

    [LoggerMessage(3, LogLevel.Error, "Run {Id} failed.")]
    public static partial void RunFailed(this ILogger logger, Exception exception, long id);
}
