using System.Net;
using System.Net.Http.Json;
using System.Text;
using Collection.Sync.Abstractions;
using Sellers.Contracts;

namespace Collection.Sellers.Host.Tests;

public sealed class SessionTests
{
    [Fact]
    public async Task Nobody_is_signed_in_at_first()
    {
        await using var host = new SellersHost();
        var visitor = await host.VisitAsync();

        visitor.Session.User.ShouldBeNull();
        visitor.Session.AntiforgeryToken.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("ada", "Ada Lovelace")]
    [InlineData("grace", "Grace Hopper")]
    public async Task Sign_in_with_the_right_password_opens_the_collection(string user, string displayName)
    {
        await using var host = new SellersHost { Sellers = 25 };
        var visitor = await host.VisitAsync();

        using var response = await visitor.SignInAsync(user, user);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        visitor.Session.ShouldBe(new Session(user, displayName, visitor.Session.AntiforgeryToken));
        var cookie = response.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("sellers.session=", StringComparison.Ordinal));
        cookie.ShouldContain("httponly", Case.Insensitive);
        cookie.ShouldContain("samesite=strict", Case.Insensitive);
        var page = Page.Read(await visitor.Http.GetByteArrayAsync(new Uri("/sync/sellers", UriKind.Relative)), Seller.Collection.Schema);
        var sellers = page.Rows.Decode(Seller.Collection.Codec);
        sellers.Length.ShouldBe(25);
        sellers.Select(s => s.Id).ShouldBe(sellers.Select(s => s.Id).OrderDescending());
    }

    [Theory]
    [InlineData("ada", "grace")]
    [InlineData("nobody", "nobody")]
    [InlineData("ADA", "ada")]
    [InlineData("' OR 1=1 --", "x")]
    public async Task Sign_in_with_a_wrong_name_or_password_is_refused_alike(string user, string password)
    {
        await using var host = new SellersHost();
        var visitor = await host.VisitAsync();

        using var response = await visitor.SignInAsync(user, password);

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await response.Content.ReadFromJsonAsync<Problem>())!.Detail.ShouldBe("The user or the password is wrong.");
        response.Headers.TryGetValues("Set-Cookie", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("{}", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("""{"user":null,"password":"x"}""", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("""{"user":"ada","user":"grace","password":"grace"}""", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("not json", "application/json", HttpStatusCode.BadRequest)]
    // A form never reaches the endpoint, which is the one that is open to all.
    [InlineData("user=ada&password=ada", "application/x-www-form-urlencoded", HttpStatusCode.Unauthorized)]
    public async Task Sign_in_with_anything_else_is_refused(string body, string type, HttpStatusCode expected)
    {
        await using var host = new SellersHost();
        var visitor = await host.VisitAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/session") { Content = new StringContent(body, Encoding.UTF8, type) };
        request.Headers.Add(Session.AntiforgeryHeader, visitor.Session.AntiforgeryToken);

        using var response = await visitor.Http.SendAsync(request);

        response.StatusCode.ShouldBe(expected);
    }

    [Fact]
    public async Task Sign_out_ends_the_session()
    {
        await using var host = new SellersHost();
        var visitor = await host.VisitAsync();
        using var signedIn = await visitor.SignInAsync("ada", "ada");

        using var response = await visitor.SendAsync(HttpMethod.Delete, "/session");

        response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await visitor.AskAsync();
        visitor.Session.User.ShouldBeNull();
        (await visitor.Http.GetAsync(new Uri("/sync/sellers", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Sign_in_too_often_has_to_wait()
    {
        await using var host = new SellersHost { SignInsPerMinute = 3 };
        var visitor = await host.VisitAsync();
        for (var i = 0; i < 3; i++)
            (await visitor.SignInAsync("ada", "wrong")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        using var response = await visitor.SignInAsync("ada", "ada");

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 60);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
    }
}
