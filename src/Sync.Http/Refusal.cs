using System.Net;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Http;

/// <summary>What an answer other than 200 asks the client to do.</summary>
internal static class Refusal
{
    /// <summary>Of a pull, and of a stream that was to be opened.</summary>
    public static async ValueTask<SyncTransportException> FromAsync(HttpResponseMessage response, BoundedBody body, string collection, TimeProvider timeProvider)
    {
        var problem = await Problem.ReadAsync(response, body);
        var (failure, advice) = Meaning(response.StatusCode);
        return new SyncTransportException(failure, Message(response, problem, collection, advice), RetryAfter(response, timeProvider));
    }

    /// <summary>Of a batch of edits.</summary>
    public static async ValueTask<SyncTransportException> FromAsync(
        HttpResponseMessage response, BoundedBody body, string collection, OutboxBatch batch, TimeProvider timeProvider)
    {
        var problem = await Problem.ReadAsync(response, body);
        var status = response.StatusCode;
        var refusal = (status, problem.Reason) switch
        {
            (HttpStatusCode.BadRequest, "malformed" or "field" or "value") when IsIn(batch, problem.Mutation) => PushRefusal.Mutation,
            (HttpStatusCode.Forbidden, "client") => PushRefusal.Client,
            (HttpStatusCode.Conflict, "order") => PushRefusal.Order,
            // One that is too large by itself will not get smaller: it goes the way of those that cannot be read.
            (HttpStatusCode.RequestEntityTooLarge, _) => batch.Mutations.Length == 1 ? PushRefusal.Mutation : PushRefusal.Size,
            _ => PushRefusal.None,
        };
        var (failure, advice) = refusal switch
        {
            PushRefusal.Mutation => (SyncFailure.Refused, "That edit is set aside, and the others are sent without it."),
            PushRefusal.Client or PushRefusal.Order => (SyncFailure.Refused, "The edits are numbered anew, and sent again."),
            PushRefusal.Size => (SyncFailure.Refused, "Fewer are sent at once."),
            // There is nothing to be filled anew by a push.
            _ => status == HttpStatusCode.Gone ? Meaning(HttpStatusCode.BadRequest) : Meaning(status),
        };
        return new SyncTransportException(failure, Message(response, problem, collection, advice), RetryAfter(response, timeProvider))
        {
            Refusal = refusal,
            MutationId = refusal != PushRefusal.Mutation ? null : batch.Mutations.Length == 1 ? batch.Mutations[0].Id : problem.Mutation,
        };
    }

    private static bool IsIn(OutboxBatch batch, long? mutation) => mutation >= batch.Mutations[0].Id && mutation <= batch.Mutations[^1].Id;

    private static string Message(HttpResponseMessage response, Problem problem, string collection, string advice) =>
        $"The server of '{collection}' answered {(int)response.StatusCode}: {(problem.Detail ?? response.ReasonPhrase)?.TrimEnd('.')}. {advice}";

    private static (SyncFailure Failure, string Advice) Meaning(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => (SyncFailure.SignedOut, "Sign in again."),
        HttpStatusCode.Gone => (SyncFailure.Reset, "The collection is filled anew."),
        HttpStatusCode.NotImplemented => Meaning(HttpStatusCode.BadRequest),
        HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError =>
            (SyncFailure.Retry, "It is tried again by itself."),
        >= HttpStatusCode.BadRequest => (SyncFailure.Refused, "Trying again will not help: reload the app, and if that does not either, tell whoever runs the server."),
        _ => (SyncFailure.Protocol, "That is not an answer of a sync server: check the address, and whether a proxy stands in between."),
    };

    private static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider timeProvider) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date - timeProvider.GetUtcNow() is var wait => wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };
}
