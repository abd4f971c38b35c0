using System.Data.Common;
using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Collection.Sync.AspNetCore;

/// <summary>Answers with a stream of events, which lasts as long as client, session and server do.</summary>
internal sealed class EventsHandler(
    LiveStreams streams, EventReader reader, CollectionSyncOptions options, LiveTelemetry telemetry,
    IHostApplicationLifetime lifetime, TimeProvider time, ILogger<EventsHandler> logger)
{
    public async Task HandleAsync(HttpContext context, CollectionSyncEndpoint endpoint)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (!EventsRequest.TryParse(context.Request, endpoint.EventScopes, out var request, out var problem))
        {
            await AnswerProblemAsync(context, StatusCodes.Status400BadRequest, "parameter", problem);
            return;
        }

        if (!EventsRequest.AcceptsEvents(context.Request))
        {
            await AnswerProblemAsync(context, StatusCodes.Status406NotAcceptable, "accept", $"This is a stream of events: accept {EventsRequest.EventsType}.");
            return;
        }

        if (request.Scope is { } scope && !await endpoint.MayHearAsync(context, scope.Field, scope.Value))
        {
            await AnswerProblemAsync(context, StatusCodes.Status404NotFound, "scope", $"There is no '{scope.Field}' with this value.");
            return;
        }

        var stream = new LiveStream(endpoint.EventSource(context, request), context.User, Owner(context), options.Live);
        switch (streams.Admit(stream))
        {
            case StreamAdmission.ServerIsFull:
                logger.StreamRefused(StatusCodes.Status503ServiceUnavailable);
                await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "streams", "This server has no room for another stream. Pull, and come back later.");
                return;
            case StreamAdmission.UserHasTooMany:
                logger.StreamRefused(StatusCodes.Status429TooManyRequests);
                await RefuseAsync(context, StatusCodes.Status429TooManyRequests, "streams", $"There are {options.Live.MaxStreamsPerUser} streams for you already: close one of them.");
                return;
        }

        try
        {
            await StreamAsync(context, endpoint, request, stream);
        }
        finally
        {
            streams.Leave(stream);
        }
    }

    private async Task StreamAsync(HttpContext context, CollectionSyncEndpoint endpoint, EventsRequest request, LiveStream stream)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var response = new EventsResponse(context, stream, reader, options.Live, telemetry, time, logger);
        // Asked again and again: what was allowed when the stream began need not be so for ever.
        async ValueTask<string?> WhyEndAsync() =>
            !await options.IsSessionValid(context, ended.Token) ? LiveStreams.SignedOut
            : request.Scope is { } scope && !await endpoint.MayHearAsync(context, scope.Field, scope.Value) ? "scope"
            : endpoint.EventSource(context, request) != stream.Source ? "filter"
            : null;

        await using var ticks = time.CreateTimer(_ => response.Tick(), null, options.Live.PingInterval, options.Live.PingInterval);
        try
        {
            var present = await streams.JoinAsync(stream, ended.Token);
            Begin(context);
            await response.RunAsync(request.After, present, WhyEndAsync, ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // A client that does not read would hold up the end of the server.
            response.AbortIfStuck();
        }
        catch (IOException) when (context.RequestAborted.IsCancellationRequested)
        {
        }
        catch (DbException e)
        {
            // Ends here, as by a cut line: the client comes back, and goes on where it was.
            logger.StreamFailed(e, endpoint.Table.Schema.Name);
            if (!context.Response.HasStarted)
                await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "database", "The database did not answer. Try again later.");
        }
    }

    private static void Begin(HttpContext context)
    {
        context.Response.ContentType = EventsRequest.EventsType;
        context.Response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    private static string Owner(HttpContext context) => context.User.FindFirstValue(ClaimTypes.NameIdentifier) is { } user
        ? $"user {user}"
        : $"address {context.Connection.RemoteIpAddress}";

    private Task RefuseAsync(HttpContext context, int status, string reason, string detail)
    {
        context.Response.Headers[HeaderNames.RetryAfter] = Math.Ceiling(options.Live.PingInterval.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return AnswerProblemAsync(context, status, reason, detail);
    }

    private static Task AnswerProblemAsync(HttpContext context, int status, string reason, string detail) =>
        TypedResults.Problem(detail, statusCode: status, extensions: [new("reason", reason)]).ExecuteAsync(context);
}
