namespace Collection.Query.Caching;

/// <summary>Makes changes, and shows how the latest of them goes. Members may be called on any thread.</summary>
/// <typeparam name="TVariables">What it is given at each run.</typeparam>
/// <typeparam name="TResult">What it returns.</typeparam>
public sealed class Mutation<TVariables, TResult>
{
    private readonly QueryClient _client;
    private readonly MutationOptions<TVariables, TResult> _options;
    private volatile MutationResult<TVariables, TResult> _current = new();
    private int _latest;

    internal Mutation(QueryClient client, MutationOptions<TVariables, TResult> options)
    {
        _client = client;
        _options = options;
    }

    /// <summary><see cref="Current"/> has changed. Raised on the thread on which it happened. A handler must not throw.</summary>
    public event Action? Changed;

    /// <summary>Where the latest run stands. Earlier ones go on without being shown.</summary>
    public MutationResult<TVariables, TResult> Current => _current;

    /// <summary>Runs without being waited for: <see cref="Current"/> says how it goes.</summary>
    /// <param name="variables">What it is given.</param>
    public void Mutate(TVariables variables) => _ = ShownAsync(MutateAsync(variables, CancellationToken.None));

    /// <summary>Runs.</summary>
    /// <param name="variables">What it is given.</param>
    /// <param name="cancellationToken">Ends the run, which then counts as failed.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <remarks>What the mutation throws is thrown as it is, once it is shown and what was shown before it has been taken back.</remarks>
    public async Task<TResult> MutateAsync(TVariables variables, CancellationToken cancellationToken)
    {
        var run = Interlocked.Increment(ref _latest);
        var over = new TaskCompletionSource();
        _client.UnderWay(over.Task);
        Show(run, _ => new() { Status = MutationStatus.Pending, Variables = variables, SubmittedAt = _client.Now });
        var update = new OptimisticUpdate(_client);
        try
        {
            _options.Optimistic?.Invoke(update, variables);
            var data = await RunInScopeAsync(run, variables, cancellationToken);
            if (_options.OnSuccess is { } onSuccess)
                await onSuccess(data, variables);
            Show(run, state => state with { Status = MutationStatus.Success, IsPaused = false, Data = data });
            return data;
        }
        catch (Exception error)
        {
            update.RollBack();
            if (_options.OnError is { } onError)
                await onError(error, variables);
            Show(run, state => state with { Status = MutationStatus.Error, IsPaused = false, Error = error });
            throw;
        }
        finally
        {
            using (_client.Lock.Enter())
            {
                update.Settle();
                foreach (var prefix in _options.Invalidates?.Invoke(variables) ?? [])
                    _ = _client.InvalidateAsync(prefix);
            }

            _client.Over(over.Task);
            over.SetResult();
        }
    }

    /// <summary>Forgets the latest run, which goes on without being shown.</summary>
    public void Reset()
    {
        Interlocked.Increment(ref _latest);
        _current = new();
        Changed?.Invoke();
    }

    private async Task<TResult> RunInScopeAsync(int run, TVariables variables, CancellationToken cancellationToken)
    {
        using var turn = _client.Scopes.Enter(_options.Scope);
        if (!turn.HasCome.IsCompleted)
        {
            Show(run, state => state with { IsPaused = true });
            await turn.HasCome.WaitAsync(cancellationToken);
            Show(run, state => state with { IsPaused = false });
        }

        var attempts = new Attempts(_client, _options.NetworkMode, _options.Retry ?? QueryRetry.None)
        {
            Paused = isPaused => Show(run, state => state with { IsPaused = isPaused }),
            Failed = _ => Show(run, state => state with { FailureCount = state.FailureCount + 1 }),
        };
        return await attempts.RunAsync(token => _options.Mutate(variables, token), cancellationToken);
    }

    private void Show(int run, Func<MutationResult<TVariables, TResult>, MutationResult<TVariables, TResult>> change)
    {
        using (_client.Lock.Enter())
        {
            if (run != _latest)
                return;
            _current = change(_current);
            _client.Lock.Afterwards(() => Changed?.Invoke());
        }
    }

    private static async Task ShownAsync(Task run)
    {
        try
        {
            await run;
        }
        catch (Exception)
        {
            // The state has it.
        }
    }
}
