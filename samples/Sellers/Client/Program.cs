using Microsoft.AspNetCore.Components.WebAssembly.Hosting;
using Sellers.Client;
using Sellers.Client.Session;
using Sellers.Client.Shell;

var builder = WebAssemblyHostBuilder.CreateDefault(args);
builder.RootComponents.Add<App>("#app");
builder.Services.AddScoped(_ => new HttpClient(new AntiforgeryHandler()) { BaseAddress = new Uri(builder.HostEnvironment.BaseAddress) });
builder.Services.AddScoped<Browser>();
builder.Services.AddScoped<SessionClient>();

await builder.Build().RunAsync();
