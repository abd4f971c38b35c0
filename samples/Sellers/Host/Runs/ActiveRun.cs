using System.Data.Common;
using Collection.Sync.AspNetCore;
using Sellers.Contracts;
using Sellers.Host.Data;

namespace Sellers.Host.Runs;

/// <summary>
/// A run that is under way on this host: workers side by side, each with batches of its own. What each is doing and what
/// has happened is in memory alone, and gone with the run. Safe for concurrent calls.
/// </summary>
internal sealed class ActiveRun(long id, StartRunRequest request, int findsPerSecond, DeduplicatingUpsert upsert, TimeProvider time) : IDisposable
{
    private const int LogLength = 200;
    private const int Tries = 3;
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _cancelled = new();
    private readonly RunWorker[] _workers = [.. Enumerable.Range(1, request.Workers).Select(number => new RunWorker(number, "starting", 0))];
    private readonly LinkedList<RunLogLine> _log = [];
    private long _logged;
    private int _found;
    private int _inserted;

    public long Id => id;

    /// <summary>Finds so far, and how many of them were new.</summary>
    public (int Found, int New) Counts
    {
        get
        {
            lock (_lock)
                return (_found, _inserted);
        }
    }

    /// <summary>True once somebody wants it to end.</summary>
    public bool IsCancelled => _cancelled.IsCancellationRequested;

    /// <summary>How it is at this moment, for people.</summary>
    public RunDetail Describe(CollectionRun run)
    {
        lock (_lock)
            return new RunDetail(run with { Found = _found, New = _inserted }, [.. _workers], [.. _log]);
    }

    /// <summary>Ends it as soon as can be; batches that are written stay.</summary>
    public async Task CancelAsync()
    {
        try
        {
            await _cancelled.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }

    /// <summary>Finds sellers until there are no more.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled, or the host stops.</exception>
    /// <exception cref="DbException">The database refuses to take them.</exception>
    public async Task CollectAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(_cancelled.Token, cancellationToken);
        var now = time.GetUtcNow();
        var (marketplace, table) = (new Marketplace((int)(id % int.MaxValue), request.Size, now), FoundSeller.Table(now, id));
        Log($"{request.Workers} {(request.Workers == 1 ? "worker looks" : "workers look")} for {request.Size:N0} sellers.");
        async Task WorkAsync(int worker)
        {
            try
            {
                await CollectAsync(worker, marketplace, table, ending.Token);
            }
            catch
            {
                // One that gives up ends the others.
                await ending.CancelAsync();
                throw;
            }
        }

        await Task.WhenAll(Enumerable.Range(0, request.Workers).Select(worker => Task.Run(() => WorkAsync(worker), CancellationToken.None)));
    }

    public void Dispose() => _cancelled.Dispose();

    private async Task CollectAsync(int worker, Marketplace marketplace, UpsertTable<FoundSeller> table, CancellationToken cancellationToken)
    {
        while (marketplace.Take() is { Finds.Count: > 0 } batch)
        {
            Say(worker, "looking");
            // All workers together are as fast as the marketplace lets them.
            if (findsPerSecond > 0)
                await Task.Delay(TimeSpan.FromSeconds((double)batch.Finds.Count * request.Workers / findsPerSecond), time, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            Say(worker, "writing");
            var written = await WriteAsync(worker, table, new UpsertBatch(id, batch.BatchNo), batch.Finds, cancellationToken);
            Count(worker, batch.Finds.Count, written.Inserted);
        }

        Say(worker, "done");
    }

    // The number of the batch makes it safe to send again.
    private async Task<UpsertResult> WriteAsync(int worker, UpsertTable<FoundSeller> table, UpsertBatch batch, IReadOnlyList<FoundSeller> finds, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await upsert.WriteAsync(table, batch, finds, cancellationToken);
            }
            catch (DbException) when (tries < Tries && !cancellationToken.IsCancellationRequested)
            {
                Log($"Worker {worker + 1}: the database did not take {finds.Count} finds. Trying again.");
                await Task.Delay(s_pause * tries, time, cancellationToken);
            }
        }
    }

    private void Say(int worker, string doing)
    {
        lock (_lock)
            _workers[worker] = _workers[worker] with { Doing = doing };
    }

    private void Count(int worker, int found, int inserted)
    {
        lock (_lock)
        {
            _found += found;
            _inserted += inserted;
            _workers[worker] = _workers[worker] with { Found = _workers[worker].Found + found };
        }

        Log($"Worker {worker + 1}: {found} found, {inserted} of them new.");
    }

    private void Log(string text)
    {
        lock (_lock)
        {
            _log.AddFirst(new RunLogLine(++_logged, time.GetUtcNow(), text));
            if (_log.Count > LogLength)
                _log.RemoveLast();
        }
    }
}
