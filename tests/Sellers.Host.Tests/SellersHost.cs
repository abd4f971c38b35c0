using System.Data.Common;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sellers.Contracts;

namespace Collection.Sellers.Host.Tests;

/// <summary>The host in this process, with a data folder of its own.</summary>
public sealed class SellersHost : WebApplicationFactory<Program>
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("sellers-");

    public int Sellers { get; init; }

    public int SignInsPerMinute { get; init; } = 1000;

    public DbDataSource Database => Services.GetRequiredService<DbDataSource>();

    /// <summary>A client with cookies that has asked who is signed in, and so has a token for writes.</summary>
    public async Task<Visitor> VisitAsync()
    {
        var visitor = new Visitor(CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false }));
        await visitor.AskAsync();
        return visitor;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("data", _data.FullName);
        builder.UseSetting("sellers", $"{Sellers}");
        builder.ConfigureAppConfiguration((_, configuration) => configuration.AddInMemoryCollection(
            [new KeyValuePair<string, string?>("SignIn:AttemptsPerMinute", $"{SignInsPerMinute}")]));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_data.Exists)
            _data.Delete(recursive: true);
    }
}

/// <summary>A browser, as far as the host can tell.</summary>
public sealed class Visitor(HttpClient http)
{
    public HttpClient Http { get; } = http;

    public Session Session { get; private set; } = new(null, null, "");

    public async Task AskAsync() => Session = (await Http.GetFromJsonAsync<Session>("/session"))!;

    public async Task<HttpResponseMessage> SignInAsync(string user, string password)
    {
        var response = await SendAsync(HttpMethod.Post, "/session", new SignInRequest(user, password));
        if (response.IsSuccessStatusCode)
            Session = (await response.Content.ReadFromJsonAsync<Session>())!;
        return response;
    }

    /// <summary>Sends a request with the token for writes.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add(global::Sellers.Contracts.Session.AntiforgeryHeader, Session.AntiforgeryToken);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        return await Http.SendAsync(request);
    }
}
