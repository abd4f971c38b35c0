using System.Security.Claims;
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
        var session = app.MapGroup("/session").AddEndpointFilter(async (context, next) =>
        {
            context.HttpContext.Response.Headers.CacheControl = "no-store";
            return await next(context);
        });
        session.MapGet("", (HttpContext context, IAntiforgery antiforgery) => Describe(context, antiforgery)).AllowAnonymous();
        session.MapPost("", SignInAsync).AllowAnonymous().RequireRateLimiting(SignInLimit.Policy);
        session.MapDelete("", (Delegate)SignOutAsync);
    }

    private static async Task<Results<Ok<Contracts.Session>, ProblemHttpResult>> SignInAsync(
        SignInRequest request, HttpContext context, Users users, IAntiforgery antiforgery, CancellationToken cancellationToken)
    {
        if (request.User is not { Length: > 0 and <= MaxLength } || request.Password is not { Length: > 0 and <= MaxLength })
            return TypedResults.Problem("Give a user and a password.", statusCode: StatusCodes.Status400BadRequest);
        if (await users.FindAsync(request.User, request.Password, cancellationToken) is not { } user)
            return TypedResults.Problem("The user or the password is wrong.", statusCode: StatusCodes.Status401Unauthorized);

        var identity = new ClaimsIdentity(
            [new Claim(ClaimTypes.NameIdentifier, user.Name), new Claim(ClaimTypes.Name, user.DisplayName)],
            CookieAuthenticationDefaults.AuthenticationScheme);
        context.User = new ClaimsPrincipal(identity);
        await context.SignInAsync(context.User);
        return Describe(context, antiforgery);
    }

    private static async Task<NoContent> SignOutAsync(HttpContext context)
    {
        await context.SignOutAsync();
        return TypedResults.NoContent();
    }

    // The token belongs to the user: signing in and out asks for another one.
    private static Ok<Contracts.Session> Describe(HttpContext context, IAntiforgery antiforgery) => TypedResults.Ok(new Contracts.Session(
        context.User.FindFirstValue(ClaimTypes.NameIdentifier),
        context.User.FindFirstValue(ClaimTypes.Name),
        antiforgery.GetAndStoreTokens(context).RequestToken!));
}
