using System.Diagnostics;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Collection.Sync.AspNetCore;

/// <summary>Answers a pull: cursor in, page out.</summary>
internal sealed class PullHandler(IChangeFeed feed, CursorProtector cursors, CollectionSyncOptions options, ILogger<PullHandler> logger)
{
    public async Task HandleAsync(HttpContext context, SyncedTable table)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var schema = table.Schema;
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

        try
        {
            await PageAnswer.WriteAsync(context, schema, await ReadPageAsync(context, table, request));
        }
        catch (CursorRefusedException e)
        {
            logger.CursorRefused(schema.Name, e.Reason);
            await AnswerProblemAsync(context, StatusCodes.Status410Gone, e.Reason.ToString().ToLowerInvariant(), e.Message);
        }
    }

    private async ValueTask<byte[]> ReadPageAsync(HttpContext context, SyncedTable table, PullRequest request)
    {
        var started = Stopwatch.GetTimestamp();
        var schema = table.Schema;
        var after = request.Cursor is { } cursor ? cursors.Unprotect(cursor, schema, context.User) : null;
        var writer = new PageWriter(schema);
        var slice = await feed.ReadAsync(table, after, request.MaxBytes - Overhead(schema), writer, context.RequestAborted);
        var (upserts, deletes) = (writer.UpsertCount, writer.DeleteCount);
        var page = writer.Finish(new PageHeader
        {
            Next = cursors.Protect(slice.Next, schema, context.User),
            More = slice.More,
            IsSnapshot = slice.IsSnapshot,
            Epoch = slice.Next.Epoch,
            TotalRows = slice.TotalRows,
        });
        logger.PagePulled(
            schema.Name, upserts, deletes, page.Length, slice.IsSnapshot, slice.More, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        return page;
    }

    // What a finished page has and the writer does not count: the cursor, and header and padding of each section.
    private static int Overhead(CollectionSchema schema) => CursorProtector.MaxLength + ((schema.IndexedFields.Length + 4) * 24);

    private static Task AnswerProblemAsync(HttpContext context, int status, string reason, string detail) =>
        TypedResults.Problem(detail, statusCode: status, extensions: [new("reason", reason)]).ExecuteAsync(context);
}
