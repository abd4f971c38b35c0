using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>A transport whose every answer is given by the test, when the test wants it.</summary>
public sealed class ScriptedTransport : ISyncTransport
{
    private readonly Channel<ScriptedPull> _pulls = Channel.CreateUnbounded<ScriptedPull>();
    private readonly Channel<ScriptedPush> _pushes = Channel.CreateUnbounded<ScriptedPush>();
    private readonly Channel<ScriptedListening> _streams = Channel.CreateUnbounded<ScriptedListening>();

    /// <summary>Pulls and pushes that the test has not taken up.</summary>
    public int WaitingCount => _pulls.Reader.Count + _pushes.Reader.Count;

    public async ValueTask<byte[]> PullAsync(CollectionSchema schema, SyncCursor? after, int maxBytes, CancellationToken cancellationToken)
    {
        var pull = new ScriptedPull(after, maxBytes);
        return await AskAsync(_pulls, pull, cancellationToken);
    }

    public async ValueTask<PushAnswer> PushAsync(CollectionSchema schema, OutboxBatch batch, CancellationToken cancellationToken) =>
        await AskAsync(_pushes, new ScriptedPush(batch), cancellationToken);

    public async IAsyncEnumerable<LiveEvent> ListenAsync(
        CollectionSchema schema, string? lastEventId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stream = new ScriptedListening(lastEventId);
        await _streams.Writer.WriteAsync(stream, CancellationToken.None);
        await foreach (var happened in stream.Events.ReadAllAsync(cancellationToken))
            yield return happened;
    }

    /// <summary>Waits for the next pull.</summary>
    public Task<ScriptedPull> NextAsync() => NextAsync(_pulls);

    /// <summary>Waits for the next push.</summary>
    public Task<ScriptedPush> NextPushAsync() => NextAsync(_pushes);

    /// <summary>Waits for the next stream that is opened.</summary>
    public Task<ScriptedListening> NextStreamAsync() => NextAsync(_streams);

    private static async Task<TAnswer> AskAsync<TCall, TAnswer>(Channel<TCall> calls, TCall call, CancellationToken cancellationToken)
        where TCall : ScriptedCall<TAnswer>
    {
        using var registration = cancellationToken.Register(() => call.Cancel(cancellationToken));
        await calls.Writer.WriteAsync(call, CancellationToken.None);
        return await call.Answered;
    }

    private static async Task<byte[]> AskAsync(Channel<ScriptedPull> calls, ScriptedPull call, CancellationToken cancellationToken) =>
        await AskAsync<ScriptedPull, byte[]>(calls, call, cancellationToken);

    private static async Task<PushAnswer> AskAsync(Channel<ScriptedPush> calls, ScriptedPush call, CancellationToken cancellationToken) =>
        await AskAsync<ScriptedPush, PushAnswer>(calls, call, cancellationToken);

    private static async Task<T> NextAsync<T>(Channel<T> calls) => await calls.Reader.ReadAsync().AsTask().WaitAsync(ManualTimeProvider.Patience);
}

/// <summary>A call that waits for the test's answer.</summary>
public abstract class ScriptedCall<TAnswer>
{
    private readonly TaskCompletionSource<TAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsCancelled => _answer.Task.IsCanceled;

    internal Task<TAnswer> Answered => _answer.Task;

    public void Answer(TAnswer answer) => _answer.SetResult(answer);

    public void Fail(Exception failure) => _answer.SetException(failure);

    public void Fail(SyncFailure failure, TimeSpan? retryAfter = null) =>
        Fail(new SyncTransportException(failure, $"The test answers {failure}.", retryAfter));

    internal void Cancel(CancellationToken cancellationToken) => _answer.TrySetCanceled(cancellationToken);
}

/// <summary>A pull that waits for the test's answer.</summary>
public sealed class ScriptedPull(SyncCursor? after, int maxBytes) : ScriptedCall<byte[]>
{
    /// <summary>The cursor that was sent; null for the start.</summary>
    public string? After { get; } = after?.Value;

    public int MaxBytes { get; } = maxBytes;
}

/// <summary>A push that waits for the test's answer.</summary>
public sealed class ScriptedPush(OutboxBatch batch) : ScriptedCall<PushAnswer>
{
    public OutboxBatch Batch { get; } = batch;

    public IEnumerable<long> Ids => Batch.Mutations.Select(mutation => mutation.Id);

    /// <summary>Says that everything was applied.</summary>
    public void Apply(byte[]? rows = null) => Answer(new PushAnswer([.. Ids.Select(id => new MutationResult(id))], rows));

    public void Refuse(PushRefusal refusal, long? id = null) =>
        Fail(new SyncTransportException(SyncFailure.Refused, $"The test refuses the {refusal}.") { Refusal = refusal, MutationId = id });
}

/// <summary>A stream of events that the test sends.</summary>
public sealed class ScriptedListening(string? lastEventId)
{
    private readonly Channel<LiveEvent> _events = Channel.CreateUnbounded<LiveEvent>();

    /// <summary>The id that was sent; null for from now on.</summary>
    public string? LastEventId { get; } = lastEventId;

    internal ChannelReader<LiveEvent> Events => _events.Reader;

    public void Send(LiveEventKind kind, string? id = null, byte[]? page = null) => _events.Writer.TryWrite(new LiveEvent(kind, id, page));

    public void End() => _events.Writer.Complete();

    public void Fail(SyncFailure failure) => _events.Writer.Complete(new SyncTransportException(failure, $"The test answers {failure}."));
}
