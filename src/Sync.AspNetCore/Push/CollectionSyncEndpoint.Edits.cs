using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Collection.Sync.AspNetCore;

public sealed partial class CollectionSyncEndpoint
{
    private EditRules? _edits;

    /// <summary>
    /// Takes edits of these fields at <c>POST /sync/{collection}/mutations</c>, of the rows that a user may have. Each
    /// is applied once, however often it is sent; where two people edit the same field, the later one to arrive wins.
    /// docs/push.md says what is sent and what is answered.
    /// </summary>
    /// <param name="fields">The fields that may be edited; all others are refused.</param>
    /// <exception cref="ArgumentException">No field, a field that the collection does not have, or the key.</exception>
    /// <exception cref="InvalidOperationException">The feed is one of your own (<see cref="CollectionSyncOptions.UseFeed"/>), or edits are allowed already.</exception>
    public CollectionSyncEndpoint AllowEdits(params string[] fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        if (_edits is not null)
            throw new InvalidOperationException($"Edits of '{Table.Schema.Name}' are allowed already: name all fields in one AllowEdits.");
        var services = ((IEndpointRouteBuilder)_group).ServiceProvider;
        if (services.GetService<SyncDatabase>() is null)
            throw new InvalidOperationException($"Edits of '{Table.Schema.Name}' need a database that is written to: call UseSqlite or UsePostgres in AddCollectionSync instead of UseFeed.");
        _edits = new EditRules(Table.Schema, fields);
        var push = ActivatorUtilities.CreateInstance<PushHandler>(services);
        // The second parameter makes it a handler that an OpenAPI document describes.
        _group.MapPost("/mutations", (HttpContext context, CancellationToken _) => push.HandleAsync(context, Source(context), _edits))
            .WithSummary($"Applies edits of {Table.Schema.Name}, each once")
            // Without a type of content, which routing would look at, and answer 415 without a word.
            .WithMetadata(new AcceptsMetadata([], typeof(PushDocument)))
            .Produces<PushAnswer>(StatusCodes.Status200OK)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        return this;
    }

    /// <summary>Sets a field to the server's time at every edit that changes a row. Follows <see cref="AllowEdits"/>.</summary>
    /// <param name="field">A timestamp that is not itself edited.</param>
    /// <exception cref="ArgumentException">The collection has no such field, it is not a timestamp, or it may be edited.</exception>
    /// <exception cref="InvalidOperationException">No edits are allowed.</exception>
    public CollectionSyncEndpoint StampEdits(string field)
    {
        ArgumentNullException.ThrowIfNull(field);
        _edits = _edits?.WithStamp(field)
            ?? throw new InvalidOperationException($"No edits of '{Table.Schema.Name}' are allowed that could be stamped: call AllowEdits first.");
        return this;
    }
}
