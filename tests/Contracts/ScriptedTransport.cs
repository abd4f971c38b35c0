using System.Threading.Channels;
using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>A transport whose every answer is given by the test, when the test wants it.</summary>
public sealed class ScriptedTransport : ISyncTransport
{
    private readonly Channel<ScriptedPull> _pulls = Channel.CreateUnbounded<ScriptedPull>();

    /// <summary>Pulls that the test has not taken up.</summary>
    public int WaitingCount => _pulls.Reader.Count;

    public async ValueTask<byte[]> PullAsync(CollectionSchema schema, SyncCursor? after, int maxBytes, CancellationToken cancellationToken)
    {
        var pull = new ScriptedPull(after, maxBytes);
        using var registration = cancellationToken.Register(() => pull.Cancel(cancellationToken));
        await _pulls.Writer.WriteAsync(pull, CancellationToken.None);
        return await pull.Answered;
    }

    /// <summary>Waits for the next pull.</summary>
    public async Task<ScriptedPull> NextAsync() => await _pulls.Reader.ReadAsync().AsTask().WaitAsync(ManualTimeProvider.Patience);
}

/// <summary>A pull that waits for the test's answer.</summary>
public sealed class ScriptedPull(SyncCursor? after, int maxBytes)
{
    private readonly TaskCompletionSource<byte[]> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The cursor that was sent; null for the start.</summary>
    public string? After { get; } = after?.Value;

    public int MaxBytes { get; } = maxBytes;

    public bool IsCancelled => _answer.Task.IsCanceled;

    internal Task<byte[]> Answered => _answer.Task;

    public void Answer(byte[] page) => _answer.SetResult(page);

    public void Fail(Exception failure) => _answer.SetException(failure);

    public void Fail(SyncFailure failure, TimeSpan? retryAfter = null) =>
        Fail(new SyncTransportException(failure, $"The test answers {failure}.", retryAfter));

    internal void Cancel(CancellationToken cancellationToken) => _answer.TrySetCanceled(cancellationToken);
}
