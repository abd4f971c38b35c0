using System.Net;
using System.Text.Json;
using Collection.Contracts;
using Collection.Sync.Abstractions;
using Collection.Sync.AspNetCore;
using Sellers.Contracts;

namespace Collection.Sellers.Host.Tests;

/// <summary>The host over PostgreSQL, alone and with another one beside it.</summary>
public sealed class PostgresHostTests
{
    [Fact]
    public async Task Sellers_are_pulled_flagged_and_streamed()
    {
        await using var host = await SellersHost.OnPostgresAsync(sellers: 300);
        var (ada, grace) = (await host.SignInAsync("ada"), await host.SignInAsync("grace"));
        var (sellers, cursor) = await PullAllAsync(ada);
        sellers.Count.ShouldBe(300);
        var seller = sellers.Values.First(s => !s.Flagged);
        using var stream = await HeardEvents.OpenAsync(grace, "sellers");
        (await stream.NextAsync()).ShouldBe("ready");

        using var pushed = await ada.PushAsync("of-ada", 1, seller.Id, "flagged", "true");

        pushed.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await stream.NextAsync()).ShouldBe("page");
        var heard = Page.Read(Convert.FromBase64String(stream.Data), Seller.Collection.Schema).Rows.Decode(Seller.Collection.Codec).ShouldHaveSingleItem();
        heard.Flagged.ShouldBeTrue();
        heard.UpdatedAt.ShouldBeGreaterThan(seller.UpdatedAt);
        heard.ShouldBe(seller with { Flagged = true, UpdatedAt = heard.UpdatedAt });
        (await PullAllAsync(ada, cursor)).Sellers.Values.ShouldHaveSingleItem().ShouldBe(heard);
        (await grace.PullAsync(EditLog.Schema)).Header.UpsertCount.ShouldBe(1);
        await using var again = new SellersHost { Sellers = 300, Postgres = host.Postgres };
        (await PullAllAsync(await again.SignInAsync())).Sellers.Count.ShouldBe(300);
    }

    [Fact]
    public async Task Two_hosts_that_start_at_once_on_an_empty_database_both_come_up_and_share_all()
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var first = new SellersHost { Sellers = 200, Postgres = database };
        await using var second = new SellersHost { Sellers = 200, Postgres = database, Keys = first.KeyFolder };

        await Task.WhenAll(Task.Run(() => first.CreateClient()), Task.Run(() => second.CreateClient()));

        (await first.ReadAsync<long>("SELECT count(*) FROM sellers")).ShouldBe(200);
        var cookie = await CookieAsync(first);
        using var elsewhere = second.CreateClient();
        elsewhere.DefaultRequestHeaders.Add("Cookie", cookie);
        (await elsewhere.GetAsync(new Uri("/sync/sellers", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
        await first.ExecuteAsync("DELETE FROM sessions");
        (await elsewhere.GetAsync(new Uri("/sync/sellers", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Restored_database_makes_every_client_refill_once(bool onPostgres)
    {
        await using var host = onPostgres ? await SellersHost.OnPostgresAsync(sellers: 5) : new SellersHost { Sellers = 5 };
        var visitor = await host.SignInAsync();
        var before = await visitor.PullAsync(Seller.Collection.Schema);
        await using var same = host.Again(isRestored: false);
        var unaffected = await (await same.SignInAsync()).GetAsync($"/sync/sellers?cursor={before.Header.Next.Value}");
        await using var restored = host.Again(isRestored: true);

        var refused = await (await restored.SignInAsync()).GetAsync($"/sync/sellers?cursor={before.Header.Next.Value}");

        unaffected.StatusCode.ShouldBe(HttpStatusCode.OK);
        refused.StatusCode.ShouldBe(HttpStatusCode.Gone);
        using var problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync());
        problem.RootElement.GetProperty("reason").GetString().ShouldBe("epoch");
    }

    [Theory]
    [InlineData("ada\0", "ada")]
    [InlineData("' OR 1=1 --", "x")]
    [InlineData("ADA", "ada")]
    public async Task Wrong_name_is_refused_whatever_is_in_it(string user, string password)
    {
        await using var host = await SellersHost.OnPostgresAsync();
        var visitor = await host.VisitAsync();

        using var response = await visitor.SignInAsync(user, password);

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static async Task<string> CookieAsync(SellersHost host)
    {
        var visitor = await host.VisitAsync();
        using var response = await visitor.SignInAsync("ada", "ada");
        return response.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("sellers.session=", StringComparison.Ordinal)).Split(';')[0];
    }

    private static async Task<(Dictionary<long, Seller> Sellers, SyncCursor Cursor)> PullAllAsync(Visitor visitor, SyncCursor? after = null)
    {
        var sellers = new Dictionary<long, Seller>();
        while (true)
        {
            var page = await visitor.PullAsync(Seller.Collection.Schema, after);
            foreach (var seller in page.Rows.Decode(Seller.Collection.Codec))
                sellers[seller.Id] = seller;
            after = page.Header.Next;
            if (!page.Header.More)
                return (sellers, page.Header.Next);
        }
    }
}
