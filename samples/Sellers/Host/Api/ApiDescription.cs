using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.OpenApi;

namespace Sellers.Host.Api;

/// <summary>The OpenAPI document: what endpoints say of themselves, and what the host adds to all of them.</summary>
internal static class ApiDescription
{
    private const string Scheme = CookieAuthenticationDefaults.AuthenticationScheme;
    private const string ProblemType = "application/problem+json";

    public static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddOpenApi(openApi =>
    {
        openApi.AddDocumentTransformer((document, _, _) =>
        {
            Describe(document);
            return Task.CompletedTask;
        });
        openApi.AddOperationTransformer((operation, context, _) =>
        {
            Describe(operation, context);
            return Task.CompletedTask;
        });
    });

    /// <summary>Serves it at <c>/openapi/v1.json</c>, to whoever is signed in.</summary>
    public static void MapApiDescription(this IEndpointRouteBuilder app) => app.MapOpenApi("/openapi/v1.json");

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Sellers",
            Version = "1",
            Description = "Sellers of many marketplaces, as a synced collection. Errors are problems after RFC 9457; their detail says what to do.",
        };
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Scheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Cookie,
                Name = Security.SessionSecurity.CookieName,
                Description = $"POST /session sets it. Writes need the header {Contracts.Session.AntiforgeryHeader} as well, with the token that GET /session gives.",
            },
        };
    }

    private static void Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var isWrite = !HttpMethods.IsGet(context.Description.HttpMethod!);
        if (!metadata.OfType<IAllowAnonymous>().Any())
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [] }];
            AddProblem(operation, StatusCodes.Status401Unauthorized, "Nobody is signed in, or no longer.");
        }

        if (isWrite)
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = Contracts.Session.AntiforgeryHeader,
                In = ParameterLocation.Header,
                Required = true,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
            AddProblem(operation, StatusCodes.Status400BadRequest, "The request is not a good one, or lacks its anti-forgery token.");
            AddProblem(operation, StatusCodes.Status403Forbidden, "The request comes from a page of another site, or is for somebody else to make.");
        }

        if (metadata.OfType<EnableRateLimitingAttribute>().Any())
            AddProblem(operation, StatusCodes.Status429TooManyRequests, "Too many requests; Retry-After says when to come back.");
    }

    private static void AddProblem(OpenApiOperation operation, int status, string description)
    {
        operation.Responses ??= [];
        operation.Responses.TryAdd($"{status}", new OpenApiResponse
        {
            Description = description,
            Content = new Dictionary<string, OpenApiMediaType> { [ProblemType] = new() },
        });
    }
}
