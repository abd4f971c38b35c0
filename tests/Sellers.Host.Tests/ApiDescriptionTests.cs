using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Collection.Sellers.Host.Tests;

public sealed partial class ApiDescriptionTests
{
    [Fact]
    public async Task Document_lists_every_endpoint_of_the_api_and_nothing_else()
    {
        await using var host = new SellersHost();
        using var document = await ReadAsync(host);

        var described = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"));

        described.ShouldBe(Routes.Of(host).Where(route => route != "GET /openapi/v1.json" && !route.EndsWith("{**path}", StringComparison.Ordinal)), ignoreOrder: true);
    }

    [Fact]
    public async Task Every_operation_has_a_summary_and_says_what_it_refuses()
    {
        await using var host = new SellersHost();
        using var document = await ReadAsync(host);

        foreach (var path in document.RootElement.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var name = $"{operation.Name} {path.Name}";
                operation.Value.GetProperty("summary").GetString().ShouldNotBeNullOrEmpty(name);
                var responses = operation.Value.GetProperty("responses");
                var isOpen = name is "get /health" or "get /session" or "post /session";
                operation.Value.TryGetProperty("security", out _).ShouldBe(!isOpen, name);
                if (!isOpen)
                    responses.TryGetProperty("401", out _).ShouldBeTrue(name);
                if (path.Name.StartsWith("/sync/", StringComparison.Ordinal) || name == "post /session")
                    responses.TryGetProperty("429", out _).ShouldBeTrue(name);
                if (operation.Name != "get")
                    operation.Value.GetProperty("parameters").EnumerateArray().ShouldContain(p => p.GetProperty("name").GetString() == "X-Antiforgery-Token", name);
                foreach (var response in responses.EnumerateObject().Where(r => ErrorRule().IsMatch(r.Name)))
                    response.Value.GetProperty("content").TryGetProperty("application/problem+json", out _).ShouldBeTrue($"{name} {response.Name}");
            }
        }
    }

    [Fact]
    public async Task Document_says_how_to_sign_in()
    {
        await using var host = new SellersHost();
        using var document = await ReadAsync(host);

        document.RootElement.GetProperty("info").GetProperty("title").GetString().ShouldBe("Sellers");
        document.RootElement.GetProperty("info").GetProperty("version").GetString().ShouldBe("1");
        var scheme = document.RootElement.GetProperty("components").GetProperty("securitySchemes").EnumerateObject().ShouldHaveSingleItem();
        scheme.Value.GetProperty("in").GetString().ShouldBe("cookie");
        scheme.Value.GetProperty("name").GetString().ShouldBe("sellers.session");
        var security = document.RootElement.GetProperty("paths").GetProperty("/sync/sellers").GetProperty("get").GetProperty("security");
        security[0].EnumerateObject().ShouldHaveSingleItem().Name.ShouldBe(scheme.Name);
    }

    private static async Task<JsonDocument> ReadAsync(SellersHost host)
    {
        var visitor = await host.SignInAsync();
        return JsonDocument.Parse(await visitor.Http.GetStreamAsync(new Uri("/openapi/v1.json", UriKind.Relative)));
    }

    [GeneratedRegex("^[45]..$")]
    private static partial Regex ErrorRule();
}

/// <summary>What the host has mapped, but for the app's own files.</summary>
internal static class Routes
{
    private static readonly string[] s_methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    /// <summary>Each as method and pattern; one that takes any method stands there once a method.</summary>
    public static IEnumerable<string> Of(SellersHost host) =>
        host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Where(endpoint => !IsShell(endpoint))
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? s_methods)
                .Select(method => $"{method} /{endpoint.RoutePattern.RawText!.Trim('/')}"));

    // The files of the app, and the page that every address of the app answers with. They hold no data.
    private static bool IsShell(RouteEndpoint endpoint) =>
        endpoint.DisplayName?.StartsWith("Fallback", StringComparison.Ordinal) == true
        || endpoint.Metadata.Any(m => m.GetType().Name == "StaticAssetDescriptor");
}
