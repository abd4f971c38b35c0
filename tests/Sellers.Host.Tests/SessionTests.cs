using System.Net;
using System.Net.Http.Json;
using System.Text;
using Collection.Contracts;
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
    [InlineData("ada\0", "ada")]
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
    public async Task Copy_of_a_cookie_is_worth_nothing_after_the_sign_out()
    {
        await using var host = new SellersHost();
        var visitor = await host.VisitAsync();
        using var signedIn = await visitor.SignInAsync("ada", "ada");
        var cookie = signedIn.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("sellers.session=", StringComparison.Ordinal)).Split(';')[0];
        using var thief = host.CreateClient();
        thief.DefaultRequestHeaders.Add("Cookie", cookie);
        (await thief.GetAsync(new Uri("/sync/sellers", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var response = await visitor.SendAsync(HttpMethod.Delete, "/session");

        (await thief.GetAsync(new Uri("/sync/sellers", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Sign_out_ends_this_session_and_no_other()
    {
        await using var host = new SellersHost();
        var (here, elsewhere) = (await host.SignInAsync("ada"), await host.SignInAsync("ada"));

        using var response = await here.SendAsync(HttpMethod.Delete, "/session");

        (await elsewhere.GetAsync("/sync/sellers")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await host.ReadAsync<long>("SELECT count(*) FROM sessions")).ShouldBe(1);
    }

    [Fact]
    public async Task Sign_in_again_replaces_the_session_and_takes_those_that_are_over_with_it()
    {
        await using var host = new SellersHost();
        var visitor = await host.SignInAsync("ada");
        await host.SignInAsync("grace");
        await host.ExecuteAsync("UPDATE sessions SET expires_at = 1 WHERE user_name = 'grace'");

        using var response = await visitor.SignInAsync("grace", "grace");

        (await host.ReadAsync<long>("SELECT count(*) FROM sessions")).ShouldBe(1);
        visitor.Session.User.ShouldBe("grace");
        (await visitor.GetAsync("/sync/sellers")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Session_that_is_used_goes_on_and_one_that_is_over_does_not()
    {
        await using var host = new SellersHost();
        var visitor = await host.SignInAsync();
        var soon = Microseconds.From(TimeProvider.System.GetUtcNow().AddDays(6));
        await host.ExecuteAsync($"UPDATE sessions SET expires_at = {soon}");

        using var renewed = await visitor.GetAsync("/sync/sellers");
        using var usual = await visitor.GetAsync("/sync/sellers");

        renewed.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem().ShouldStartWith("sellers.session=");
        usual.Headers.Contains("Set-Cookie").ShouldBeFalse();
        (await host.ReadAsync<long>("SELECT expires_at FROM sessions")).ShouldBeGreaterThan(soon + (7 * 24 * 3_600_000_000L));
        await host.ExecuteAsync("UPDATE sessions SET expires_at = 1");
        (await visitor.GetAsync("/sync/sellers")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Event_stream_ends_with_the_session_and_hears_nothing_after_it(bool signsOut)
    {
        var time = new ManualTimeProvider();
        await using var host = new SellersHost { Sellers = 1, Time = time };
        var visitor = await host.SignInAsync();
        using var stream = await HeardEvents.OpenAsync(visitor, "sellers");
        (await stream.NextAsync()).ShouldBe("ready");

        if (signsOut)
        {
            // At once: the clock stands still.
            (await visitor.SendAsync(HttpMethod.Delete, "/session")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }
        else
        {
            // As when another host ends it: this one finds out when it asks.
            await host.ExecuteAsync("DELETE FROM sessions");
            time.Advance(TimeSpan.FromSeconds(10));
        }

        (await stream.NextAsync()).ShouldBe("closed");
        await host.ExecuteAsync("UPDATE sellers SET flagged = NOT flagged");
        (await stream.NextAsync()).ShouldBeNull();
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
