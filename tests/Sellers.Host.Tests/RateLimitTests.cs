using System.Net;

namespace Collection.Sellers.Host.Tests;

public sealed class RateLimitTests
{
    [Fact]
    public async Task Who_pulls_too_often_hears_when_to_come_back_and_nobody_else_has_to_wait()
    {
        await using var host = new SellersHost { Settings = { ["Sync:PullBurst"] = "3", ["Sync:PullsPerSecond"] = "1" } };
        var (ada, grace) = (await host.SignInAsync("ada"), await host.SignInAsync("grace"));

        var answers = new List<HttpResponseMessage>();
        for (var i = 0; i < 20; i++)
            answers.Add(await ada.GetAsync("/sync/sellers"));

        answers[..3].ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.OK);
        var refused = answers.Find(answer => answer.StatusCode == HttpStatusCode.TooManyRequests).ShouldNotBeNull();
        refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 60);
        refused.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await refused.Content.ReadAsStringAsync()).ShouldContain("Try again in");
        (await grace.GetAsync("/sync/sellers")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ada.PostAsync("/sync/sellers/mutations", "{}")).StatusCode.ShouldNotBe(HttpStatusCode.TooManyRequests);
        (await ada.GetAsync("/session")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Who_pushes_too_often_has_to_wait_and_may_read_on()
    {
        await using var host = new SellersHost { Settings = { ["Sync:PushBurst"] = "2", ["Sync:PushesPerSecond"] = "1" } };
        var ada = await host.SignInAsync("ada");

        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 20; i++)
            statuses.Add((await ada.PostAsync("/sync/sellers/mutations", "{}")).StatusCode);

        statuses[..2].ShouldAllBe(status => status == HttpStatusCode.BadRequest);
        statuses.ShouldContain(HttpStatusCode.TooManyRequests);
        (await ada.GetAsync("/sync/sellers")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Limits_that_let_nothing_through_are_refused_at_start()
    {
        await using var host = new SellersHost { Settings = { ["Sync:PushBurst"] = "0" } };

        // The program ends instead of listening, which is all that this kind of test can see of it.
        Should.Throw<Exception>(() => host.CreateClient());
    }
}
