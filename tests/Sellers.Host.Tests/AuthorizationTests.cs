using System.Net;
using System.Net.Http.Json;
using Collection.Sync.AspNetCore;
using Sellers.Contracts;

namespace Collection.Sellers.Host.Tests;

/// <summary>
/// Who gets what answer, for every route: nobody; the person whose cursor and client id the request carries; another
/// person with these; and the person again, after the session was ended. A route without a row here fails.
/// </summary>
public sealed class AuthorizationTests
{
    private const HttpStatusCode Ok = HttpStatusCode.OK;
    private const HttpStatusCode SignIn = HttpStatusCode.Unauthorized;
    private const HttpStatusCode Missing = HttpStatusCode.NotFound;

    private static readonly string[] s_roles = ["nobody", "the owner", "another person", "the owner without a session"];

    private static readonly Row[] s_rows =
    [
        new("GET /health", [Ok, Ok, Ok, Ok]),
        new("GET /openapi/v1.json", [SignIn, Ok, Ok, SignIn]),
        new("GET /session", [Ok, Ok, Ok, Ok]),
        // The last one's token was ada's, who is nobody now: GET /session gives another.
        new("POST /session", [Ok, Ok, Ok, HttpStatusCode.BadRequest]) { Body = """{"user":"ada","password":"ada"}""" },
        new("DELETE /session", [SignIn, HttpStatusCode.NoContent, HttpStatusCode.NoContent, SignIn]),
        // The first run is ada's, the second grace's.
        new("POST /api/runs", [SignIn, HttpStatusCode.Created, HttpStatusCode.Created, SignIn]) { Body = """{"workers":1,"size":100}""" },
        new("GET /api/runs", [SignIn, Ok, Ok, SignIn]),
        new("GET /api/runs/{id}", [SignIn, Ok, Missing, SignIn]) { Path = "/api/runs/1" },
        new("POST /api/runs/{id}/cancel", [SignIn, HttpStatusCode.NoContent, Missing, SignIn]) { Path = "/api/runs/1/cancel" },
        new("POST /api/exports", [SignIn, HttpStatusCode.Created, HttpStatusCode.Created, SignIn]) { Body = """{"format":"Csv"}""" },
        new("GET /api/exports", [SignIn, Ok, Ok, SignIn]),
        new("GET /api/exports/{id}", [SignIn, Ok, Missing, SignIn]) { Path = "/api/exports/1" },
        // There is none of this number; ExportJobTests asks for one that there is.
        new("GET /api/exports/{id}/file", [SignIn, Missing, Missing, SignIn]) { Path = "/api/exports/3/file" },
        new("POST /api/exports/{id}/cancel", [SignIn, Missing, Missing, SignIn]) { Path = "/api/exports/3/cancel" },
        new("GET /sync/sellers", [SignIn, Ok, HttpStatusCode.Gone, SignIn]) { Path = "/sync/sellers?cursor={sellers}" },
        new("GET /sync/sellers/events", [SignIn, Ok, Ok, SignIn]),
        new("POST /sync/sellers/mutations", [SignIn, Ok, HttpStatusCode.Forbidden, SignIn])
        {
            Body = """{"clientId":"of-ada","mutations":[{"id":1,"key":1,"fields":{"flagged":true}}]}""",
        },
        new("GET /sync/edits", [SignIn, Ok, HttpStatusCode.Gone, SignIn]) { Path = "/sync/edits?cursor={edits}" },
        new("GET /sync/edits/events", [SignIn, Ok, Ok, SignIn]),
        .. ((string[])["GET", "POST", "PUT", "PATCH", "DELETE"]).Select(method =>
            new Row($"{method} /sync/{{**path}}", [SignIn, Missing, Missing, SignIn]) { Path = "/sync/unknown" }),
    ];

    [Fact]
    public async Task Every_route_answers_everybody_as_the_table_says()
    {
        await using var host = new SellersHost { Sellers = 3, Settings = new() { ["Runs:FindsPerSecond"] = "1" } };
        var owner = await host.SignInAsync("ada");
        (await owner.PushAsync("of-ada", 1, 1, "flagged", "true")).StatusCode.ShouldBe(Ok);
        var cursors = new Dictionary<string, string>
        {
            ["{sellers}"] = (await owner.PullAsync(Seller.Collection.Schema)).Header.Next.Value,
            ["{edits}"] = (await owner.PullAsync(EditLog.Schema)).Header.Next.Value,
        };

        foreach (var row in s_rows)
        {
            for (var role = 0; role < row.Expected.Length; role++)
            {
                var (method, path) = (new HttpMethod(row.Route.Split(' ')[0]), cursors.Aggregate(row.Path ?? row.Route.Split(' ')[1], (p, c) => p.Replace(c.Key, c.Value, StringComparison.Ordinal)));
                var visitor = await VisitAsync(host, role);
                using var response = await (row.Body is { } body ? visitor.PostAsync(path, body) : method == HttpMethod.Get ? OpenAsync(visitor, path) : visitor.SendAsync(method, path));

                var cell = $"{row.Route} by {s_roles[role]}";
                response.StatusCode.ShouldBe(row.Expected[role], cell);
                if ((int)response.StatusCode < 400)
                    continue;
                response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json", cell);
                (await response.Content.ReadFromJsonAsync<Problem>())!.Detail.ShouldNotBeNullOrEmpty(cell);
                response.Headers.Location.ShouldBeNull(cell);
            }
        }
    }

    [Fact]
    public async Task Table_has_a_row_for_every_route_and_for_no_other()
    {
        await using var host = new SellersHost();

        Routes.Of(host).ShouldBe(s_rows.Select(row => row.Route), ignoreOrder: true);
    }

    // The session of the last one is ended in the database, and the cookie stays.
    private static async Task<Visitor> VisitAsync(SellersHost host, int role)
    {
        if (role == 0)
            return await host.VisitAsync();
        var visitor = await host.SignInAsync(role == 2 ? "grace" : "ada");
        if (role == 3)
            await host.ExecuteAsync("DELETE FROM sessions");
        return visitor;
    }

    private static Task<HttpResponseMessage> OpenAsync(Visitor visitor, string path) =>
        visitor.Http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);

    /// <param name="Route">Method and pattern.</param>
    /// <param name="Expected">The answers to nobody, the owner, another person, and the owner without a session.</param>
    private sealed record Row(string Route, HttpStatusCode[] Expected)
    {
        /// <summary>What is asked for, where it is not the pattern itself.</summary>
        public string? Path { get; init; }

        public string? Body { get; init; }
    }
}
