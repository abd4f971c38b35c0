using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Collection.Contracts;
using Collection.Sync.Abstractions;
using Sellers.Contracts;

namespace Collection.Sellers.Host.Tests;

/// <summary>Collection runs over HTTP.</summary>
public sealed class RunTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Workers_side_by_side_count_every_find_once(bool onPostgres)
    {
        await using var host = await HostAsync(onPostgres, findsPerSecond: 0);
        var ada = await host.SignInAsync();
        var (sellers, seen) = (await host.ReadAsync<long>("SELECT count(*) FROM sellers"), await SeenAsync(host));

        var run = (await EndAsync(ada, await StartAsync(ada, workers: 8, size: 2000))).Run;

        (run.State, run.Found, run.Reason, run.IsOwn, run.Owner).ShouldBe((RunState.Completed, 2000, null, true, "Ada Lovelace"));
        run.New.ShouldBeInRange(500, 1500);
        (await host.ReadAsync<long>("SELECT count(*) FROM sellers")).ShouldBe(sellers + run.New);
        (await SeenAsync(host)).ShouldBe(seen + run.Found);
        (await host.ReadAsync<long>($"SELECT count(*) FROM sellers WHERE last_seen_run_id = {run.Id}")).ShouldBeInRange(run.New + 100, run.Found - 100);
        (await host.ReadAsync<long>("SELECT count(*) FROM sync_batches")).ShouldBe(0);
    }

    [Fact]
    public async Task A_run_under_way_is_its_owners_alone_and_one_that_has_ended_is_everybodys()
    {
        await using var host = await HostAsync(onPostgres: false, findsPerSecond: 50);
        var (ada, grace) = (await host.SignInAsync("ada"), await host.SignInAsync("grace"));

        var id = await StartAsync(ada, workers: 2, size: 5000);

        (await grace.GetAsync($"/api/runs/{id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await ListAsync(grace)).Runs.ShouldBeEmpty();
        (await grace.SendAsync(HttpMethod.Post, $"/api/runs/{id}/cancel")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var detail = await UntilAsync(ada, id, d => d.Run.Found > 0);
        detail.Run.State.ShouldBe(RunState.Running);
        detail.Workers.Select(worker => worker.Number).ShouldBe([1, 2]);
        detail.Log.Select(line => line.Number).ShouldBe(Enumerable.Range(1, detail.Log.Count).Reverse().Select(n => (long)n));
        (await ListAsync(ada)).Runs.ShouldHaveSingleItem().Id.ShouldBe(id);

        (await ada.SendAsync(HttpMethod.Post, $"/api/runs/{id}/cancel")).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        var ended = (await EndAsync(ada, id)).Run;
        (ended.State, ended.Reason).ShouldBe((RunState.Cancelled, null));
        ended.Found.ShouldBeInRange(1, 4999);
        (await SeenAsync(host, id)).ShouldBeGreaterThan(0);
        (await ListAsync(grace)).Runs.ShouldHaveSingleItem().ShouldBe(ended with { IsOwn = false });
        (await ada.SendAsync(HttpMethod.Post, $"/api/runs/{id}/cancel")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Runs_have_bounds_for_one_person_and_in_all()
    {
        await using var host = await HostAsync(onPostgres: false, findsPerSecond: 1, inAll: 3);
        var (ada, grace) = (await host.SignInAsync("ada"), await host.SignInAsync("grace"));
        var first = await StartAsync(ada);
        await StartAsync(ada);

        await ShouldBeRefusedAsync(ada);
        await StartAsync(grace);
        await ShouldBeRefusedAsync(grace);
        await ada.SendAsync(HttpMethod.Post, $"/api/runs/{first}/cancel");
        await EndAsync(ada, first);
        await StartAsync(grace);
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(9, 100)]
    [InlineData(1, 99)]
    [InlineData(1, 20_001)]
    public async Task A_run_of_a_size_that_is_none_is_refused(int workers, int size)
    {
        await using var host = await HostAsync(onPostgres: false, findsPerSecond: 0);
        var ada = await host.SignInAsync();

        using var response = await ada.SendAsync(HttpMethod.Post, "/api/runs", new StartRunRequest(workers, size));

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadFromJsonAsync<Problem>())!.Detail.ShouldBe("A run has 1 to 8 workers and finds 100 to 20000 sellers.");
        (await host.ReadAsync<long>("SELECT count(*) FROM runs")).ShouldBe(0);
    }

    [Fact]
    public async Task A_host_that_is_stopped_fails_its_runs_and_keeps_what_they_have_found()
    {
        var host = await HostAsync(onPostgres: true, findsPerSecond: 100);
        var ada = await host.SignInAsync();
        var id = await StartAsync(ada, workers: 4, size: 20_000);
        await UntilAsync(ada, id, detail => detail.Run.Found > 0);
        await host.DisposeAsync();

        await using var again = new SellersHost { Postgres = host.Postgres };
        var run = (await EndAsync(await again.SignInAsync(), id)).Run;

        run.State.ShouldBe(RunState.Failed);
        run.Reason.ShouldNotBeNull().ShouldContain("The server was stopped");
        (await again.ReadAsync<long>($"SELECT count(*) FROM sellers WHERE last_seen_run_id = {id}")).ShouldBeInRange(1, run.Found);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Runs_of_a_host_that_is_gone_fail(bool onPostgres)
    {
        await using var host = await HostAsync(onPostgres, findsPerSecond: 0);
        var ada = await host.SignInAsync();
        var (gone, there) = (Microseconds.From(DateTimeOffset.UtcNow.AddSeconds(-31)), Microseconds.From(DateTimeOffset.UtcNow));
        await host.ExecuteAsync(
            $"""
            INSERT INTO runs (owner, state, workers, size, found, inserted, is_cancelling, started_at, seen_at)
            VALUES ('ada', 'Running', 1, 100, 25, 20, FALSE, {gone}, {gone}), ('ada', 'Running', 1, 100, 25, 20, FALSE, {there}, {there})
            """);

        var lost = (await EndAsync(ada, 1)).Run;

        (lost.State, lost.Found, lost.New).ShouldBe((RunState.Failed, 25, 20));
        lost.Reason.ShouldNotBeNull().ShouldContain("The server was stopped");
        (await FindAsync(ada, 2)).Run.State.ShouldBe(RunState.Running);
    }

    [Fact]
    public async Task Another_host_tells_how_a_run_is_and_ends_it()
    {
        await using var first = await HostAsync(onPostgres: true, findsPerSecond: 100);
        await using var second = new SellersHost { Postgres = first.Postgres, Keys = first.KeyFolder };
        var (here, there) = (await first.SignInAsync(), await second.SignInAsync());
        var id = await StartAsync(here, workers: 4, size: 20_000);

        var detail = await UntilAsync(there, id, d => d.Run.Found > 0);
        (detail.Run.State, detail.Workers.Count).ShouldBe((RunState.Running, 0));
        (await there.SendAsync(HttpMethod.Post, $"/api/runs/{id}/cancel")).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await EndAsync(there, id)).Run.State.ShouldBe(RunState.Cancelled);
        (await EndAsync(here, id)).Run.State.ShouldBe(RunState.Cancelled);
    }

    [Fact]
    public async Task History_comes_in_pages()
    {
        await using var host = await HostAsync(onPostgres: false, findsPerSecond: 0);
        var ada = await host.SignInAsync();
        await host.ExecuteAsync(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
            INSERT INTO runs (owner, state, workers, size, found, inserted, is_cancelling, started_at, ended_at, seen_at)
            SELECT 'grace', 'Completed', 1, 100, 100, 50, FALSE, i, i + 1, i + 1 FROM n
            """);
        List<long> ids = [];
        for (long? before = null; ;)
        {
            var page = await ListAsync(ada, before is null ? "" : $"?before={before}");
            ids.AddRange(page.Runs.Select(run => run.Id));
            if ((before = page.Next) is null)
                break;
        }

        ids.ShouldBe(Enumerable.Range(1, 120).Reverse().Select(id => (long)id));
    }

    private static async Task<SellersHost> HostAsync(bool onPostgres, int findsPerSecond, int inAll = 8) => new()
    {
        Sellers = 500,
        Postgres = onPostgres ? await (await PostgresServer.SharedAsync()).CreateDatabaseAsync() : null,
        Settings = new() { ["Runs:FindsPerSecond"] = $"{findsPerSecond}", ["Runs:MaxInAll"] = $"{inAll}" },
    };

    private static Task<long> SeenAsync(SellersHost host, long? run = null) =>
        host.ReadAsync<long>($"SELECT CAST(sum(times_seen) AS bigint) FROM sellers{(run is null ? "" : $" WHERE last_seen_run_id = {run}")}");

    private static async Task<long> StartAsync(Visitor visitor, int workers = 1, int size = 100)
    {
        using var response = await visitor.SendAsync(HttpMethod.Post, "/api/runs", new StartRunRequest(workers, size));
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        var run = (await response.Content.ReadFromJsonAsync(RunJson.Default.CollectionRun))!;
        response.Headers.Location!.ToString().ShouldBe($"/api/runs/{run.Id}");
        (run.Workers, run.Size, run.IsOwn).ShouldBe((workers, size, true));
        return run.Id;
    }

    private static async Task ShouldBeRefusedAsync(Visitor visitor)
    {
        using var response = await visitor.SendAsync(HttpMethod.Post, "/api/runs", new StartRunRequest(1, 100));
        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        problem.RootElement.GetProperty("reason").GetString().ShouldBe("runs");
    }

    private static async Task<RunList> ListAsync(Visitor visitor, string query = "") =>
        (await visitor.Http.GetFromJsonAsync(new Uri($"/api/runs{query}", UriKind.Relative), RunJson.Default.RunList))!;

    private static async Task<RunDetail> FindAsync(Visitor visitor, long id) =>
        (await visitor.Http.GetFromJsonAsync(new Uri($"/api/runs/{id}", UriKind.Relative), RunJson.Default.RunDetail))!;

    private static Task<RunDetail> EndAsync(Visitor visitor, long id) => UntilAsync(visitor, id, detail => detail.Run.IsOver);

    // Asks as often as the host answers.
    private static async Task<RunDetail> UntilAsync(Visitor visitor, long id, Predicate<RunDetail> condition)
    {
        for (var started = TimeProvider.System.GetTimestamp(); ;)
        {
            var detail = await FindAsync(visitor, id);
            if (condition(detail))
                return detail;
            TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(s_patience, $"Run {id} is {detail.Run}.");
            await Task.Delay(30);
        }
    }
}
