using Microsoft.AspNetCore.Components.WebAssembly.Hosting;
using Radzen;
using Sellers.Compare;

var builder = WebAssemblyHostBuilder.CreateDefault(args);
builder.RootComponents.Add<App>("#app");
// The host's addresses are those of the sellers' app, beside which this one lies.
builder.Services.AddScoped(_ => new HttpClient { BaseAddress = new Uri(new Uri(builder.HostEnvironment.BaseAddress), "/") });
builder.Services.AddRadzenComponents();

await builder.Build().RunAsync();
