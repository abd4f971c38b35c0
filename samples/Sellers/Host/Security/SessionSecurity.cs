using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;

namespace Sellers.Host.Security;

/// <summary>
/// Who may call what: a session in a cookie, needed by every endpoint that does not say otherwise, and an anti-forgery
/// token in a header, needed by every write.
/// </summary>
internal static class SessionSecurity
{
    public static IServiceCollection AddSessionSecurity(this IServiceCollection services)
    {
        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(cookie =>
        {
            cookie.Cookie.Name = "sellers.session";
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.SameSite = SameSiteMode.Strict;
            cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            cookie.ExpireTimeSpan = TimeSpan.FromDays(14);
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

    /// <summary>Refuses writes without a token, whatever endpoint they go to.</summary>
    public static void UseAntiforgeryOnWrites(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        var antiforgery = context.RequestServices.GetRequiredService<IAntiforgery>();
        if (await antiforgery.IsRequestValidAsync(context))
        {
            await next(context);
            return;
        }

        await TypedResults.Problem(
            $"The request lacks its anti-forgery token. Take one from GET /session, and send it in the header {Contracts.Session.AntiforgeryHeader}.",
            statusCode: StatusCodes.Status400BadRequest).ExecuteAsync(context);
    });

    private static Task Refuse(RedirectContext<CookieAuthenticationOptions> context, int status, string detail) =>
        TypedResults.Problem(detail, statusCode: status).ExecuteAsync(context.HttpContext);
}
