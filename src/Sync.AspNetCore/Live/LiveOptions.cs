using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>The bounds of event streams. Set up once, before the app is built.</summary>
public sealed class LiveOptions
{
    /// <summary>
    /// The size that the page of an event does not exceed unless a single row does, in bytes. Changes come in small
    /// numbers; where they come in large ones, a pull brings them better.
    /// </summary>
    public int EventPageBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// How often a silent stream says that it is there, and every stream asks whether its reader may still hear. A
    /// session that has ended is noticed within this time.
    /// </summary>
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A client that does not read is disconnected after this time, give or take a <see cref="PingInterval"/>.</summary>
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Events that wait for a slow client; with one more it is behind, and has to pull.</summary>
    public int MaxQueuedEvents { get; set; } = 64;

    /// <summary>Bytes of events that wait for a slow client. A larger event is not sent: the client is told to pull.</summary>
    public int MaxQueuedBytes { get; set; } = 1024 * 1024;

    /// <summary>Pages that are read again for a client which comes back; one that has missed more has to pull.</summary>
    public int MaxReplayPages { get; set; } = 16;

    /// <summary>Streams of one user, or of one address where nobody is signed in: one a browser, some for tools.</summary>
    public int MaxStreamsPerUser { get; set; } = 16;

    /// <summary>Streams of this server.</summary>
    public int MaxStreams { get; set; } = 10_000;

    internal void Validate()
    {
        if (EventPageBytes is < CollectionSyncOptions.MinPageBytes or > PageHeader.MaxByteLength)
            throw new InvalidOperationException($"Live.EventPageBytes is {EventPageBytes}: choose from {CollectionSyncOptions.MinPageBytes} to {PageHeader.MaxByteLength} bytes.");
        if (PingInterval <= TimeSpan.Zero || PingInterval > TimeSpan.FromHours(1) || WriteTimeout <= TimeSpan.Zero)
            throw new InvalidOperationException($"Live.PingInterval is {PingInterval} and Live.WriteTimeout {WriteTimeout}: choose positive times, and the interval at most an hour.");
        if (MaxQueuedEvents < 1 || MaxQueuedBytes < 1 || MaxReplayPages < 1 || MaxStreamsPerUser < 1 || MaxStreams < 1)
            throw new InvalidOperationException("Every bound of Live is at least 1: correct MaxQueuedEvents, MaxQueuedBytes, MaxReplayPages, MaxStreamsPerUser or MaxStreams.");
    }
}
