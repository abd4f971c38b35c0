using System.Net;
using System.Net.Http.Json;
using System.Text;
using Collection.Contracts;
using Sellers.Contracts;

namespace Collection.Sellers.Host.Tests;

/// <summary>What is refused before an endpoint has a word in it: a problem all the same, which says what to do.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("POST", "/session", "not json", HttpStatusCode.BadRequest, "/openapi/v1.json")]
    [InlineData("PUT", "/session", "{}", HttpStatusCode.MethodNotAllowed, "Allow")]
    [InlineData("PUT", "/sync/sellers/mutations", "{}", HttpStatusCode.NotFound, "no such collection")]
    [InlineData("POST", "/sync/sellers/mutations", "{}", HttpStatusCode.BadRequest, "clientId")]
    [InlineData("GET", "/sync/sellers?maxBytes=x", null, HttpStatusCode.BadRequest, "whole number")]
    [InlineData("GET", "/sync/sellers?cursor=x", null, HttpStatusCode.Gone, "")]
    [InlineData("GET", "/openapi/v2.json", null, HttpStatusCode.NotFound, "")]
    public async Task Refused_request_is_answered_with_a_problem_that_says_what_to_do(string method, string path, string? body, HttpStatusCode status, string detail)
    {
        await using var host = new SellersHost();
        var visitor = await host.SignInAsync();

        using var response = await visitor.SendAsync(new HttpMethod(method), path, body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"));

        response.StatusCode.ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await DetailAsync(response)).ShouldContain(detail);
    }

    [Fact]
    public async Task Body_that_is_too_large_is_refused_by_the_real_server_and_that_of_a_push_may_be_larger()
    {
        await using var host = new SellersHost { Sellers = 1 };
        host.UseKestrel(0);
        host.StartServer();
        var visitor = await host.SignInAsync();

        using var session = await visitor.PostAsync("/session", $"{{\"user\":\"{new string('x', 70_000)}\"}}");
        using var push = await visitor.PostAsync("/sync/sellers/mutations", $"{{\"clientId\":\"c\",{new string(' ', 100_000)}\"mutations\":[{{\"id\":1,\"key\":1,\"fields\":{{}}}}]}}");
        using var tooMuch = await visitor.PostAsync("/sync/sellers/mutations", new string(' ', 1_100_000));

        session.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await DetailAsync(session)).ShouldContain("Send less");
        push.StatusCode.ShouldBe(HttpStatusCode.OK);
        tooMuch.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Database_that_is_away_is_a_503_and_serves_again_once_it_is_back()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var host = new SellersHost { Sellers = 3, Postgres = server.ConnectionString };
        var visitor = await host.SignInAsync();
        await server.StopAsync(immediate: true);

        using var data = await visitor.GetAsync("/sync/sellers");
        using var session = await visitor.GetAsync("/session");
        using var shell = await visitor.GetAsync("/health");

        foreach (var response in (HttpResponseMessage[])[data, session])
        {
            response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await DetailAsync(response)).ShouldContain("Try again");
        }

        shell.StatusCode.ShouldBe(HttpStatusCode.OK);
        await server.StartAgainAsync();
        (await visitor.GetAsync("/sync/sellers")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<string> DetailAsync(HttpResponseMessage response)
    {
        var problem = await response.Content.ReadFromJsonAsync<Problem>();
        problem!.Detail.ShouldNotBeNullOrEmpty();
        return problem.Detail;
    }
}
