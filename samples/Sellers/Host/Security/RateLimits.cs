using System.Globalization;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace Sellers.Host.Security;

/// <summary>
/// How often one person may ask, the section <c>Sync</c> of the settings. A first sync asks for one page after the other,
/// each some thousand rows, and takes longer over a page than a fiftieth of a second: it never has to wait.
/// </summary>
internal sealed class SyncLimits
{
    /// <summary>Pulls, and openings of streams, that may come all at once.</summary>
    public int PullBurst { get; set; } = 200;

    /// <summary>Pulls a second in the long run.</summary>
    public int PullsPerSecond { get; set; } = 50;

    /// <summary>Pushes that may come all at once: what was edited offline goes out in batches of its own.</summary>
    public int PushBurst { get; set; } = 100;

    /// <summary>Pushes a second in the long run.</summary>
    public int PushesPerSecond { get; set; } = 20;

    public bool IsValid => PullBurst > 0 && PullsPerSecond > 0 && PushBurst > 0 && PushesPerSecond > 0;
}

/// <summary>
/// Keeps one person from taking the host from the others, and an address from trying passwords faster than a person
/// would. Kept by each host for itself. Whoever is over a limit hears when to come back.
/// </summary>
internal static class RateLimits
{
    public const string SignInPolicy = "sign-in";
    public const string SyncPolicy = "sync";

    private static readonly TimeSpan s_signInWindow = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_replenishment = TimeSpan.FromSeconds(1);

    /// <summary>Adds the limits; <c>SignIn:AttemptsPerMinute</c> says how many attempts an address has, <see cref="SyncLimits"/> the others.</summary>
    public static IServiceCollection AddRateLimits(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<SyncLimits>().BindConfiguration("Sync")
            .Validate(limits => limits.IsValid, "PullBurst, PullsPerSecond, PushBurst and PushesPerSecond in the section Sync of the settings have to be 1 at least.")
            .ValidateOnStart();
        return services.AddRateLimiter(limiter =>
        {
            limiter.AddPolicy(SignInPolicy, context => RateLimitPartition.GetFixedWindowLimiter(
                context.Connection.RemoteIpAddress,
                _ => new FixedWindowRateLimiterOptions { PermitLimit = configuration.GetValue("SignIn:AttemptsPerMinute", 20), Window = s_signInWindow, QueueLimit = 0 }));
            limiter.AddPolicy(SyncPolicy, LimitSync);
            limiter.OnRejected = RejectAsync;
        });
    }

    // A person who edits much goes on reading, and the other way round.
    private static RateLimitPartition<SyncPartition> LimitSync(HttpContext context)
    {
        var limits = context.RequestServices.GetRequiredService<IOptions<SyncLimits>>().Value;
        return RateLimitPartition.GetTokenBucketLimiter(
            new SyncPartition(context.User.FindFirstValue(ClaimTypes.NameIdentifier), !HttpMethods.IsGet(context.Request.Method)),
            partition => new TokenBucketRateLimiterOptions
            {
                TokenLimit = partition.IsPush ? limits.PushBurst : limits.PullBurst,
                TokensPerPeriod = partition.IsPush ? limits.PushesPerSecond : limits.PullsPerSecond,
                ReplenishmentPeriod = s_replenishment,
                QueueLimit = 0,
            });
    }

    private static async ValueTask RejectAsync(OnRejectedContext rejected, CancellationToken cancellationToken)
    {
        var isSignIn = rejected.HttpContext.GetEndpoint()?.Metadata.GetMetadata<EnableRateLimitingAttribute>()?.PolicyName == SignInPolicy;
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var asked) ? asked : isSignIn ? s_signInWindow : s_replenishment;
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
        rejected.HttpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        await TypedResults.Problem(
            $"Too many {(isSignIn ? "attempts to sign in" : "requests")}. Try again in {seconds} {(seconds == 1 ? "second" : "seconds")}.",
            statusCode: StatusCodes.Status429TooManyRequests).ExecuteAsync(rejected.HttpContext);
    }

    private readonly record struct SyncPartition(string? User, bool IsPush);
}
