using Collection.Query.Blazor;
using Collection.Query.Caching;
using Microsoft.JSInterop;
using Sellers.Client.Session;
using Sellers.Contracts;

namespace Sellers.Client.Runs;

/// <summary>Collection runs as queries and as calls.</summary>
/// <param name="http">The server.</param>
/// <param name="queries">The cache.</param>
/// <param name="js">The browser, which keeps the list.</param>
/// <param name="user">Who is signed in: nobody else sees what is kept.</param>
public sealed class RunClient(HttpClient http, QueryClient queries, IJSRuntime js, string user) : IAsyncDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_intervalOfErrors = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_intervalOfList = TimeSpan.FromSeconds(10);

    private readonly BrowserQueryStorage _storage = new(js, $"queries-{user}");

    /// <summary>The key of the list.</summary>
    public QueryKey ListKey => ["runs", user, "list"];

    /// <summary>The latest runs: one's own, and those of others that have ended. Looked at again now and then, and kept for when there is no network.</summary>
    public QueryOptions<RunList> List() => new()
    {
        Key = ListKey,
        Fetch = token => http.ReadAsync("api/runs", RunJson.Default.RunList, token),
        RefetchInterval = _ => s_intervalOfList,
        Retry = Requests.Retry,
        Persistence = QueryPersistence.Json(_storage, RunJson.Default.RunList) with { MaxAge = TimeSpan.FromDays(7) },
    };

    /// <summary>One run, followed until it has ended; less often while the server cannot be reached.</summary>
    public QueryOptions<RunDetail> ById(long id) => new()
    {
        Key = RunKey(id),
        Fetch = token => http.ReadAsync($"api/runs/{id}", RunJson.Default.RunDetail, token),
        RefetchInterval = run => run.Data is { Run.IsOver: true } ? null : run.Error is null ? s_interval : s_intervalOfErrors,
        Retry = Requests.Retry,
    };

    /// <summary>The key of a run.</summary>
    public QueryKey RunKey(long id) => ["runs", user, id];

    /// <summary>Forgets what the person has seen of runs, on this device too. Nothing may show it any more.</summary>
    /// <exception cref="JSException">The browser does not delete it.</exception>
    public async Task ForgetAsync()
    {
        queries.Remove(["runs", user]);
        await _storage.WipeAsync(CancellationToken.None);
    }

    public ValueTask DisposeAsync() => _storage.DisposeAsync();

    /// <summary>Starts a run.</summary>
    /// <exception cref="HttpRequestException">The server refuses, or cannot be reached; the message says why.</exception>
    public Task<CollectionRun> StartAsync(StartRunRequest request, CancellationToken cancellationToken) =>
        http.MakeAsync("api/runs", request, RunJson.Default.StartRunRequest, RunJson.Default.CollectionRun, cancellationToken);

    /// <summary>Ends a run, if it has not ended by itself.</summary>
    /// <exception cref="HttpRequestException">The server refuses, or cannot be reached; the message says why.</exception>
    public Task<bool> CancelAsync(long id, CancellationToken cancellationToken) => http.EndAsync($"api/runs/{id}/cancel", cancellationToken);
}
