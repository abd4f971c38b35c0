using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// Writes one stream: first what its client has missed, then what comes. Every change after the first position is
/// written once and in order, or the client is told that it is behind.
/// </summary>
internal sealed class EventsResponse(
    HttpContext context, LiveStream stream, EventReader reader, LiveOptions options, LiveTelemetry telemetry, TimeProvider time, ILogger logger)
{
    private readonly CollectionSchema _schema = stream.Source.Table.Schema;
    private bool _isSilent;
    private long _writingSince;

    /// <summary>A ping interval has passed. May be called at any time.</summary>
    public void Tick()
    {
        if (Volatile.Read(ref _writingSince) is not 0 and var since && time.GetElapsedTime(since) > options.WriteTimeout)
            context.Abort();
        stream.Tick();
    }

    /// <summary>Ends the connection if a write is under way, which then waits for a client that does not read.</summary>
    public void AbortIfStuck()
    {
        if (Volatile.Read(ref _writingSince) != 0)
            context.Abort();
    }

    /// <summary>Writes until the client may hear no more.</summary>
    /// <param name="after">Where the client wants to go on; null for the present.</param>
    /// <param name="present">What comes after it is, or will be, in the stream's queue.</param>
    /// <param name="whyEndAsync">Says why the client may hear no more; null while it may.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task RunAsync(DeltaPosition? after, DeltaPosition present, Func<ValueTask<string?>> whyEndAsync, CancellationToken cancellationToken)
    {
        var position = await BeginAsync(after, present, cancellationToken);
        while (true)
        {
            await stream.WaitAsync(cancellationToken);
            while (stream.Take() is { } step)
            {
                switch (step)
                {
                    case ClosedStep closed:
                        await WriteAsync(LiveEvent.Closed(closed.Reason), cancellationToken);
                        return;
                    case TickStep when await whyEndAsync() is { } reason:
                        await WriteAsync(LiveEvent.Closed(reason), cancellationToken);
                        return;
                    case TickStep tick:
                        if (tick.End is { } end && end.Version > position.Version)
                            position = end;
                        if (_isSilent)
                            await WriteAsync(LiveEvent.Ping(position), cancellationToken);
                        _isSilent = true;
                        break;
                    case BehindStep behind:
                        position = await WriteBehindAsync(behind.Reason, behind.Position, cancellationToken);
                        break;
                    case PageStep page:
                        position = await WritePageAsync(page.Event, position, cancellationToken);
                        break;
                }
            }
        }
    }

    /// <returns>The position that the client has been brought to; what the queue has of before it is known to the client.</returns>
    private async ValueTask<DeltaPosition> BeginAsync(DeltaPosition? after, DeltaPosition present, CancellationToken cancellationToken)
    {
        if (after is null)
        {
            await WriteAsync(LiveEvent.Ready(present), cancellationToken);
            return present;
        }

        EventSlice slice;
        try
        {
            slice = await reader.ReadAsync(stream.Source, after, cancellationToken);
        }
        catch (CursorRefusedException e)
        {
            await WriteAsync(LiveEvent.Ready(present), cancellationToken);
            return await WriteBehindAsync(e.Reason == CursorRefusal.Epoch ? BehindReason.Epoch : BehindReason.Gap, present, cancellationToken);
        }

        await WriteAsync(LiveEvent.Ready(after), cancellationToken);
        return await ReplayAsync(after, slice, present, cancellationToken);
    }

    private async ValueTask<DeltaPosition> ReplayAsync(DeltaPosition after, EventSlice slice, DeltaPosition present, CancellationToken cancellationToken)
    {
        // The tail has not heard yet that another history has begun; it will, and tell.
        if (after.Epoch != present.Epoch)
            return await WriteBehindAsync(BehindReason.Epoch, present, cancellationToken);
        var position = after;
        for (var pages = 1; ; pages++)
        {
            if (slice.IsTooLarge)
                return await WriteBehindAsync(BehindReason.Gap, present, cancellationToken);
            if (slice.Event is { } @event)
                await WritePageAsync(@event, position, cancellationToken);
            position = slice.Next;
            if (position.Version >= present.Version)
                return position;
            // Read to the end, with nothing between here and the present.
            if (!slice.More)
                return present;
            if (pages == options.MaxReplayPages)
                return await WriteBehindAsync(BehindReason.Gap, present, cancellationToken);
            try
            {
                slice = await reader.ReadAsync(stream.Source, position, cancellationToken);
            }
            catch (CursorRefusedException)
            {
                return await WriteBehindAsync(BehindReason.Gap, present, cancellationToken);
            }
        }
    }

    /// <summary>Writes what is new to the client: after a replay, that may be a part of an event or nothing.</summary>
    private async ValueTask<DeltaPosition> WritePageAsync(LiveEvent @event, DeltaPosition position, CancellationToken cancellationToken)
    {
        if (@event.To.Version <= position.Version)
            return position;
        if ((@event.From.Version >= position.Version ? @event : @event.After(position.Version, _schema)) is { } news)
        {
            await WriteAsync(news.Bytes, cancellationToken);
            telemetry.Events.Add(1);
        }

        return @event.To;
    }

    private async ValueTask<DeltaPosition> WriteBehindAsync(BehindReason reason, DeltaPosition position, CancellationToken cancellationToken)
    {
        await WriteAsync(LiveEvent.Behind(reason, position), cancellationToken);
        telemetry.Behind.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString().ToLowerInvariant()));
        logger.StreamBehind(_schema.Name, reason);
        return position;
    }

    private async ValueTask WriteAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _writingSince, Math.Max(time.GetTimestamp(), 1));
        await context.Response.Body.WriteAsync(bytes, cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
        Volatile.Write(ref _writingSince, 0);
        _isSilent = false;
    }
}
