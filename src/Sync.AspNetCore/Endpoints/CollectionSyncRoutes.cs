using Collection.Sync.Abstractions;
using Collection.Sync.AspNetCore;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps collections to endpoints.</summary>
public static class CollectionSyncRoutes
{
    /// <summary>
    /// Serves a collection's change feed at <c>GET /sync/{collection}</c>, below whatever the group is mapped to. Query
    /// parameters, all optional: <c>cursor</c>, where to go on; <c>maxBytes</c>, the size of a page; <c>schema</c>, the
    /// client's schema hash in 16 hexadecimal digits. The answer is a page (docs/page-format.md), or the same as JSON
    /// where <c>Accept</c> asks for it. A cursor belongs to the user who is signed in.
    /// </summary>
    /// <param name="endpoints">The app, or a group of its routes.</param>
    /// <param name="schema">The collection.</param>
    /// <returns>For the table's name and for conventions, in this order: <c>.FromTable("items").RequireAuthorization()</c>.</returns>
    /// <exception cref="InvalidOperationException"><c>AddCollectionSync</c> was not called.</exception>
    public static CollectionSyncEndpoint MapCollectionSync(this IEndpointRouteBuilder endpoints, CollectionSchema schema)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(schema);
        var installer = endpoints.ServiceProvider.GetService<FeedInstaller>()
            ?? throw new InvalidOperationException("Collection sync is not set up: call builder.Services.AddCollectionSync first.");
        var pull = ActivatorUtilities.CreateInstance<PullHandler>(endpoints.ServiceProvider);
        var group = endpoints.MapGroup($"/sync/{schema.Name}").WithTags($"Sync: {schema.Name}");
        var endpoint = new CollectionSyncEndpoint(schema, group);
        // The strings are for the OpenAPI document: parameters are parsed strictly, by PullRequest.
        group.MapGet("", (HttpContext context, string? cursor, string? maxBytes, string? schema) => pull.HandleAsync(context, endpoint.Source(context)))
            .WithSummary($"Pulls the next page of {schema.Name}")
            .Produces<byte[]>(StatusCodes.Status200OK, PageAnswer.PageType, PageAnswer.JsonType)
            .Produces(StatusCodes.Status304NotModified)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status410Gone);
        endpoint.MapEvents(endpoints.ServiceProvider);
        installer.Add(endpoint);
        return endpoint;
    }
}
