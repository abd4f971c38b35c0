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

    private Task<int> FetchAsync(CancellationToken cancellationToken)
    {
        Calls++;
        return Task.FromResult(Number);
    }
}
