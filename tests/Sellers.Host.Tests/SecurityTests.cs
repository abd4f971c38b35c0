using System.Net;
using System.Text;

namespace Collection.Sellers.Host.Tests;

public sealed class SecurityTests
{
    [Theory]
    [InlineData("POST", "/session")]
    [InlineData("DELETE", "/session")]
    [InlineData("PUT", "/sync/sellers")]
    [InlineData("POST", "/sync/sellers/mutations")]
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

    // A form and plain text are what a page of another site can send without asking first.
    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("text/plain")]
    public async Task Push_that_is_no_JSON_is_refused(string type)
    {
        await using var host = new SellersHost { Sellers = 1 };
        var visitor = await host.SignInAsync();
        var body = """{"clientId":"c","mutations":[{"id":1,"key":1,"fields":{"flagged":true}}]}""";

        using var response = await SendAsync(visitor, body, type, ("X-Antiforgery-Token", visitor.Session.AntiforgeryToken));

        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await host.ReadAsync<long>("SELECT count(*) FROM sync_edits")).ShouldBe(0);
    }

    [Theory]
    [InlineData("cross-site", HttpStatusCode.Forbidden)]
    [InlineData("same-site", HttpStatusCode.Forbidden)]
    [InlineData("same-origin", HttpStatusCode.OK)]
    public async Task Push_from_a_page_of_another_site_is_refused_even_with_the_token(string from, HttpStatusCode expected)
    {
        await using var host = new SellersHost { Sellers = 1 };
        var visitor = await host.SignInAsync();
        var body = """{"clientId":"c","mutations":[{"id":1,"key":1,"fields":{"flagged":true}}]}""";

        using var response = await SendAsync(visitor, body, "application/json", ("X-Antiforgery-Token", visitor.Session.AntiforgeryToken), ("Sec-Fetch-Site", from), ("Origin", "https://evil.example"));

        response.StatusCode.ShouldBe(expected);
        response.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    [Fact]
    public async Task Page_of_another_site_is_not_let_to_read()
    {
        await using var host = new SellersHost();
        var visitor = await host.SignInAsync();
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Options])
        {
            using var request = new HttpRequestMessage(method, "/sync/sellers");
            request.Headers.Add("Origin", "https://evil.example");
            request.Headers.Add("Access-Control-Request-Method", "GET");

            using var response = await visitor.Http.SendAsync(request);

            response.Headers.ShouldNotContain(header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(Visitor visitor, string body, string type, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sync/sellers/mutations") { Content = new StringContent(body, Encoding.UTF8) };
        request.Content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        return await visitor.Http.SendAsync(request);
    }
}
