using System.Net;
using System.Text.Json;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Http;

/// <summary>What an answer other than 200 asks the client to do.</summary>
internal static class Refusal
{
    // Problem details are a few hundred bytes; a longer body is some proxy's page, and tells a person nothing.
    private const int MaxProblemBytes = 16 * 1024;

    public static async ValueTask<SyncTransportException> FromAsync(
        HttpResponseMessage response, BoundedBody body, string collection, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var (failure, advice) = Meaning(response.StatusCode);
        var reason = await ReadReasonAsync(response, body, cancellationToken) ?? response.ReasonPhrase;
        var message = $"The server of '{collection}' answered {(int)response.StatusCode}: {reason?.TrimEnd('.')}. {advice}";
        return new SyncTransportException(failure, message, RetryAfter(response, timeProvider));
    }

    private static (SyncFailure Failure, string Advice) Meaning(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => (SyncFailure.SignedOut, "Sign in again."),
        HttpStatusCode.Gone => (SyncFailure.Reset, "The collection is filled anew."),
        HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError =>
            (SyncFailure.Retry, "It is tried again by itself."),
        >= HttpStatusCode.BadRequest => (SyncFailure.Refused, "Trying again will not help: reload the app, and if that does not either, tell whoever runs the server."),
        _ => (SyncFailure.Protocol, "That is not an answer of a sync server: check the address, and whether a proxy stands in between."),
    };

    /// <summary>The detail of an RFC 9457 problem, or its title.</summary>
    private static async ValueTask<string?> ReadReasonAsync(HttpResponseMessage response, BoundedBody body, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json"
            || await body.ReadAsync(MaxProblemBytes, cancellationToken) is not { } bytes)
        {
            return null;
        }

        try
        {
            using var problem = JsonDocument.Parse(bytes);
            return Text(problem.RootElement, "detail") ?? Text(problem.RootElement, "title");
        }
        catch (JsonException)
        {
            // The status has said what to do; a problem that does not parse adds nothing to it.
            return null;
        }
    }

    private static string? Text(JsonElement problem, string name) =>
        problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider timeProvider) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date - timeProvider.GetUtcNow() is var wait => wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };
}
