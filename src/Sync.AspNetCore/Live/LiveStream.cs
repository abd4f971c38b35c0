using System.Security.Claims;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// What waits to be sent to one client, within bounds. A tail fills it and never waits; the request that answers the
/// client empties it. Safe for concurrent calls.
/// </summary>
/// <param name="source">What the client hears of.</param>
/// <param name="user">The user who is signed in.</param>
/// <param name="owner">Whom the stream counts for.</param>
/// <param name="options">The bounds.</param>
internal sealed class LiveStream(FeedSource source, ClaimsPrincipal user, string owner, LiveOptions options)
{
    private readonly Lock _lock = new();
    private readonly Queue<LiveEvent> _queue = [];
    private readonly WakeSignal _signal = new();
    private DeltaPosition? _end;
    private BehindStep? _behind;
    private string? _closed;
    private bool _ticked;
    private long _queuedBytes;

    public FeedSource Source => source;

    public ClaimsPrincipal User => user;

    public string Owner => owner;

    /// <summary>Adds an event, or, where the client is too slow for it, has it told to pull.</summary>
    public void Enqueue(LiveEvent @event)
    {
        lock (_lock)
        {
            if (_queue.Count >= options.MaxQueuedEvents || _queuedBytes + @event.Bytes.Length > options.MaxQueuedBytes)
            {
                Drop(_behind?.Reason ?? BehindReason.Slow, @event.To);
            }
            else
            {
                _queue.Enqueue(@event);
                _queuedBytes += @event.Bytes.Length;
                _end = @event.To;
            }
        }

        _signal.Set();
    }

    /// <summary>There is nothing to hear of up to the position.</summary>
    public void Advance(DeltaPosition position)
    {
        lock (_lock)
            _end = position;
    }

    /// <summary>Drops what waits: the client has to pull, and goes on at the position.</summary>
    public void FallBehind(BehindReason reason, DeltaPosition position)
    {
        lock (_lock)
            Drop(reason, position);
        _signal.Set();
    }

    /// <summary>A ping interval has passed.</summary>
    public void Tick()
    {
        lock (_lock)
            _ticked = true;
        _signal.Set();
    }

    /// <summary>Nothing more is sent but that the stream has ended, and why.</summary>
    public void Close(string reason)
    {
        lock (_lock)
            _closed ??= reason;
        _signal.Set();
    }

    /// <summary>Waits until there may be something to take.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken) => _signal.WaitAsync(cancellationToken);

    /// <summary>Takes what is to be done next, null where there is nothing.</summary>
    public StreamStep? Take()
    {
        lock (_lock)
        {
            if (_closed is not null)
                return new ClosedStep(_closed);
            if (_ticked)
            {
                _ticked = false;
                return new TickStep(_behind is null && _queue.Count == 0 ? _end : null);
            }

            if (_behind is { } behind)
            {
                _behind = null;
                return behind;
            }

            if (!_queue.TryDequeue(out var @event))
                return null;
            _queuedBytes -= @event.Bytes.Length;
            return new PageStep(@event);
        }
    }

    private void Drop(BehindReason reason, DeltaPosition position)
    {
        _queue.Clear();
        _queuedBytes = 0;
        _behind = new BehindStep(reason, position);
        _end = position;
    }
}

/// <summary>What a stream does next.</summary>
internal abstract record StreamStep;

/// <summary>Send an event.</summary>
internal sealed record PageStep(LiveEvent Event) : StreamStep;

/// <summary>Have the client pull, and go on at the position.</summary>
internal sealed record BehindStep(BehindReason Reason, DeltaPosition Position) : StreamStep;

/// <summary>Look whether the client may still hear, and give a sign of life.</summary>
/// <param name="End">How far the stream has come; null while something waits.</param>
internal sealed record TickStep(DeltaPosition? End) : StreamStep;

/// <summary>Send why, and end.</summary>
internal sealed record ClosedStep(string Reason) : StreamStep;
