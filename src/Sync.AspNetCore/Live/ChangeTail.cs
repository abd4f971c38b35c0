using Microsoft.Extensions.Logging;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// The end of the change feed of one source, followed for everybody who hears of it: read once, encoded once, handed
/// to all. Only what lies under the horizon is read, so that its positions are exact and none is ever passed over.
/// </summary>
internal sealed class ChangeTail(FeedSource source, DeltaPosition start, EventReader reader, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly HashSet<LiveStream> _streams = [];
    private readonly WakeSignal _signal = new();
    private readonly CancellationTokenSource _ended = new();
    private DeltaPosition _position = start;

    /// <summary>Begins to read.</summary>
    public void Start()
    {
        // What was committed between the reading of the start and now has woken nobody.
        _signal.Set();
        var cancellationToken = _ended.Token;
        _ = Task.Run(() => FollowAsync(cancellationToken), CancellationToken.None);
    }

    /// <summary>There may be something to read.</summary>
    public void Wake() => _signal.Set();

    /// <summary>Adds a stream, which is given all that comes after the position that is returned.</summary>
    public DeltaPosition Add(LiveStream stream)
    {
        lock (_lock)
        {
            _streams.Add(stream);
            stream.Advance(_position);
            return _position;
        }
    }

    /// <returns>True where nobody hears any more.</returns>
    public bool Remove(LiveStream stream)
    {
        lock (_lock)
        {
            _streams.Remove(stream);
            return _streams.Count == 0;
        }
    }

    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var pause = s_firstPause;
        try
        {
            while (true)
            {
                await _signal.WaitAsync(cancellationToken);
                try
                {
                    while (await ReadAsync(cancellationToken))
                    {
                    }

                    pause = s_firstPause;
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested)
                {
                    // The database is away, or a row does not fit: whoever pulls is told. Both may be put right.
                    logger.TailFailed(e, source.Table.Schema.Name);
                    await Task.Delay(pause, time, cancellationToken);
                    pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
                    _signal.Set();
                }
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Whatever a broken-off read looks like: it was meant to be.
        }
    }

    /// <returns>True where there is more.</returns>
    private async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var slice = await reader.ReadAsync(source, _position, cancellationToken);
            Publish(slice.Next, stream =>
            {
                if (slice.Event is { } @event)
                    stream.Enqueue(@event);
                else if (slice.IsTooLarge)
                    stream.FallBehind(BehindReason.Gap, slice.Next);
                else
                    stream.Advance(slice.Next);
            });
            return slice.More;
        }
        catch (CursorRefusedException e)
        {
            var end = await reader.ReadEndAsync(cancellationToken);
            Publish(end, stream => stream.FallBehind(e.Reason == CursorRefusal.Epoch ? BehindReason.Epoch : BehindReason.Gap, end));
            return false;
        }
    }

    // Position and queues move together, so that a stream which is added between has neither gap nor repeat.
    private void Publish(DeltaPosition position, Action<LiveStream> give)
    {
        lock (_lock)
        {
            _position = position;
            foreach (var stream in _streams)
                give(stream);
        }
    }
}
