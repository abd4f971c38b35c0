using System.Net;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Collection.Sellers.Host.Tests;

public sealed class SecurityTests
{
    /// <summary>What may be called without a session. An endpoint that is not in here needs one.</summary>
    private static readonly string[] s_open = ["GET /health", "GET /session", "POST /session"];

    [Fact]
    public async Task Every_endpoint_that_is_not_allowed_for_all_answers_401_to_nobody()
    {
        await using var host = new SellersHost();
        using var client = host.CreateClient();
        var closed = new List<string>();
        foreach (var endpoint in host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Where(e => !IsShell(e)))
        {
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST", "PUT", "PATCH", "DELETE"])
            {
                var route = $"{method} /{endpoint.RoutePattern.RawText!.Trim('/')}";
                using var request = new HttpRequestMessage(new HttpMethod(method), route.Split(' ')[1].Replace("{**path}", "1", StringComparison.Ordinal));
                using var response = await client.SendAsync(request);
                if (s_open.Contains(route))
                    continue;
                closed.Add(route);
                response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, route);
                response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json", route);
                response.Headers.Location.ShouldBeNull(route);
            }
        }

        closed.ShouldContain("GET /sync/sellers");
        closed.ShouldContain("DELETE /session");
    }

    [Theory]
    [InlineData("POST", "/session")]
    [InlineData("DELETE", "/session")]
    [InlineData("PUT", "/sync/sellers")]
    public async Task Write_without_a_token_is_refused(string method, string path)
    {
        await using var host = new SellersHost();
        var visitor = await host.VisitAsync();
        using var signedIn = await visitor.SignInAsync("ada", "ada");
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new StringContent("{}", Encoding.UTF8, "application/json") };

        using var response = await visitor.Http.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync()).ShouldContain("anti-forgery token");
    }

    [Fact]
    public async Task Token_of_another_visitor_is_refused()
    {
        await using var host = new SellersHost();
        var other = await host.VisitAsync();
        var visitor = await host.VisitAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/session") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        request.Headers.Add(global::Sellers.Contracts.Session.AntiforgeryHeader, other.Session.AntiforgeryToken);

        using var response = await visitor.Http.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/health")]
    [InlineData("/session")]
    [InlineData("/sync/sellers")]
    [InlineData("/sync/unknown")]
    [InlineData("/no/such/file.js")]
    public async Task Every_answer_carries_the_security_headers(string path)
    {
        await using var host = new SellersHost();
        using var client = host.CreateClient();
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative));

        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldContain("script-src 'self' 'wasm-unsafe-eval';");
        policy.ShouldContain("object-src 'none'");
        policy.ShouldContain("frame-ancestors 'none'");
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        response.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
    }

    [Fact]
    public async Task Collection_that_does_not_exist_is_a_404_and_not_a_page_of_the_app()
    {
        await using var host = new SellersHost();
        var visitor = await host.VisitAsync();
        using var signedIn = await visitor.SignInAsync("ada", "ada");
        using var response = await visitor.Http.GetAsync(new Uri("/sync/unknown", UriKind.Relative));

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
    }

    // The files of the app, and the page that every address of the app answers with. They hold no data.
    private static bool IsShell(RouteEndpoint endpoint) =>
        endpoint.DisplayName?.StartsWith("Fallback", StringComparison.Ordinal) == true
        || endpoint.Metadata.Any(m => m.GetType().Name == "StaticAssetDescriptor");
}
