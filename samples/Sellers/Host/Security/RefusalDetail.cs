using System.Data.Common;

namespace Sellers.Host.Security;

/// <summary>What an answer says that was refused before any endpoint had a word in it. Every error is a problem after RFC 9457.</summary>
internal static class RefusalDetail
{
    public static IServiceCollection AddRefusalDetail(this IServiceCollection services)
    {
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = context => context.ProblemDetails.Detail ??= Of(context.HttpContext.Response.StatusCode));
        // A database that is away comes back: the client tries again by itself.
        return services.Configure<ExceptionHandlerOptions>(handler =>
            handler.StatusCodeSelector = error => error is DbException { IsTransient: true } ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status500InternalServerError);
    }

    private static string? Of(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "The request cannot be read. /openapi/v1.json describes what is expected.",
        StatusCodes.Status404NotFound => "There is nothing at this address. /openapi/v1.json lists what there is.",
        StatusCodes.Status405MethodNotAllowed => "This address does not take the method. The header Allow lists those that it takes.",
        StatusCodes.Status413PayloadTooLarge => "The body is too large. Send less at a time.",
        StatusCodes.Status415UnsupportedMediaType => "The body is of a type that is not taken here. Send JSON, as application/json.",
        StatusCodes.Status500InternalServerError => "The host made a mistake; its log says which. Trying again does no harm.",
        StatusCodes.Status503ServiceUnavailable => "The database cannot be reached. Try again in a moment.",
        _ => null,
    };
}
