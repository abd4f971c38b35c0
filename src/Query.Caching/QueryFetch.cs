using System.Diagnostics.CodeAnalysis;

namespace Collection.Query.Caching;

/// <summary>One fetch of a query, with its tries and pauses.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has neither timer nor wait handle, so there is nothing to dispose of.")]
internal sealed class QueryFetch<T>(QueryClient client, TypedQuery<T> query, QueryOptions<T> options, QueryState<T> before)
{
    private readonly CancellationTokenSource _cancellation = new();

    /// <summary>What the query goes back to where the fetch is cancelled.</summary>
    public QueryState<T> Before { get; set; } = before;

    /// <summary>Reads what is kept of the query, before anything is fetched; null where nothing is.</summary>
    public Func<CancellationToken, Task<(T Data, DateTimeOffset UpdatedAt)?>>? Stored { get; init; }

    /// <summary>Whether the query was invalidated while this was under way: what it brings may be of before.</summary>
    public bool IsOutdated { get; private set; }

    public void Outdate() => IsOutdated = true;

    /// <summary>Begins, without the lock: runs code of the app.</summary>
    public void Start() => _ = RunAsync();

    /// <summary>Ends it, whatever it may still bring.</summary>
    public void Abandon() => client.Lock.Afterwards(_cancellation.Cancel);

    private async Task RunAsync()
    {
        var attempts = new Attempts(client, options.NetworkMode, options.Retry ?? client.Options.Retry)
        {
            Paused = isPaused =>
            {
                using (client.Lock.Enter())
                    query.Paused(this, isPaused);
            },
            Failed = reason =>
            {
                using (client.Lock.Enter())
                    query.TryFailed(this, reason);
            },
        };
        try
        {
            if (Stored is not null && await Stored(_cancellation.Token) is { } stored)
            {
                using (client.Lock.Enter())
                {
                    if (query.Found(this, stored.Data, stored.UpdatedAt, options))
                        return;
                }
            }

            var data = await attempts.RunAsync(options.Fetch, _cancellation.Token);
            using (client.Lock.Enter())
                query.Succeeded(this, data);
        }
        catch (Exception error)
        {
            // Where this was abandoned the query does not listen, and so the exception of a cancellation ends here.
            using (client.Lock.Enter())
                query.Failed(this, error);
        }
    }
}
