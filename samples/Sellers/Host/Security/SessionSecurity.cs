using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Sellers.Host.Session;

namespace Sellers.Host.Security;

/// <summary>
/// Who may call what: a session that a cookie names, needed by every endpoint that does not say otherwise, and an anti-forgery
/// token in a header, needed by every write.
/// </summary>
internal static class SessionSecurity
{
    /// <summary>The cookie that names the session.</summary>
    public const string CookieName = "sellers.session";

    public static IServiceCollection AddSessionSecurity(this IServiceCollection services)
    {
        services.AddSingleton<Sessions>();
        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(cookie =>
        {
            cookie.Cookie.Name = CookieName;
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.SameSite = SameSiteMode.Strict;
            cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            cookie.ExpireTimeSpan = Sessions.Lifetime;
            cookie.SlidingExpiration = false; // ValidateAsync lets the cookie and the session go on together.
            cookie.Events.OnValidatePrincipal = ValidateAsync;
            // Nobody is sent to a page: a client that fetches data would take it for the data.
            cookie.Events.OnRedirectToLogin = context => Refuse(context, StatusCodes.Status401Unauthorized, "Nobody is signed in. Sign in and try again.");
            cookie.Events.OnRedirectToAccessDenied = context => Refuse(context, StatusCodes.Status403Forbidden, "You may not do this.");
        });
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.HeaderName = Contracts.Session.AntiforgeryHeader;
            antiforgery.SuppressReadingTokenFromFormBody = true;
            antiforgery.SuppressXFrameOptionsHeader = true; // The content security policy forbids frames.
            antiforgery.Cookie.Name = "sellers.antiforgery";
            antiforgery.Cookie.HttpOnly = true;
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
            antiforgery.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        });
        return services;
    }

    /// <summary>
    /// For what holds no data: open to all, and without looking up who it is, so that the files of the app neither wait
    /// for the database nor fail with it.
    /// </summary>
    public static TBuilder AllowEverybody<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.AllowAnonymous().WithMetadata(new Everybody());

    /// <summary>Refuses writes without a token, whatever endpoint they go to.</summary>
    public static void UseAntiforgeryOnWrites(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        // Browsers say where a request comes from. A page from elsewhere has no token anyway; this does not depend on it.
        if (!HttpMethods.IsGet(context.Request.Method) && context.Request.Headers["Sec-Fetch-Site"] is ["cross-site" or "same-site"])
        {
            await TypedResults.Problem("A page of another site may not write here. Open the app itself.", statusCode: StatusCodes.Status403Forbidden)
                .ExecuteAsync(context);
            return;
        }

        var antiforgery = context.RequestServices.GetRequiredService<IAntiforgery>();
        if (await antiforgery.IsRequestValidAsync(context))
        {
            await next(context);
            return;
        }

        // By this, clients tell it from other refusals: with another token the same request is taken.
        context.Response.Headers[Contracts.Session.AntiforgeryHeader] = "required";
        await TypedResults.Problem(
            $"The request lacks its anti-forgery token. Take one from GET /session, and send it in the header {Contracts.Session.AntiforgeryHeader}.",
            statusCode: StatusCodes.Status400BadRequest).ExecuteAsync(context);
    });

    // Asked at every request, by primary key, so that a session that was ended opens nothing from then on.
    private static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        if (context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<Everybody>() is not null)
        {
            context.RejectPrincipal();
            return;
        }

        var sessions = context.HttpContext.RequestServices.GetRequiredService<Sessions>();
        var cancellationToken = context.HttpContext.RequestAborted;
        switch (await sessions.FindRemainingAsync(context.Principal, cancellationToken))
        {
            case null:
                context.RejectPrincipal();
                break;
            case { } remaining when remaining < Sessions.Lifetime / 2:
                await sessions.ExtendAsync(context.Principal!, cancellationToken);
                context.ShouldRenew = true;
                break;
        }
    }

    private static Task Refuse(RedirectContext<CookieAuthenticationOptions> context, int status, string detail) =>
        TypedResults.Problem(detail, statusCode: status).ExecuteAsync(context.HttpContext);

    private sealed class Everybody;
}
