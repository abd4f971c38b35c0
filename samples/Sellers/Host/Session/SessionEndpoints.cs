using System.Security.Claims;
using Collection.Sync.AspNetCore;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http.HttpResults;
using Sellers.Contracts;
using Sellers.Host.Security;

namespace Sellers.Host.Session;

/// <summary>Signing in and out, and asking who is signed in.</summary>
internal static class SessionEndpoints
{
    private const int MaxLength = 200;

    public static void MapSession(this IEndpointRouteBuilder app)
    {
        var session = app.MapGroup("/session").WithTags("Session").AddEndpointFilter(async (context, next) =>
        {
            context.HttpContext.Response.Headers.CacheControl = "no-cache, no-store"; // Both: the anti-forgery tokens warn in the log of anything else.
            return await next(context);
        });
        session.MapGet("", (HttpContext context, IAntiforgery antiforgery) => Describe(context, antiforgery)).AllowAnonymous()
            .WithSummary("Says who is signed in, and gives the token that writes need");
        session.MapPost("", SignInAsync).AllowAnonymous().RequireRateLimiting(RateLimits.SignInPolicy)
            .WithSummary("Signs in")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status415UnsupportedMediaType);
        session.MapDelete("", SignOutAsync)
            .WithSummary("Signs out: the session ends, with all its event streams, whoever has a copy of the cookie");
    }

    private static async Task<Results<Ok<Contracts.Session>, ProblemHttpResult>> SignInAsync(
        SignInRequest request, HttpContext context, Users users, Sessions sessions, IAntiforgery antiforgery, CancellationToken cancellationToken)
    {
        if (request.User is not { Length: > 0 and <= MaxLength } || request.Password is not { Length: > 0 and <= MaxLength })
            return TypedResults.Problem("Give a user and a password.", statusCode: StatusCodes.Status400BadRequest);
        if (await users.FindAsync(request.User, request.Password, cancellationToken) is not { } user)
            return TypedResults.Problem("The user or the password is wrong.", statusCode: StatusCodes.Status401Unauthorized);

        var session = await sessions.OpenAsync(user, context.User, cancellationToken);
        var identity = new ClaimsIdentity(
            [new Claim(ClaimTypes.NameIdentifier, user.Name), new Claim(ClaimTypes.Name, user.DisplayName), new Claim(Sessions.IdClaim, session)],
            CookieAuthenticationDefaults.AuthenticationScheme);
        context.User = new ClaimsPrincipal(identity);
        await context.SignInAsync(context.User);
        return Describe(context, antiforgery);
    }

    private static async Task<NoContent> SignOutAsync(HttpContext context, Sessions sessions, LiveStreams streams, CancellationToken cancellationToken)
    {
        await sessions.CloseAsync(context.User, cancellationToken);
        // At once on this host; on others each stream finds out when it asks, within ten seconds.
        var session = context.User.FindFirstValue(Sessions.IdClaim);
        streams.Close(person => person.FindFirstValue(Sessions.IdClaim) == session);
        await context.SignOutAsync();
        return TypedResults.NoContent();
    }

    // The token belongs to the user: signing in and out asks for another one.
    private static Ok<Contracts.Session> Describe(HttpContext context, IAntiforgery antiforgery) => TypedResults.Ok(new Contracts.Session(
        context.User.FindFirstValue(ClaimTypes.NameIdentifier),
        context.User.FindFirstValue(ClaimTypes.Name),
        antiforgery.GetAndStoreTokens(context).RequestToken!));
}
