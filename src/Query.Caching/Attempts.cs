using Polly;
using Polly.Retry;

namespace Collection.Query.Caching;

/// <summary>Runs something that may fail: waits for network and page where it has to, and tries again as Polly's options say, on the client's clock.</summary>
internal sealed class Attempts(QueryClient client, NetworkMode? mode, RetryStrategyOptions retry)
{
    /// <summary>Called when a pause begins and when it ends.</summary>
    public required Action<bool> Paused { get; init; }

    /// <summary>Called for each try that fails, the last one included.</summary>
    public required Action<Exception> Failed { get; init; }

    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<TResult> RunAsync<TResult>(Func<CancellationToken, Task<TResult>> attempt, CancellationToken cancellationToken)
    {
        var isFirst = true;
        // The pipeline keeps to the context of its caller: the one thread of WebAssembly has no other, and tests have theirs.
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true, cancellationToken);
        try
        {
            return await client.PipelineOf(retry).ExecuteAsync(TryAsync, context);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }

        async ValueTask<TResult> TryAsync(ResilienceContext _)
        {
            await WaitAsync(isFirst, cancellationToken);
            isFirst = false;
            try
            {
                return await attempt(cancellationToken);
            }
            catch (Exception reason)
            {
                Failed(reason);
                throw;
            }
        }
    }

    private async Task WaitAsync(bool isFirst, CancellationToken cancellationToken)
    {
        if (isFirst ? client.CanStart(mode) : client.CanGoOn(mode))
            return;
        Paused(true);
        await client.Gate.WaitAsync(() => client.CanGoOn(mode), cancellationToken);
        Paused(false);
    }
}
