using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;
using Collection.Query.Caching;
using Polly.Retry;
using Sellers.Contracts;

namespace Sellers.Client.Session;

/// <summary>Requests whose failures people can read: each ends in an <see cref="HttpRequestException"/> whose message says what is wrong and what to do.</summary>
internal static class Requests
{
    /// <summary>What is said where there is no answer.</summary>
    public const string Unreachable = "The server cannot be reached. Check the network and try again.";

    /// <summary>Tries again as queries do, but not what the server has refused: it would refuse it again.</summary>
    public static RetryStrategyOptions Retry { get; } = RetryUnlessRefused();

    /// <summary>Reads.</summary>
    public static async Task<T> ReadAsync<T>(this HttpClient http, string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(http.GetAsync(Address(path), cancellationToken), cancellationToken);
        await ThrowIfRefusedAsync(response);
        return (await response.Content.ReadFromJsonAsync(type, cancellationToken))!;
    }

    /// <summary>Makes something of what is asked for.</summary>
    public static async Task<TMade> MakeAsync<TAsked, TMade>(
        this HttpClient http, string path, TAsked asked, JsonTypeInfo<TAsked> askedType, JsonTypeInfo<TMade> madeType, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(http.PostAsJsonAsync(Address(path), asked, askedType, cancellationToken), cancellationToken);
        await ThrowIfRefusedAsync(response);
        return (await response.Content.ReadFromJsonAsync(madeType, cancellationToken))!;
    }

    /// <summary>Ends something; false where there is nothing to end any more.</summary>
    public static async Task<bool> EndAsync(this HttpClient http, string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(http.PostAsync(Address(path), null, cancellationToken), cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return false;
        await ThrowIfRefusedAsync(response);
        return true;
    }

    /// <summary>Why the server has refused a request.</summary>
    public static async Task<string> ReasonAsync(HttpResponseMessage response)
    {
        var isProblem = response.Content.Headers.ContentType?.MediaType == "application/problem+json";
        var problem = isProblem ? await response.Content.ReadFromJsonAsync(SessionJson.Default.Problem) : null;
        return problem?.Detail ?? problem?.Title ?? $"The server answered {(int)response.StatusCode}. Try again later.";
    }

    private static Uri Address(string path) => new(path, UriKind.Relative);

    private static async Task<HttpResponseMessage> SendAsync(Task<HttpResponseMessage> sending, CancellationToken cancellationToken)
    {
        try
        {
            return await sending;
        }
        // A browser says of a request that has failed only that it has, in its own words; a client that has waited too long cancels.
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new HttpRequestException(Unreachable, e);
        }
    }

    private static async Task ThrowIfRefusedAsync(HttpResponseMessage response)
    {
        if (!response.IsSuccessStatusCode)
            throw new HttpRequestException(await ReasonAsync(response), null, response.StatusCode);
    }

    private static RetryStrategyOptions RetryUnlessRefused()
    {
        var options = QueryRetry.Default();
        options.ShouldHandle = static args => ValueTask.FromResult(
            args.Outcome.Exception is not (null or HttpRequestException { StatusCode: >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError and not HttpStatusCode.TooManyRequests }));
        return options;
    }
}
