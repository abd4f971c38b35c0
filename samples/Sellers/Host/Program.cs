using System.Data.Common;
using Collection.Sync.AspNetCore;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Sellers.Contracts;
using Sellers.Host;
using Sellers.Host.Api;
using Sellers.Host.Exports;
using Sellers.Host.Import;
using Sellers.Host.Runs;
using Sellers.Host.Security;
using Sellers.Host.Session;

if (args is ["--help"] or ["-h"])
{
    Console.WriteLine(HostSettings.Usage);
    return 0;
}

args = HostSettings.Complete(args);
var builder = WebApplication.CreateBuilder(args);
if (!HostSettings.TryRead(args, builder.Configuration, out var settings, out var problem))
    return Fail(problem);

// Also outside of the Development environment: tests start the host from its build output.
builder.WebHost.UseStaticWebAssets();
if (builder.Configuration["urls"] is null)
    builder.WebHost.UseUrls("http://127.0.0.1:5080");

// Everything that clients send is small; what is not will say so at its endpoint.
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Limits.MaxRequestBodySize = 64 * 1024;
    kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
    kestrel.Limits.MaxRequestHeaderCount = 64;
    kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
});
// It logs the query of every request, which may hold what people search for.
builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);
builder.Services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = false);
builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.AllowDuplicateProperties = false);
builder.Services.AddRefusalDetail();
builder.Services.AddSingleton<IPasswordHasher<User>, PasswordHasher<User>>();
builder.Services.AddSingleton<Users>();
builder.Services.AddSessionSecurity();
builder.Services.AddRateLimits(builder.Configuration);
builder.Services.AddApiDescription();
builder.Services.AddRuns();
builder.Services.AddExports(settings.ExportFolder);
builder.Services.AddDataProtection().SetApplicationName("Sellers").PersistKeysToFileSystem(settings.KeyFolder);
builder.Services.AddCollectionSync(sync =>
{
    settings.UseDatabase(sync);
    sync.IsSessionValid = async (context, cancellationToken) =>
        await context.RequestServices.GetRequiredService<Sessions>().FindRemainingAsync(context.User, cancellationToken) is not null;
});
// Behind collection sync, which starts first.
if (settings.IsRestored)
    builder.Services.AddHostedService<RestoredDatabase>();

var app = builder.Build();
app.UseSecurityHeaders();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.UseGridComparison();
app.UseRouting();
app.UseAuthentication();
app.UseAuthorization();
app.UseRateLimiter();
app.UseAntiforgeryOnWrites();

app.MapGet("/health", () => "OK").AllowEverybody().WithTags("Health").WithSummary("Answers while the host runs");
app.MapApiDescription();
app.MapSession();
app.MapRuns();
app.MapExports();

var sync = app.MapGroup("").RequireRateLimiting(RateLimits.SyncPolicy);
sync.MapCollectionSync(Seller.Collection.Schema).FromTable("sellers").AllowEdits("flagged").StampEdits("updated_at");
// Who edited what is for all to see: people work on one list.
sync.MapCollectionSync(EditLog.Schema).FromTable(EditLog.Table);

// The app's own shell holds no data. What is neither a file nor data is one of its pages; what would be data is missing.
app.MapStaticAssets().AllowEverybody();
sync.Map("/sync/{**path}", () => TypedResults.Problem("There is no such collection.", statusCode: StatusCodes.Status404NotFound));
app.MapFallbackToFile("index.html").AllowEverybody();

try
{
    await FirstRun.PrepareAsync(app.Services, settings, app.Lifetime.ApplicationStopping);
    await app.StartAsync();
}
catch (ImportException e)
{
    return Fail($"Nothing was imported. {e.Message}");
}
catch (DbException e)
{
    return Fail($"The database is not ready for the sellers: {e.Message.TrimEnd('.')}. Check --database, and that its server runs.");
}
catch (OptionsValidationException e)
{
    return Fail(e.Message);
}
catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
{
    return Fail($"{e.Message} Stop the program that listens there, or choose another address with --urls.");
}

foreach (var address in app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
    Console.WriteLine($"Sellers: {address}");
await app.WaitForShutdownAsync();
return 0;

static int Fail(string problem)
{
    Console.Error.WriteLine(problem);
    return 2;
}
