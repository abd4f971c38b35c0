using System.Globalization;
using System.Security.Claims;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Sellers.Contracts;
using Sellers.Host.Security;

namespace Sellers.Host.Exports;

/// <summary>Asking for exports by the server, watching and cancelling them, and fetching their files: each person's own alone.</summary>
internal static class ExportEndpoints
{
    private const int ListLength = 20;

    public static IServiceCollection AddExports(this IServiceCollection services, DirectoryInfo folder)
    {
        services.AddOptions<ExportOptions>().BindConfiguration("Exports")
            .Validate(options => options.IsValid, "MaxPerPerson, MaxAtOnce and OfferFrom in the section Exports of the settings have to be 1 at least, and KeepFor more than nothing.")
            .ValidateOnStart();
        services.AddSingleton(new ExportFiles(folder));
        services.AddSingleton<ExportTable>();
        services.AddSingleton<ExportWorker>();
        return services.AddHostedService(provider => provider.GetRequiredService<ExportWorker>());
    }

    public static void MapExports(this IEndpointRouteBuilder app)
    {
        var exports = app.MapGroup("/api/exports").WithTags("Exports").RequireRateLimiting(RateLimits.SyncPolicy).AddEndpointFilter(async (context, next) =>
        {
            context.HttpContext.Response.Headers.CacheControl = "no-store";
            return await next(context);
        });
        exports.MapGet("", ListAsync).WithSummary("Lists one's own exports, the newest first");
        exports.MapPost("", StartAsync).WithSummary("Asks for a file of all sellers, or of those that a query finds, in its order")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
        exports.MapGet("/{id}", FindAsync).WithSummary("Says how an export is")
            .ProducesProblem(StatusCodes.Status404NotFound);
        exports.MapPost("/{id}/cancel", CancelAsync).WithSummary("Ends an export; no file is left of it")
            .ProducesProblem(StatusCodes.Status404NotFound);
        exports.MapGet("/{id}/file", DownloadAsync).WithSummary("The file, whole or in ranges")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Ok<ExportList>> ListAsync(ClaimsPrincipal person, ExportTable table, IOptions<ExportOptions> options, CancellationToken cancellationToken) =>
        TypedResults.Ok(new ExportList(await table.ReadAsync(Name(person), ListLength, cancellationToken), options.Value.OfferFrom));

    private static async Task<Results<Created<ExportJob>, ProblemHttpResult>> StartAsync(
        StartExportRequest request, ClaimsPrincipal person, ExportTable table, ExportWorker worker, IOptions<ExportOptions> options, CancellationToken cancellationToken)
    {
        if (!Enum.IsDefined(request.Format))
            return TypedResults.Problem($"An export is one of {string.Join(", ", Enum.GetNames<ExportFormat>())}.", statusCode: StatusCodes.Status400BadRequest);
        try
        {
            Check(request.Query);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
        }

        if (await table.AddAsync(Name(person), request.Format, request.Query, options.Value, cancellationToken) is not { } id)
            return TypedResults.Problem(
                $"You have {options.Value.MaxPerPerson} exports under way. Wait until one is ready, or cancel one.",
                statusCode: StatusCodes.Status429TooManyRequests, extensions: [new("reason", "exports")]);
        worker.Wake();
        return TypedResults.Created($"/api/exports/{id}", (await table.FindAsync(id, Name(person), cancellationToken))!);
    }

    private static void Check(ViewQueryJson? asked)
    {
        if (asked is null)
            return;
        // Before it is looked into: what is wrong with it is told with parts of it.
        if (asked.Write().Length > StartExportRequest.MaxQueryLength)
            throw new ArgumentException($"A query has at most {StartExportRequest.MaxQueryLength} characters of JSON: ask for less, for example with a range in place of many values.");
        var query = asked.ToQuery();
        query.Check(Seller.Collection.Schema);
        if (query.Sort.FirstOrDefault(static sort => sort.Collation is not null) is { } sort)
            throw new ArgumentException($"'{sort.Field}' cannot be sorted by '{sort.Collation}': the order of a language is the browser's, and the server has another. Leave the collation out.");
    }

    private static async Task<Results<Ok<ExportJob>, ProblemHttpResult>> FindAsync(long id, ClaimsPrincipal person, ExportTable table, CancellationToken cancellationToken) =>
        await table.FindAsync(id, Name(person), cancellationToken) is { } job ? TypedResults.Ok(job) : Missing("There is no such export, or it is not yours.");

    private static async Task<Results<NoContent, ProblemHttpResult>> CancelAsync(long id, ClaimsPrincipal person, ExportTable table, CancellationToken cancellationToken) =>
        await table.CancelAsync(id, Name(person), cancellationToken) ? TypedResults.NoContent() : Missing("There is no such export under way, or it is not yours.");

    private static async Task<Results<PhysicalFileHttpResult, ProblemHttpResult>> DownloadAsync(
        long id, ClaimsPrincipal person, ExportTable table, ExportFiles files, CancellationToken cancellationToken)
    {
        if (await table.FindFileAsync(id, Name(person), cancellationToken) is not { } file)
            return Missing("There is no such file, or it is not yours, or its time is over. Ask for it again.");
        var path = files.PathOf(id, file.Attempt);
        if (!File.Exists(path))
            return Missing("The file is on another server, which does not share its folder of exports with this one.");
        return TypedResults.PhysicalFile(
            path, ExportFiles.FormatOf(file.Format).MediaType, $"sellers.{ExportFiles.ExtensionOf(file.Format)}",
            entityTag: new EntityTagHeaderValue(string.Create(CultureInfo.InvariantCulture, $"\"{id}-{file.Attempt}\"")), enableRangeProcessing: true);
    }

    private static ProblemHttpResult Missing(string detail) => TypedResults.Problem(detail, statusCode: StatusCodes.Status404NotFound);

    private static string Name(ClaimsPrincipal person) => person.FindFirstValue(ClaimTypes.NameIdentifier)!;
}
