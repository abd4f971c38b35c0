using System.Security.Claims;
using Microsoft.Extensions.Logging;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// The event streams of this server. An app takes it from its services to end a user's streams at once when he signs
/// out; on other servers, and without this, they end within <see cref="LiveOptions.PingInterval"/>. Safe for concurrent calls.
/// </summary>
public sealed class LiveStreams : IDisposable
{
    internal const string SignedOut = "signed-out";

    private readonly Lock _lock = new();
    private readonly HashSet<LiveStream> _streams = [];
    private readonly Dictionary<string, int> _streamsByOwner = new(StringComparer.Ordinal);
    private readonly Dictionary<FeedSource, ChangeTail> _tails = [];
    private readonly EventReader _reader;
    private readonly SyncDatabase? _database;
    private readonly LiveOptions _options;
    private readonly LiveTelemetry _telemetry;
    private readonly TimeProvider _time;
    private readonly ILogger<LiveStreams> _logger;
    private CancellationTokenSource? _pulse;

    internal LiveStreams(
        EventReader reader, SyncDatabase? database, LiveOptions options, LiveTelemetry telemetry, TimeProvider time, ILogger<LiveStreams> logger)
    {
        _reader = reader;
        _database = database;
        _options = options;
        _telemetry = telemetry;
        _time = time;
        _logger = logger;
    }

    /// <summary>Streams that are open.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _streams.Count;
        }
    }

    /// <summary>Ends the streams of a user. Each is told so; nothing else is sent after it.</summary>
    /// <param name="userId">The claim <see cref="ClaimTypes.NameIdentifier"/>.</param>
    public void CloseUser(string userId)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        Close(user => user.FindFirstValue(ClaimTypes.NameIdentifier) == userId);
    }

    /// <summary>Ends the streams of the users who meet a condition, such as the claim of one session.</summary>
    public void Close(Func<ClaimsPrincipal, bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        LiveStream[] streams;
        lock (_lock)
            streams = [.. _streams];
        foreach (var stream in streams.Where(stream => condition(stream.User)))
            stream.Close(SignedOut);
    }

    /// <summary>Ends what runs in the background. Called by the app when it stops.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var tail in _tails.Values)
                tail.Dispose();
            _tails.Clear();
            StopPulse();
        }
    }

    /// <summary>Counts a stream in, unless there are too many. One that is admitted has to leave.</summary>
    internal StreamAdmission Admit(LiveStream stream)
    {
        lock (_lock)
        {
            if (_streams.Count >= _options.MaxStreams)
                return StreamAdmission.ServerIsFull;
            var count = _streamsByOwner.GetValueOrDefault(stream.Owner);
            if (count >= _options.MaxStreamsPerUser)
                return StreamAdmission.UserHasTooMany;
            _streamsByOwner[stream.Owner] = count + 1;
            _streams.Add(stream);
        }

        _telemetry.Streams.Add(1);
        return StreamAdmission.Admitted;
    }

    /// <summary>Has the stream hear of what is committed from now on.</summary>
    /// <returns>The position that it hears on from.</returns>
    internal async ValueTask<DeltaPosition> JoinAsync(LiveStream stream, CancellationToken cancellationToken)
    {
        DeltaPosition? end = null;
        while (true)
        {
            lock (_lock)
            {
                if (end is not null && !_tails.ContainsKey(stream.Source))
                    StartTail(stream.Source, end);
                if (_tails.TryGetValue(stream.Source, out var tail))
                    return tail.Add(stream);
            }

            end = await _reader.ReadEndAsync(cancellationToken);
        }
    }

    /// <summary>Counts a stream out, and stops reading what nobody hears of.</summary>
    internal void Leave(LiveStream stream)
    {
        lock (_lock)
        {
            _streams.Remove(stream);
            if (--_streamsByOwner[stream.Owner] == 0)
                _streamsByOwner.Remove(stream.Owner);
            if (_tails.TryGetValue(stream.Source, out var tail) && tail.Remove(stream))
            {
                _tails.Remove(stream.Source);
                tail.Dispose();
                _telemetry.Tails.Add(-1);
                if (_tails.Count == 0)
                    StopPulse();
            }
        }

        _telemetry.Streams.Add(-1);
    }

    private void StartTail(FeedSource source, DeltaPosition end)
    {
        var tail = new ChangeTail(source, end, _reader, _time, _logger);
        _tails.Add(source, tail);
        _telemetry.Tails.Add(1);
        tail.Start();
        if (_pulse is not null)
            return;
        _pulse = new CancellationTokenSource();
        var (pulse, cancellationToken) = (new ChangePulse(_reader, _database, _time, _logger), _pulse.Token);
        _ = Task.Run(() => pulse.RunAsync(WakeTails, cancellationToken), CancellationToken.None);
    }

    private void StopPulse()
    {
        _pulse?.Cancel();
        _pulse?.Dispose();
        _pulse = null;
    }

    private void WakeTails()
    {
        lock (_lock)
        {
            foreach (var tail in _tails.Values)
                tail.Wake();
        }
    }
}

/// <summary>Whether there is room for a stream.</summary>
internal enum StreamAdmission
{
    Admitted,
    UserHasTooMany,
    ServerIsFull,
}
