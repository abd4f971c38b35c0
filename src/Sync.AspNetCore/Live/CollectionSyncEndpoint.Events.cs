using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.DependencyInjection;

namespace Collection.Sync.AspNetCore;

public sealed partial class CollectionSyncEndpoint
{
    private readonly Dictionary<string, Func<HttpContext, long, ValueTask<bool>>> _eventScopes = new(StringComparer.Ordinal);

    /// <summary>The fields that streams may be scoped to.</summary>
    internal IReadOnlyCollection<string> EventScopes => _eventScopes.Keys;

    /// <summary>
    /// Lets a stream hear of the rows with one value of a field and of no others, such as those of a run:
    /// <c>GET /sync/{collection}/events?last_seen_run_id=7</c>. Such a stream tells of no deletions. An index on the
    /// field is of no use to it: changes are found by their versions.
    /// </summary>
    /// <param name="field">An integer field.</param>
    /// <param name="mayHear">
    /// Says whether the user of the request may hear of this value; where not, the answer is 404. Asked again at each
    /// <see cref="LiveOptions.PingInterval"/>.
    /// </param>
    /// <exception cref="ArgumentException">The collection has no such field, or it is not an integer.</exception>
    public CollectionSyncEndpoint ScopeEvents(string field, Func<HttpContext, long, ValueTask<bool>> mayHear)
    {
        ArgumentNullException.ThrowIfNull(field);
        ArgumentNullException.ThrowIfNull(mayHear);
        if (Table.Schema.Fields.FirstOrDefault(f => f.Name == field) is not { Kind: FieldKind.Int32 or FieldKind.Int64 })
            throw new ArgumentException($"Streams of '{Table.Schema.Name}' cannot be scoped to '{field}': name an integer field of the collection.", nameof(field));
        _eventScopes[field] = mayHear;
        return this;
    }

    internal ValueTask<bool> MayHearAsync(HttpContext context, string field, long value) => _eventScopes[field](context, value);

    internal FeedSource EventSource(HttpContext context, EventsRequest request) => request.Scope is { } scope
        ? Source(context) with { Scope = new RowFilter($"\"{scope.Field}\" = @value", ("value", scope.Value)) }
        : Source(context);

    internal void MapEvents(IServiceProvider services)
    {
        var handler = ActivatorUtilities.CreateInstance<EventsHandler>(services);
        // The string is for the OpenAPI document: parameters are parsed strictly, by EventsRequest.
        _group.MapGet("/events", (HttpContext context, string? lastEventId) => handler.HandleAsync(context, this))
            .WithMetadata(new DisableRequestTimeoutAttribute())
            // A redirect to a page for signing in would look like a stream that has broken off.
            .DisableCookieRedirect()
            .WithSummary($"Streams what changes in {Table.Schema.Name}")
            .Produces<string>(StatusCodes.Status200OK, EventsRequest.EventsType)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status406NotAcceptable)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }
}
