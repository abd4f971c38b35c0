using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Identity;
using Sellers.Contracts;
using Sellers.Host;
using Sellers.Host.Import;
using Sellers.Host.Security;
using Sellers.Host.Session;

if (args is ["--help"] or ["-h"])
{
    Console.WriteLine(HostSettings.Usage);
    return 0;
}

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
});
builder.Services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = false);
builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.AllowDuplicateProperties = false);
builder.Services.AddProblemDetails();
builder.Services.AddSingleton<IPasswordHasher<User>, PasswordHasher<User>>();
builder.Services.AddSingleton<Users>();
builder.Services.AddSessionSecurity();
builder.Services.AddSignInLimit(builder.Configuration);
builder.Services.AddDataProtection().SetApplicationName("Sellers").PersistKeysToFileSystem(settings.KeyFolder);
builder.Services.AddCollectionSync(sync => sync.UseSqlite(settings.ConnectionString));

var app = builder.Build();
app.UseSecurityHeaders();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.UseRouting();
app.UseRateLimiter();
app.UseAuthentication();
app.UseAuthorization();
app.UseAntiforgeryOnWrites();

app.MapGet("/health", () => "OK").AllowAnonymous();
app.MapSession();
app.MapCollectionSync(Seller.Collection.Schema).FromTable("sellers");

// The app's own shell holds no data. What is neither a file nor data is one of its pages; what would be data is missing.
app.MapStaticAssets().AllowAnonymous();
app.Map("/sync/{**path}", () => TypedResults.Problem("There is no such collection.", statusCode: StatusCodes.Status404NotFound));
app.MapFallbackToFile("index.html").AllowAnonymous();

try
{
    await FirstRun.PrepareAsync(app.Services, settings, app.Lifetime.ApplicationStopping);
    await app.StartAsync();
}
catch (ImportException e)
{
    return Fail($"Nothing was imported. {e.Message}");
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
