using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Sellers.Contracts;
using Sellers.Host.Security;

namespace Sellers.Host.Runs;

/// <summary>Starting, watching and cancelling collection runs. A run that is under way is its owner's alone; one that has ended is for all to see.</summary>
internal static class RunEndpoints
{
    private const int PageLength = 50;

    public static IServiceCollection AddRuns(this IServiceCollection services)
    {
        services.AddOptions<RunOptions>().BindConfiguration("Runs")
            .Validate(options => options.IsValid, "MaxPerPerson and MaxInAll in the section Runs of the settings have to be 1 at least, FindsPerSecond 0.")
            .ValidateOnStart();
        services.AddSingleton<RunTable>();
        services.AddSingleton<CollectionRuns>();
        return services.AddHostedService(provider => provider.GetRequiredService<CollectionRuns>());
    }

    public static void MapRuns(this IEndpointRouteBuilder app)
    {
        var runs = app.MapGroup("/api/runs").WithTags("Runs").RequireRateLimiting(RateLimits.SyncPolicy).AddEndpointFilter(async (context, next) =>
        {
            context.HttpContext.Response.Headers.CacheControl = "no-store";
            return await next(context);
        });
        runs.MapGet("", ListAsync).WithSummary("Lists one's own runs that are under way, and everybody's that have ended, the newest first");
        runs.MapPost("", StartAsync).WithSummary("Starts a run")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
        runs.MapGet("/{id}", FindAsync).WithSummary("Says how a run is")
            .ProducesProblem(StatusCodes.Status404NotFound);
        runs.MapPost("/{id}/cancel", CancelAsync).WithSummary("Ends one's own run; what it has found stays")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Ok<RunList>> ListAsync(ClaimsPrincipal person, RunTable table, CancellationToken cancellationToken, long before = long.MaxValue)
    {
        var runs = await table.ReadAsync(Name(person), before, PageLength, cancellationToken);
        return TypedResults.Ok(new RunList(runs, runs.Count == PageLength ? runs[^1].Id : null));
    }

    private static async Task<Results<Created<CollectionRun>, ProblemHttpResult>> StartAsync(
        StartRunRequest request, ClaimsPrincipal person, CollectionRuns runs, RunTable table, IOptions<RunOptions> options, CancellationToken cancellationToken)
    {
        if (request.Workers is < 1 or > StartRunRequest.MaxWorkers || request.Size is < StartRunRequest.MinSize or > StartRunRequest.MaxSize)
            return TypedResults.Problem(
                $"A run has 1 to {StartRunRequest.MaxWorkers} workers and finds {StartRunRequest.MinSize} to {StartRunRequest.MaxSize} sellers.",
                statusCode: StatusCodes.Status400BadRequest);
        var id = await runs.StartAsync(Name(person), request, cancellationToken);
        return id is { } started && await table.FindAsync(started, Name(person), cancellationToken) is { } run
            ? TypedResults.Created($"/api/runs/{run.Id}", run)
            : TypedResults.Problem(
                $"Too many runs are under way: {options.Value.MaxPerPerson} of one person, and {options.Value.MaxInAll} in all. Wait until one has ended, or cancel one of yours.",
                statusCode: StatusCodes.Status429TooManyRequests, extensions: [new("reason", "runs")]);
    }

    private static async Task<Results<Ok<RunDetail>, ProblemHttpResult>> FindAsync(
        long id, ClaimsPrincipal person, CollectionRuns runs, RunTable table, CancellationToken cancellationToken)
    {
        if (await table.FindAsync(id, Name(person), cancellationToken) is not { } run)
            return Missing();
        // Whoever is not its owner sees nothing of it while it runs, and what is here may be about to end.
        return TypedResults.Ok(!run.IsOver && runs.Find(id) is { } active ? active.Describe(run) : new RunDetail(run, [], []));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> CancelAsync(long id, ClaimsPrincipal person, CollectionRuns runs, CancellationToken cancellationToken) =>
        await runs.CancelAsync(id, Name(person), cancellationToken) ? TypedResults.NoContent() : Missing();

    private static ProblemHttpResult Missing() =>
        TypedResults.Problem("There is no such run, or it is not yours, or it has ended.", statusCode: StatusCodes.Status404NotFound);

    private static string Name(ClaimsPrincipal person) => person.FindFirstValue(ClaimTypes.NameIdentifier)!;
}
