using System.Diagnostics.CodeAnalysis;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Http;

/// <summary>Gives a request up when nothing has been heard for a time, or when its caller does.</summary>
internal sealed class Silence : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly CancellationTokenSource _limitReached;
    private readonly CancellationTokenSource _giveUp;

    /// <param name="limit">How long nothing may be heard.</param>
    /// <param name="uploadBytes">What has to be sent before anything can be heard.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public Silence(TimeSpan limit, int uploadBytes, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        // No handler tells how much of a body is out already. Without time for it, a large one would be cut off on a slow
        // line, sent again, and cut off again for ever.
        const int slowLineBytesPerSecond = 4 * 1024;
        _limit = limit;
        _limitReached = new CancellationTokenSource(limit + TimeSpan.FromSeconds(uploadBytes / slowLineBytesPerSecond), timeProvider);
        _giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _limitReached.Token);
    }

    /// <summary>Cancelled by either.</summary>
    public CancellationToken GiveUp => _giveUp.Token;

    /// <summary>Something has arrived: the time begins anew.</summary>
    public void Break() => _limitReached.CancelAfter(_limit);

    /// <summary>What an exception means to the client, if it says that the server was not reached or that the connection broke.</summary>
    /// <param name="e">The exception.</param>
    /// <param name="collection">What was asked for.</param>
    /// <param name="cancellationToken">The caller's, whose cancellation is none of the line's.</param>
    /// <param name="offline">The failure.</param>
    public static bool IsLoss(Exception e, string collection, CancellationToken cancellationToken, [NotNullWhen(true)] out SyncTransportException? offline)
    {
        offline = e switch
        {
            OperationCanceledException when !cancellationToken.IsCancellationRequested => new SyncTransportException(SyncFailure.Offline,
                $"The server of '{collection}' has fallen silent, and the request was given up. Check the connection; it is tried again by itself.", innerException: e),
            // Compressed bytes that were damaged on the way are invalid data.
            HttpRequestException or IOException or InvalidDataException => new SyncTransportException(SyncFailure.Offline,
                $"The server of '{collection}' was not reached, or the connection broke: {e.Message} Check the connection; it is tried again by itself.", innerException: e),
            _ => null,
        };
        return offline is not null;
    }

    public void Dispose()
    {
        _giveUp.Dispose();
        _limitReached.Dispose();
    }
}
