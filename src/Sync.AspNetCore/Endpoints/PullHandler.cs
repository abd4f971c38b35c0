using System.Diagnostics;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Collection.Sync.AspNetCore;

/// <summary>Answers a pull: cursor in, page out.</summary>
internal sealed class PullHandler(IChangeFeed feed, CursorProtector cursors, CollectionSyncOptions options, SyncTelemetry telemetry, ILogger<PullHandler> logger)
{
    public async Task HandleAsync(HttpContext context, FeedSource source)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var schema = source.Table.Schema;
        if (!PullRequest.TryParse(context.Request.Query, options, out var request, out var problem))
        {
            await AnswerProblemAsync(context, StatusCodes.Status400BadRequest, "parameter", problem);
            return;
        }

        if (request.SchemaHash is { } hash && hash != schema.Hash)
        {
            await AnswerProblemAsync(
                context, StatusCodes.Status409Conflict, "schema",
                $"The client has schema {hash:x16} of '{schema.Name}', the server has {schema.Hash:x16}: they are of different versions. Reload the app.");
            return;
        }

        using var activity = telemetry.Activities.StartActivity($"pull {schema.Name}");
        try
        {
            var (page, tag) = await ReadPageAsync(context, source, request);
            if (tag is not null && EntityTag.IsKnown(context.Request, tag))
            {
                context.Response.StatusCode = StatusCodes.Status304NotModified;
                context.Response.GetTypedHeaders().ETag = tag;
                return;
            }

            context.Response.GetTypedHeaders().ETag = tag;
            await PageAnswer.WriteAsync(context, schema, page);
        }
        catch (CursorRefusedException e)
        {
            logger.CursorRefused(schema.Name, e.Reason);
            telemetry.CursorRefused(schema, e.Reason);
            await AnswerProblemAsync(context, StatusCodes.Status410Gone, e.Reason.ToString().ToLowerInvariant(), e.Message);
        }
    }

    /// <returns>The page; and its tag, where it says that nothing has changed.</returns>
    private async ValueTask<(byte[] Page, EntityTagHeaderValue? Tag)> ReadPageAsync(HttpContext context, FeedSource source, PullRequest request)
    {
        var started = Stopwatch.GetTimestamp();
        var schema = source.Table.Schema;
        var after = request.Cursor is { } cursor ? cursors.Unprotect(cursor, source, context.User) : null;
        var writer = new PageWriter(schema);
        var slice = await feed.ReadAsync(source, after, request.MaxBytes - Overhead(schema), writer, context.RequestAborted);
        var (upserts, deletes) = (writer.UpsertCount, writer.DeleteCount);
        // Nothing new: the client keeps its cursor, and asks for the same again.
        var isUnchanged = upserts + deletes == 0 && slice.Next == after;
        var page = writer.Finish(new PageHeader
        {
            Next = isUnchanged ? new SyncCursor(request.Cursor!) : cursors.Protect(slice.Next, source, context.User),
            More = slice.More,
            IsSnapshot = slice.IsSnapshot,
            Epoch = source.EpochOfPages(slice.Next.Epoch),
            TotalRows = slice.TotalRows,
        });
        var elapsed = Stopwatch.GetElapsedTime(started);
        logger.PagePulled(schema.Name, upserts, deletes, page.Length, slice.IsSnapshot, slice.More, elapsed.TotalMilliseconds);
        telemetry.PagePulled(schema, upserts, deletes, page.Length, elapsed);
        return (page, isUnchanged && slice.Next is DeltaPosition unchanged ? EntityTag.Of(source, unchanged) : null);
    }

    // What a finished page has and the writer does not count: the cursor, and header and padding of each section.
    private static int Overhead(CollectionSchema schema) => CursorProtector.MaxLength + ((schema.IndexedFields.Length + 4) * 24);

    private static Task AnswerProblemAsync(HttpContext context, int status, string reason, string detail) =>
        TypedResults.Problem(detail, statusCode: status, extensions: [new("reason", reason)]).ExecuteAsync(context);
}
