using Collection.Query.Caching;
using Sellers.Client.Session;
using Sellers.Contracts;

namespace Sellers.Client.Exports;

/// <summary>Exports by the server as a query and as calls.</summary>
/// <param name="http">The server.</param>
/// <param name="user">Whose.</param>
public sealed class ExportClient(HttpClient http, string user)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    /// <summary>The key of the list.</summary>
    public QueryKey Key => ["exports", user];

    /// <summary>The person's exports, looked at each second while one is under way.</summary>
    public QueryOptions<ExportList> List() => new()
    {
        Key = Key,
        Fetch = token => http.ReadAsync("api/exports", ExportJson.Default.ExportList, token),
        RefetchInterval = list => list.Data?.Jobs.Any(job => job.IsUnderWay) == true ? s_interval : null,
        Retry = Requests.Retry,
    };

    /// <summary>Where the browser fetches a file.</summary>
    public static string FileOf(long id) => $"api/exports/{id}/file";

    /// <summary>Asks for a file; what is wanted now and cannot be had is said at once, also without a network.</summary>
    public MutationOptions<StartExportRequest, ExportJob> Start() => new() { Mutate = StartAsync, NetworkMode = NetworkMode.Always, Invalidates = _ => [Key] };

    /// <summary>Asks for a file.</summary>
    /// <exception cref="HttpRequestException">The server refuses, or cannot be reached; the message says why.</exception>
    public Task<ExportJob> StartAsync(StartExportRequest wanted, CancellationToken cancellationToken) =>
        http.MakeAsync("api/exports", wanted, ExportJson.Default.StartExportRequest, ExportJson.Default.ExportJob, cancellationToken);

    /// <summary>Ends an export, if it has not ended by itself.</summary>
    /// <exception cref="HttpRequestException">The server refuses, or cannot be reached; the message says why.</exception>
    public Task<bool> CancelAsync(long id, CancellationToken cancellationToken) => http.EndAsync($"api/exports/{id}/cancel", cancellationToken);
}
