#if DEVTOOLS
using Collection.Devtools.Blazor;
#endif
using Collection.Query.Blazor;
using Microsoft.AspNetCore.Components.WebAssembly.Hosting;
using Sellers.Client;
using Sellers.Client.Session;
using Sellers.Client.Shell;

var builder = WebAssemblyHostBuilder.CreateDefault(args);
builder.RootComponents.Add<App>("#app");
#if DEVTOOLS
var network = new SimulatedNetwork { InnerHandler = new AntiforgeryHandler() };
builder.Services.AddSingleton(network);
#else
var network = new AntiforgeryHandler();
#endif
builder.Services.AddScoped(_ => new HttpClient(network) { BaseAddress = new Uri(builder.HostEnvironment.BaseAddress) });
builder.Services.AddQueryCaching();
builder.Services.AddScoped<Browser>();
builder.Services.AddScoped<SessionClient>();

await builder.Build().RunAsync();
