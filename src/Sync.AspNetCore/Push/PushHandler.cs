using System.Buffers;
using System.Data.Common;
using System.Diagnostics;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Collection.Sync.AspNetCore;

/// <summary>Answers a push: a batch of edits in, and what has become of each out.</summary>
internal sealed class PushHandler(IServiceProvider services, SyncTelemetry telemetry, PushMetrics metrics, ILogger<PushHandler> logger)
{
    /// <summary>The largest body, in bytes.</summary>
    public const int MaxBodyBytes = 1024 * 1024;

    private readonly MutationApplier _applier = ActivatorUtilities.CreateInstance<MutationApplier>(services);

    public async Task HandleAsync(HttpContext context, FeedSource source, EditRules rules)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var (collection, started) = (rules.Schema.Name, Stopwatch.GetTimestamp());
        using var activity = telemetry.Activities.StartActivity($"push {collection}");
        try
        {
            var request = PushRequest.Parse(await ReadBodyAsync(context), rules);
            var user = context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? "";
            // Answered only after the commit: what was promised stays.
            var (answer, repeated) = await _applier.ApplyAsync(source, rules, request, user, context.RequestAborted);
            var rejected = answer.Results.Skip(repeated).Count(result => result.Reason is not null);
            var applied = answer.Results.Count - repeated - rejected;
            var elapsed = Stopwatch.GetElapsedTime(started);
            metrics.Pushed(collection, applied, rejected, repeated, elapsed);
            logger.EditsPushed(collection, applied, rejected, repeated, elapsed.TotalMilliseconds);
            await TypedResults.Bytes(answer.ToJson(), "application/json").ExecuteAsync(context);
        }
        catch (PushRefusedException e)
        {
            logger.PushRefused(collection, e.Status, e.Reason);
            await AnswerProblemAsync(context, e);
        }
        catch (DbException e)
        {
            logger.PushFailed(collection, e);
            await AnswerProblemAsync(context, new PushRefusedException(
                StatusCodes.Status503ServiceUnavailable, "database", "The database did not answer. Send the same mutations again later: none is applied twice."));
        }
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContext context)
    {
        var request = context.Request;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || !(type.Charset.Length == 0 || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            throw new PushRefusedException(StatusCodes.Status415UnsupportedMediaType, "mediaType", "Edits are sent as application/json, in UTF-8.");
        }

        if (request.Headers.ContentEncoding.Count > 0)
            throw new PushRefusedException(StatusCodes.Status415UnsupportedMediaType, "encoding", "A compressed body is not taken: send it as it is.");
        if (request.ContentLength > MaxBodyBytes)
            throw TooLarge();
        // A server's own limit may be lower. Counted here, since in chunks the server counts their frames as well.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        try
        {
            var body = new ArrayBufferWriter<byte>((int)(request.ContentLength ?? 4096) + 1);
            while (await request.Body.ReadAsync(body.GetMemory(), context.RequestAborted) is > 0 and var read)
            {
                body.Advance(read);
                if (body.WrittenCount > MaxBodyBytes)
                    throw TooLarge();
            }

            return body.WrittenMemory;
        }
        catch (BadHttpRequestException e)
        {
            throw e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? TooLarge()
                : new PushRefusedException(e.StatusCode, "malformed", $"The body did not arrive in full: {e.Message}");
        }
    }

    private static PushRefusedException TooLarge() =>
        new(StatusCodes.Status413PayloadTooLarge, "size", $"The body has more than {MaxBodyBytes} bytes: send fewer mutations at once.");

    private static Task AnswerProblemAsync(HttpContext context, PushRefusedException refused)
    {
        var extensions = new List<KeyValuePair<string, object?>> { new("reason", refused.Reason) };
        if (refused.MutationId is { } mutation)
            extensions.Add(new("mutation", mutation));
        if (refused.LastId is { } lastId)
            extensions.Add(new("lastId", lastId));
        return TypedResults.Problem(refused.Message, statusCode: refused.Status, extensions: extensions).ExecuteAsync(context);
    }
}
