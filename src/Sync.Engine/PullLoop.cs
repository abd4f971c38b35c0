using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine;

/// <summary>
/// Pulls page by page to the end of the feed, again and again: when asked to, and at an interval. Each page is stored
/// together with its cursor. While a page is being stored the next one is fetched; never more.
/// </summary>
internal sealed class PullLoop(SyncParts parts, long fence)
{
    private readonly ICollectionStore _store = parts.Store;
    private readonly SyncReport _report = parts.Report;
    private readonly Backoff _backoff = parts.NewBackoff();
    private readonly Backoff _resetBackoff = parts.NewBackoff();
    private bool _mustReset;
    private bool _hasReset;
    private long _refilledRows;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            SyncTelemetry.OnPull(_store.Schema, parts.Pull.Take());
            try
            {
                if (_mustReset)
                    await ResetAsync(cancellationToken);
                while (!await PullToEndAsync(cancellationToken))
                {
                }

                _hasReset = false;
                _resetBackoff.Clear();
                // Notices between tabs may be lost; what the last page has told of the outbox is not.
                parts.Edits.Set("pulled");
                await RestAsync(cancellationToken);
            }
            catch (Exception e) when (SyncMachine.Covers(e))
            {
                await RestAsync(e, cancellationToken);
            }
        }
    }

    private async Task RestAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(parts.Options.MinPullGap, parts.Time, cancellationToken);
        var interval = _report.Status.IsStreaming ? parts.Options.PullInterval : parts.Options.PollInterval;
        await parts.Pull.WaitAsync(interval, parts.Time, cancellationToken);
    }

    private async Task RestAsync(Exception failure, CancellationToken cancellationToken)
    {
        var happened = SyncMachine.EventOf(failure);
        _mustReset |= happened == SyncEvent.HistoryLost;
        var wait = WaitAfter(happened, failure);
        _report.On(happened, status => status with
        {
            Error = failure,
            RetryAt = wait == Timeout.InfiniteTimeSpan ? null : parts.Time.GetUtcNow() + wait,
        });
        SyncTelemetry.OnFailure(_store.Schema, happened);
        if (SyncMachine.CanBeWoken(_report.Status.Phase))
            await parts.Pull.WaitAsync(wait, parts.Time, cancellationToken);
        else
            await Task.Delay(wait, parts.Time, cancellationToken);
        _report.Learn(status => status with { RetryAt = null });
    }

    private TimeSpan WaitAfter(SyncEvent happened, Exception failure)
    {
        if (happened == SyncEvent.SessionEnded)
            return Timeout.InfiniteTimeSpan;
        if (happened != SyncEvent.HistoryLost)
            return _backoff.Next(failure);
        // A first reset goes ahead at once. Where one leads to the next, without ever getting to the end of the feed, a
        // server is at fault that must not be asked for everything over and over.
        return _hasReset ? _resetBackoff.Next(failure) : TimeSpan.Zero;
    }

    private async Task ResetAsync(CancellationToken cancellationToken)
    {
        _hasReset = true;
        _report.On(SyncEvent.Refill);
        await _store.ResetAsync(fence, cancellationToken);
        // The store has told of it, as of a refill that it begins by itself; this one's pull comes now.
        parts.Pull.Take();
        _mustReset = false;
        _refilledRows = 0;
    }

    /// <summary>Pulls and stores until the server has no more; false where the store's cursor has been moved otherwise.</summary>
    private async Task<bool> PullToEndAsync(CancellationToken cancellationToken)
    {
        var start = Start(_store.Status.Cursor);
        var guard = new FeedGuard(_store.Schema, parts.Options, start.Cursor, _store.Status.Epoch);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<byte[]>? next = FetchAsync(start, giveUp.Token);
        try
        {
            while (next is not null)
            {
                var page = await next;
                next = null;
                var header = guard.Check(page, start.Cursor);
                var after = start;
                if (header.More)
                    next = FetchAsync(start = Start(header.Next), giveUp.Token);

                var stored = after.Cursor is null
                    ? await parts.Filling.BeginAsync(async () => await _store.ApplyAsync(page, after, fence, cancellationToken))
                    : await _store.ApplyAsync(page, after, fence, cancellationToken);
                if (stored.Cursor != header.Next)
                    return stored.Cursor == after.Cursor ? throw Unmoved() : false;
                _backoff.Clear();
                OnPage(header, stored);
            }

            return true;
        }
        finally
        {
            if (next is not null)
                await AbandonAsync(next, giveUp);
        }
    }

    private PullStart Start(SyncCursor? after) => new(after, _store.Status.Writes);

    private void OnPage(PageHeader header, StoreStatus stored)
    {
        SyncTelemetry.OnPage(_store.Schema, header);
        var hadFailed = _report.Status.Error is not null;
        _refilledRows += header.UpsertCount;
        _report.On(EventOf(header, stored), status => WithPage(status, header, stored));
        if (hadFailed)
            parts.Retry();
    }

    private static SyncEvent EventOf(PageHeader header, StoreStatus stored) =>
        !header.More ? SyncEvent.LastPage
        : stored.IsRefilling ? SyncEvent.Refill
        : header.IsSnapshot ? SyncEvent.SnapshotPage
        : SyncEvent.DeltaPage;

    private SyncStatus WithPage(SyncStatus status, PageHeader header, StoreStatus stored)
    {
        var rows = stored.IsRefilling ? _refilledRows : stored.RowCount;
        var left = header is { IsSnapshot: true, More: true, TotalRows: >= 0, UpsertCount: > 0 } ? Math.Max(0, header.TotalRows - rows) : (long?)null;
        return status with
        {
            TotalRows = header.TotalRows < 0 ? null : header.TotalRows,
            PageCount = status.PageCount + 1,
            ByteCount = status.ByteCount + header.ByteLength,
            RemainingBytes = left * header.ByteLength / header.UpsertCount,
            Error = null,
            RetryAt = null,
        };
    }

    // As a method of its own, so that a transport that throws before it awaits fails the task like any other.
    private async Task<byte[]> FetchAsync(PullStart start, CancellationToken cancellationToken) =>
        await parts.Transport.PullAsync(_store.Schema, start.Cursor, parts.Options.PageBytes, cancellationToken);

    // A page that nobody will store: it only matters that its request is over, and how it ended is looked at so that
    // it does not count as unobserved.
    private static async Task AbandonAsync(Task<byte[]> page, CancellationTokenSource giveUp)
    {
        giveUp.Cancel();
        await Task.WhenAny(page);
        _ = page.Exception;
    }

    private InvalidOperationException Unmoved() =>
        new($"The store of '{_store.Schema.Name}' took a page that was pulled after its own cursor, and did not move on. That is a defect of the store.");
}
