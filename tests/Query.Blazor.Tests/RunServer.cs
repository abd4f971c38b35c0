using Collection.Query.Caching;

namespace Collection.Query.Blazor.Tests;

/// <summary>What the page in the browser polls: a number that the test sets.</summary>
public sealed class RunServer
{
    public int Number { get; set; }

    public int Calls { get; private set; }

    public QueryOptions<int> Run => new()
    {
        Key = ["run"], Fetch = FetchAsync, RefetchInterval = result => result.Data < 0 ? null : TimeSpan.FromMilliseconds(20),
    };

    /// <summary>What is answered instead, while it is not null.</summary>
    public Exception? Error { get; set; }

    private Task<int> FetchAsync(CancellationToken cancellationToken)
    {
        Calls++;
        if (Error is { } error)
            return Task.FromException<int>(error);
        return Task.FromResult(Number);
    }
}
