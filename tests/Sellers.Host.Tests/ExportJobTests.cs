using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Collection.Contracts;
using Collection.Sync.Abstractions;
using Sellers.Contracts;

namespace Collection.Sellers.Host.Tests;

/// <summary>Exports by the server, over HTTP.</summary>
public sealed class ExportJobTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_has_every_seller_and_is_its_owners_alone(bool onPostgres)
    {
        await using var host = await HostAsync(onPostgres, sellers: 3000);
        var (ada, grace) = (await host.SignInAsync("ada"), await host.SignInAsync("grace"));

        var id = await StartAsync(ada, ExportFormat.JsonLines);
        var job = await UntilAsync(ada, id, job => !job.IsUnderWay);

        (job.State, job.Rows, job.Total, job.Reason).ShouldBe((ExportState.Ready, 3000, 3000, null));
        job.ExpiresAt.ShouldNotBeNull().ShouldBeGreaterThan(DateTimeOffset.UtcNow.AddHours(23));
        using var answer = await ada.GetAsync($"/api/exports/{id}/file");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentDisposition!.ToString().ShouldBe("attachment; filename=sellers.ndjson; filename*=UTF-8''sellers.ndjson");
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        var file = await answer.Content.ReadAsByteArrayAsync();
        file.LongLength.ShouldBe(job.Bytes);
        Encoding.UTF8.GetString(file).ShouldBe(await LinesAsync(host));
        Directory.GetFiles(host.ExportFolder).ShouldHaveSingleItem();

        (await grace.GetAsync($"/api/exports/{id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await grace.GetAsync($"/api/exports/{id}/file")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await grace.SendAsync(HttpMethod.Post, $"/api/exports/{id}/cancel")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await ListAsync(grace)).ShouldBeEmpty();
        (await (await host.VisitAsync()).GetAsync($"/api/exports/{id}/file")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await ListAsync(ada)).ShouldHaveSingleItem().ShouldBe(job);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_of_a_query_has_what_it_finds_in_its_order_and_says_so(bool onPostgres)
    {
        await using var host = await HostAsync(onPostgres, sellers: 3000);
        await host.SignInAsync();
        // As a database of the version before has it.
        await host.ExecuteAsync("ALTER TABLE export_jobs DROP COLUMN query");
        await using var upgraded = host.Again(isRestored: false);
        var ada = await upgraded.SignInAsync();
        var query = ViewQueryJson.Of(new ViewQuery { Search = "A", Filters = [new RangeFilter("times_seen", 2, null)], Sort = [new("times_seen", SortDirection.Descending)] })!;

        var id = await StartAsync(ada, ExportFormat.JsonLines, query);
        var job = await UntilAsync(ada, id, job => !job.IsUnderWay);

        job.Reason.ShouldBeNull();
        job.Query!.ToQuery().ShouldBe(query.ToQuery());
        var expected = await LinesAsync(upgraded, "WHERE normalized_name LIKE '%a%' AND times_seen >= 2 ORDER BY times_seen DESC, id DESC");
        job.Rows.ShouldBe(expected.Count(static character => character == '\n'));
        job.Rows.ShouldBeInRange(1, 2999);
        (await ada.Http.GetStringAsync(new Uri($"/api/exports/{id}/file", UriKind.Relative))).ShouldBe(expected);
    }

    [Theory]
    [InlineData("""{"filters":[{"is":"xor"}]}""", "'xor' is no filter")]
    [InlineData("""{"filters":[{"is":"equal","field":"shoe_size","values":["i1"]}]}""", "no field 'shoe_size'")]
    [InlineData("""{"filters":[{"is":"equal","field":"updated_at","values":["i1"]}]}""", "not indexed")]
    [InlineData("""{"filters":[{"is":"equal","field":"times_seen","values":["tmany"]}]}""", "is of kind Int32")]
    [InlineData("""{"sort":[{"field":"platform","collation":"sv"}]}""", "Leave the collation out")]
    [InlineData("""{"sort":[{"field":"platform","collation":"?"}]}""", "no language tag")]
    [InlineData(null, "at most 16384 characters")]
    public async Task A_query_that_cannot_be_answered_is_refused(string? query, string detail)
    {
        await using var host = new SellersHost();
        var ada = await host.SignInAsync();

        using var refused = await ada.PostAsync("/api/exports", $$"""{"format":"Csv","query":{{query ?? $$"""{"search":"{{new string('x', 17_000)}}"}"""}}}""");

        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync());
        problem.RootElement.GetProperty("detail").GetString().ShouldNotBeNull().ShouldContain(detail);
        (await ListAsync(ada)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_can_be_fetched_in_ranges_as_long_as_it_is_the_same()
    {
        await using var host = await HostAsync(onPostgres: false, sellers: 500);
        var ada = await host.SignInAsync();
        var id = await StartAsync(ada, ExportFormat.Csv);
        await UntilAsync(ada, id, job => job.State == ExportState.Ready);
        using var whole = await ada.GetAsync($"/api/exports/{id}/file");
        var bytes = await whole.Content.ReadAsByteArrayAsync();
        whole.Headers.ETag!.Tag.ShouldBe($"\"{id}-1\"", "another attempt is another file");

        using var part = await SendAsync(ada, id, request => request.Headers.Range = new RangeHeaderValue(100, 299));
        using var same = await SendAsync(ada, id, request => (request.Headers.Range, request.Headers.IfRange) = (new RangeHeaderValue(100, null), new RangeConditionHeaderValue(whole.Headers.ETag!)));
        using var other = await SendAsync(ada, id, request => (request.Headers.Range, request.Headers.IfRange) = (new RangeHeaderValue(100, null), new RangeConditionHeaderValue("\"other\"")));
        using var beyond = await SendAsync(ada, id, request => request.Headers.Range = new RangeHeaderValue(bytes.Length, null));

        part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await part.Content.ReadAsByteArrayAsync()).ShouldBe(bytes[100..300]);
        same.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await same.Content.ReadAsByteArrayAsync()).ShouldBe(bytes[100..]);
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
        beyond.StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
    }

    [Fact]
    public async Task Exports_have_bounds()
    {
        await using var host = await HostAsync(onPostgres: false, sellers: 10);
        var (ada, grace) = (await host.SignInAsync("ada"), await host.SignInAsync("grace"));
        var (now, later) = (Microseconds.From(DateTimeOffset.UtcNow), Microseconds.From(DateTimeOffset.UtcNow.AddHours(1)));
        // Some other host has them.
        await host.ExecuteAsync(
            $"""
            INSERT INTO export_jobs (owner, state, format, attempt, rows_done, bytes, is_cancelling, created_at, lease_until)
            VALUES ('ada', 'Running', 'Csv', 1, 10, 1000, FALSE, {now}, {later}), ('ada', 'Running', 'Csv', 1, 10, 1000, FALSE, {now}, {later})
            """);

        using var refused = await ada.SendAsync(HttpMethod.Post, "/api/exports", new StartExportRequest(ExportFormat.Json));

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        using var problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync());
        problem.RootElement.GetProperty("reason").GetString().ShouldBe("exports");
        (await grace.SendAsync(HttpMethod.Post, "/api/exports/1/cancel")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await ada.SendAsync(HttpMethod.Post, "/api/exports/1/cancel")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await FindAsync(ada, 1)).State.ShouldBe(ExportState.Cancelled);
        (await ada.SendAsync(HttpMethod.Post, "/api/exports/1/cancel")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await ada.GetAsync("/api/exports/1/file")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        foreach (var visitor in (Visitor[])[ada, grace])
            await UntilAsync(visitor, await StartAsync(visitor, ExportFormat.Json), job => job.State == ExportState.Ready);
        Directory.GetFiles(host.ExportFolder).Length.ShouldBe(2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_asks_for_many_at_once_gets_no_more(bool onPostgres)
    {
        await using var host = await HostAsync(onPostgres, sellers: 0);
        var ada = await host.SignInAsync();
        // Held by a host that does not end them.
        var later = Microseconds.From(DateTimeOffset.UtcNow.AddHours(1));
        await host.ExecuteAsync(onPostgres
            ? $"CREATE FUNCTION take() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.state := ''Running''; NEW.lease_until := {later}; RETURN NEW; END'; CREATE TRIGGER take BEFORE INSERT ON export_jobs FOR EACH ROW EXECUTE FUNCTION take()"
            : $"CREATE TRIGGER take AFTER INSERT ON export_jobs BEGIN UPDATE export_jobs SET state = 'Running', lease_until = {later} WHERE id = NEW.id; END");

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => ada.SendAsync(HttpMethod.Post, "/api/exports", new StartExportRequest(ExportFormat.Json))));

        answers.Count(answer => answer.StatusCode == HttpStatusCode.Created).ShouldBe(2);
        answers.Count(answer => answer.StatusCode == HttpStatusCode.TooManyRequests).ShouldBe(10);
        foreach (var answer in answers)
            answer.Dispose();
    }

    [Fact]
    public async Task An_export_that_is_cancelled_while_it_is_written_leaves_no_file()
    {
        await using var host = await HostAsync(onPostgres: false, sellers: 100_000);
        var ada = await host.SignInAsync();
        var id = await StartAsync(ada, ExportFormat.Csv);
        await UntilAsync(ada, id, job => job.Total is not null);

        (await ada.SendAsync(HttpMethod.Post, $"/api/exports/{id}/cancel")).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        for (var started = TimeProvider.System.GetTimestamp(); Directory.GetFiles(host.ExportFolder).Length > 0; await Task.Delay(20))
            TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(s_patience);
        (await FindAsync(ada, id)).State.ShouldBe(ExportState.Cancelled);
        (await ada.GetAsync($"/api/exports/{id}/file")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_is_written_while_a_file_is_being_written_is_not_in_it()
    {
        await using var host = await HostAsync(onPostgres: true, sellers: 20_000);
        var ada = await host.SignInAsync();
        var before = await LinesAsync(host);
        var id = await StartAsync(ada, ExportFormat.JsonLines);
        await UntilAsync(ada, id, job => job.Total is not null);

        await host.ExecuteAsync("UPDATE sellers SET times_seen = times_seen + 1");
        await host.ExecuteAsync("DELETE FROM sellers WHERE id % 2 = 0");

        (await UntilAsync(ada, id, job => !job.IsUnderWay)).State.ShouldBe(ExportState.Ready);
        (await ada.Http.GetStringAsync(new Uri($"/api/exports/{id}/file", UriKind.Relative))).ShouldBe(before);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_export_of_a_host_that_is_gone_is_begun_anew_and_given_up_after_three_times(bool onPostgres)
    {
        await using var host = await HostAsync(onPostgres, sellers: 50);
        var ada = await host.SignInAsync();
        var gone = Microseconds.From(DateTimeOffset.UtcNow.AddSeconds(-1));
        await host.ExecuteAsync(
            $"""
            INSERT INTO export_jobs (owner, state, format, attempt, rows_done, bytes, is_cancelling, created_at, lease_until)
            VALUES ('ada', 'Running', 'Csv', 1, 10, 1000, FALSE, {gone}, {gone}), ('ada', 'Running', 'Csv', 3, 10, 1000, FALSE, {gone}, {gone})
            """);

        (await UntilAsync(ada, 1, job => job.State == ExportState.Ready)).Rows.ShouldBe(50);
        (await host.ReadAsync<long>("SELECT CAST(attempt AS bigint) FROM export_jobs WHERE id = 1")).ShouldBe(2);
        await using var again = host.Again(isRestored: false);
        var failed = await UntilAsync(await again.SignInAsync(), 2, job => !job.IsUnderWay);
        (failed.State, failed.Reason).ShouldBe((ExportState.Failed, "The server went down three times while it wrote this file. Ask for it again."));
    }

    [Fact]
    public async Task A_host_keeps_an_export_as_long_as_it_works_on_it_and_hears_that_it_is_cancelled()
    {
        var time = new ManualTimeProvider();
        await using var host = new SellersHost { Sellers = 50, Postgres = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync(), Time = time, Settings = { ["Exports:MaxAtOnce"] = "1" } };
        var ada = await host.SignInAsync();
        var query = ViewQueryJson.Of(new ViewQuery { Search = "a" });
        long id, next;
        // The database takes its time to find the rows.
        await using (var connection = await host.Database.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "LOCK TABLE sellers IN ACCESS EXCLUSIVE MODE";
            await command.ExecuteNonQueryAsync();
            id = await StartAsync(ada, ExportFormat.Csv, query);
            await UntilAsync(ada, id, job => job.State == ExportState.Running);
            await time.WaitForTimerAsync();
            next = await StartAsync(ada, ExportFormat.Csv);

            for (var second = 1; second <= 40; second++)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                var lease = Microseconds.From(time.GetUtcNow().AddSeconds(30));
                await UntilAsync<long>(host, $"SELECT lease_until FROM export_jobs WHERE id = {id}", until => until == lease);
            }

            (await host.ReadAsync<int>($"SELECT attempt FROM export_jobs WHERE id = {id}")).ShouldBe(1);
            (await FindAsync(ada, next)).State.ShouldBe(ExportState.Queued, "one at a time");
            (await ada.SendAsync(HttpMethod.Post, $"/api/exports/{id}/cancel")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
            time.Advance(TimeSpan.FromSeconds(1));
            // Its place is free, although the database has not answered yet.
            await UntilAsync(ada, next, job => job.State == ExportState.Running);
        }

        (await FindAsync(ada, id)).State.ShouldBe(ExportState.Cancelled);
        await UntilAsync(ada, next, job => job.State == ExportState.Ready);
        Path.GetFileName(Directory.GetFiles(host.ExportFolder).ShouldHaveSingleItem()).ShouldStartWith($"{next}-");
    }

    [Fact]
    public async Task Two_hosts_share_the_work_and_take_nothing_twice()
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        Dictionary<string, string?> settings = new() { ["Exports:MaxPerPerson"] = "40" };
        await using var first = new SellersHost { Sellers = 2000, Postgres = database, Settings = settings };
        await using var second = new SellersHost { Postgres = database, Keys = first.KeyFolder, Exports = first.ExportFolder, Settings = settings };
        var (here, there) = (await first.SignInAsync(), await second.SignInAsync());
        List<long> ids = [];
        for (var i = 0; i < 12; i++)
            ids.Add(await StartAsync(i % 2 == 0 ? here : there, ExportFormat.Csv));

        foreach (var id in ids)
            (await UntilAsync(here, id, job => !job.IsUnderWay)).State.ShouldBe(ExportState.Ready);

        (await first.ReadAsync<long>("SELECT count(*) FROM export_jobs WHERE attempt <> 1")).ShouldBe(0);
        var files = await Task.WhenAll(ids.Select(id => there.Http.GetStringAsync(new Uri($"/api/exports/{id}/file", UriKind.Relative))));
        files.Distinct().ShouldHaveSingleItem();
        Directory.GetFiles(first.ExportFolder).Length.ShouldBe(12);
    }

    [Fact]
    public async Task A_host_that_is_stopped_gives_its_exports_back()
    {
        var host = await HostAsync(onPostgres: true, sellers: 20_000);
        var id = await StartAsync(await host.SignInAsync(), ExportFormat.Csv);
        await UntilAsync(await host.SignInAsync(), id, job => job.State != ExportState.Queued);
        await host.DisposeAsync();

        await using var again = new SellersHost { Postgres = host.Postgres };
        var job = await UntilAsync(await again.SignInAsync(), id, job => !job.IsUnderWay);

        (job.State, job.Rows).ShouldBe((ExportState.Ready, 20_000));
        (await again.ReadAsync<long>("SELECT CAST(attempt AS bigint) FROM export_jobs")).ShouldBe(1, "nobody had to wait for its lease");
    }

    [Fact]
    public async Task A_file_whose_time_is_over_is_deleted()
    {
        await using var host = await HostAsync(onPostgres: false, sellers: 10);
        var ada = await host.SignInAsync();
        var id = await StartAsync(ada, ExportFormat.Csv);
        await UntilAsync(ada, id, job => job.State == ExportState.Ready);
        await File.WriteAllTextAsync(Path.Combine(host.ExportFolder, "999-1.part"), "left by a crash");
        await File.WriteAllTextAsync(Path.Combine(host.ExportFolder, "notes.txt"), "somebody else's");

        await host.ExecuteAsync("UPDATE export_jobs SET expires_at = 1");

        (await ada.GetAsync($"/api/exports/{id}/file")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await using var again = host.Again(isRestored: false);
        (await UntilAsync(await again.SignInAsync(), id, job => job.State == ExportState.Expired)).Rows.ShouldBe(10);
        for (var started = TimeProvider.System.GetTimestamp(); Directory.GetFiles(host.ExportFolder).Length > 1; await Task.Delay(30))
            TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(s_patience);
        Path.GetFileName(Directory.GetFiles(host.ExportFolder).ShouldHaveSingleItem()).ShouldBe("notes.txt");
    }

    private static async Task<SellersHost> HostAsync(bool onPostgres, int sellers) => new()
    {
        Sellers = sellers,
        Postgres = onPostgres ? await (await PostgresServer.SharedAsync()).CreateDatabaseAsync() : null,
    };

    // Written by System.Text.Json from SQL, and by nothing of what is tested.
    private static async Task<string> LinesAsync(SellersHost host, string which = "ORDER BY id DESC")
    {
        string[] columns = ["id", "display_name", "normalized_name", "platform", "times_seen", "feedback_percent", "feedback_count", "flagged", "platform_id", "created_at", "updated_at", "last_seen_run_id"];
        await using var connection = await host.Database.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {string.Join(", ", columns)} FROM sellers {which}";
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new StringBuilder();
        while (await reader.ReadAsync())
        {
            var row = new Dictionary<string, object?>();
            for (var i = 0; i < columns.Length; i++)
            {
                row[columns[i]] = columns[i] switch
                {
                    _ when reader.IsDBNull(i) => null,
                    "flagged" => reader.GetBoolean(i),
                    "created_at" or "updated_at" => Iso(reader.GetInt64(i)),
                    _ => reader.GetValue(i),
                };
            }

            lines.Append(JsonSerializer.Serialize(row, s_plain)).Append('\n');
        }

        return lines.ToString();
    }

    private static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Iso(long microseconds) => (DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds(microseconds)).ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);

    private static async Task<long> StartAsync(Visitor visitor, ExportFormat format, ViewQueryJson? query = null)
    {
        using var response = await visitor.SendAsync(HttpMethod.Post, "/api/exports", new StartExportRequest(format, query));
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        return (await response.Content.ReadFromJsonAsync(ExportJson.Default.ExportJob))!.Id;
    }

    private static async Task<HttpResponseMessage> SendAsync(Visitor visitor, long id, Action<HttpRequestMessage> ask)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/exports/{id}/file");
        ask(request);
        return await visitor.Http.SendAsync(request);
    }

    private static async Task<IReadOnlyList<ExportJob>> ListAsync(Visitor visitor) =>
        (await visitor.Http.GetFromJsonAsync(new Uri("/api/exports", UriKind.Relative), ExportJson.Default.ExportList))!.Jobs;

    private static async Task<ExportJob> FindAsync(Visitor visitor, long id) =>
        (await visitor.Http.GetFromJsonAsync(new Uri($"/api/exports/{id}", UriKind.Relative), ExportJson.Default.ExportJob))!;

    private static async Task UntilAsync<T>(SellersHost host, string sql, Predicate<T> condition)
    {
        for (var started = TimeProvider.System.GetTimestamp(); !condition(await host.ReadAsync<T>(sql)); await Task.Delay(10))
            TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(s_patience, sql);
    }

    private static async Task<ExportJob> UntilAsync(Visitor visitor, long id, Predicate<ExportJob> condition)
    {
        for (var started = TimeProvider.System.GetTimestamp(); ;)
        {
            var job = await FindAsync(visitor, id);
            if (condition(job))
                return job;
            TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(s_patience, $"Export {id} is {job}.");
            await Task.Delay(20);
        }
    }
}
