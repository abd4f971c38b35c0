using System.Net;
using System.Text.Json;
using Collection.Sync.Abstractions;
using Microsoft.Extensions.DependencyInjection;
using static Collection.Sync.AspNetCore.Tests.Pusher;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>What becomes of an edit.</summary>
public abstract class PushContract(DatabaseKind kind)
{
    [Fact]
    public async Task Edit_of_every_kind_of_field_is_in_the_table_and_reaches_readers()
    {
        await using var server = await StartServerAsync(kind);
        var replica = new Replica(server);
        await replica.PullAllAsync();

        var reply = await new Pusher(server).SendAsync("c", Mutation(1, 3, """
            {"name":"Zoë 商店 \ud83d\ude00","note":null,"done":false,"count":-7,"size":9007199254740991,"weight":-0.125,"made_at":"2024-02-29T12:30:00.123456+05:30"}
            """));

        reply.Status.ShouldBe(HttpStatusCode.OK, reply.Text);
        reply.Results.ShouldBe(["1 applied"]);
        reply.LastId.ShouldBe(1);
        var madeAt = Microseconds.From(new DateTimeOffset(2024, 2, 29, 7, 0, 0, TimeSpan.Zero)) + 123456;
        (await server.ReadTableAsync())[3].ShouldBe([3L, "Zoë 商店 😀", null, false, -7L, 9007199254740991L, -0.125, madeAt]);
        await server.SettleAsync();
        await replica.PullAllAsync();
        await replica.ShouldEqualTableAsync();
    }

    [Fact]
    public async Task Edit_sets_the_named_fields_alone()
    {
        await using var server = await StartServerAsync(kind);
        var before = await server.ReadTableAsync();

        await new Pusher(server).SendAsync("c", Mutation(1, 4, """{"count":5}"""));
        await new Pusher(server, "bob").SendAsync("d", Mutation(1, 4, """{"done":true}"""));

        before[4][3] = true;
        before[4][4] = 5L;
        var after = await server.ReadTableAsync();
        after.Keys.Order().ShouldBe(before.Keys.Order());
        foreach (var (key, values) in before)
            after[key].ShouldBe(values);
    }

    [Fact]
    public async Task Answer_has_each_edited_row_with_the_version_that_readers_meet()
    {
        await using var server = await StartServerAsync(kind);
        await server.ExecuteAsync("DELETE FROM items WHERE id = 9");
        var replica = new Replica(server);
        await replica.PullAllAsync();

        var reply = await new Pusher(server).SendAsync(
            "c", Mutation(1, 5, """{"count":1}"""), Mutation(2, 2, """{"count":2}"""), Mutation(3, 9, """{"count":3}"""), Mutation(4, 5, """{"count":4}"""),
            Mutation(5, 7, """{"count":1000000}"""), Mutation(6, 6, """{"done":true}""", ""","if":{"name":"other"}"""));

        reply.Results.ShouldBe(["1 applied", "2 applied", "3 rejected missing", "4 applied", "5 rejected constraint", "6 rejected condition"]);
        var rows = reply.Rows();
        Keys(rows).ShouldBe([2, 5, 6, 7], ignoreOrder: true);
        (rows.Header.Next.Value, rows.Header.More, rows.Header.IsSnapshot, rows.Header.TotalRows, rows.Header.DeleteCount).ShouldBe(("rows", false, false, -1, 0));
        await server.SettleAsync();
        var delta = await replica.PullAsync();
        rows.Header.Epoch.ShouldBe(delta.Header.Epoch);
        Keys(delta).ShouldBe([2, 5], ignoreOrder: true);
        for (var i = 0; i < delta.Header.UpsertCount; i++)
        {
            var same = Keys(rows).IndexOf(delta.Key(i).Value);
            rows.Version(same).ShouldBe(delta.Version(i));
            rows.Rows[same].ToArray().ShouldBe(delta.Rows[i].ToArray());
        }

        (await replica.SendAsync("rows")).StatusCode.ShouldBe(HttpStatusCode.Gone);
    }

    [Fact]
    public async Task Rows_that_would_be_more_than_a_page_are_left_to_the_next_pull()
    {
        await using var server = await SyncServer.StartAsync(
            kind, 10, configure: endpoint => endpoint.AllowEdits("name"), options: options => options.DefaultPageBytes = options.MaxPageBytes = 65536);
        var text = new string('x', 30_000);

        (await new Pusher(server).SendAsync("c", Mutation(1, 1, $$"""{"name":"{{text}}"}"""))).HasRows.ShouldBeTrue();
        var reply = await new Pusher(server).SendAsync("c", Mutation(2, 1, $$"""{"name":"{{text}}1"}"""), Mutation(3, 2, $$"""{"name":"{{text}}2"}"""));

        reply.Results.ShouldBe(["2 applied", "3 applied"]);
        reply.HasRows.ShouldBeFalse();
    }

    [Fact]
    public async Task Later_edits_of_a_batch_see_the_earlier_ones()
    {
        await using var server = await StartServerAsync(kind);

        var reply = await new Pusher(server).SendAsync(
            "c", Mutation(1, 1, """{"count":1}"""), Mutation(2, 1, """{"count":2}""", ""","if":{"count":1}"""), Mutation(3, 1, """{"count":3}""", ""","if":{"count":1}"""));

        reply.Results.ShouldBe(["1 applied", "2 applied", "3 rejected condition"]);
        (await server.ReadTableAsync())[1][4].ShouldBe(2L);
        (await LoggedEdit.ReadAsync(server)).Select(e => e.Changes).ShouldBe(["""{"count":{"from":-499,"to":1}}""", """{"count":{"from":1,"to":2}}"""]);
    }

    [Theory]
    [InlineData("""{"note":null}""", true)]
    [InlineData("""{"note":"x"}""", false)]
    [InlineData("""{"done":true,"count":-497,"name":"Ärger ﬁn Łódź 商店 3"}""", true)]
    [InlineData("""{"done":true,"count":-498}""", false)]
    [InlineData("""{"weight":0.375,"made_at":"2023-11-14T22:13:20.000003Z","size":3000000021}""", true)]
    [InlineData("""{"weight":0.376}""", false)]
    [InlineData("""{"id":3}""", true)]
    [InlineData("{}", true)]
    public async Task Condition_lets_an_edit_through_only_where_the_row_holds_the_value(string condition, bool holds)
    {
        await using var server = await StartServerAsync(kind);

        var reply = await new Pusher(server).SendAsync("c", Mutation(1, 3, """{"note":"new"}""", $""","if":{condition}"""));

        reply.Results.ShouldBe([holds ? "1 applied" : "1 rejected condition"]);
        (await server.ReadTableAsync())[3][2].ShouldBe(holds ? "new" : null);
    }

    [Fact]
    public async Task Edit_that_changes_nothing_is_applied_without_a_version_or_a_log_row()
    {
        await using var server = await StartServerAsync(kind, configure: e => e.AllowEdits("name", "note", "done", "count", "size", "weight").StampEdits("made_at"));
        var replica = new Replica(server);
        await replica.PullAllAsync();

        var reply = await new Pusher(server).SendAsync(
            "c", Mutation(1, 3, """{"name":"Ärger ﬁn Łódź 商店 3","note":null,"done":true,"count":-497,"size":3000000021,"weight":0.375}"""), Mutation(2, 4, "{}"), Mutation(3, 99, "{}"));

        reply.Results.ShouldBe(["1 applied", "2 applied", "3 rejected missing"]);
        await server.SettleAsync();
        (await replica.PullAsync()).Header.UpsertCount.ShouldBe(0);
        (await LoggedEdit.ReadAsync(server)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Log_says_who_changed_what_from_what_and_when()
    {
        await using var server = await StartServerAsync(kind);
        var before = Microseconds.From(DateTimeOffset.UtcNow);

        await new Pusher(server, "bob").SendAsync(
            "phone-1", Mutation(1, 3, """{"note":"a \"b\"","done":true,"made_at":"2024-01-01T00:00:00+01:00"}""", ""","madeAt":"2001-02-03T04:05:06.5Z" """), Mutation(2, 4, """{"weight":1.5}""", ""","correlationId":"export-1" """));

        var log = await LoggedEdit.ReadAsync(server);
        log.Select(e => (e.RowKey, e.User, e.Client, e.Mutation)).ShouldBe([(3, "bob", "phone-1", 1), (4, "bob", "phone-1", 2)]);
        log.Select(e => e.MadeAt).ShouldBe([Microseconds.From(new DateTimeOffset(2001, 2, 3, 4, 5, 6, 500, TimeSpan.Zero)), null]);
        log.ShouldAllBe(e => e.ReceivedAt >= before && e.ReceivedAt <= Microseconds.From(DateTimeOffset.UtcNow));
        log.Select(e => e.CorrelationId).ShouldBe([null, "export-1"]);
        log[0].Changes.ShouldBe("""{"note":{"from":null,"to":"a \"b\""},"made_at":{"from":"2023-11-14T22:13:20.000003Z","to":"2023-12-31T23:00:00Z"}}""");
        log[1].Changes.ShouldBe("""{"weight":{"from":0.5,"to":1.5}}""");
    }

    [Fact]
    public async Task Stamp_takes_the_time_of_the_server_at_each_change()
    {
        await using var server = await StartServerAsync(kind, configure: e => e.AllowEdits("count").StampEdits("made_at"));

        await new Pusher(server).SendAsync("c", Mutation(1, 3, """{"count":1}""", ""","madeAt":"2001-02-03T04:05:06Z" """), Mutation(2, 4, """{"count":1000000}"""));

        var table = await server.ReadTableAsync();
        table[3][7].ShouldBe((await LoggedEdit.ReadAsync(server)).Single().ReceivedAt);
        table[4][7].ShouldBe(1_700_000_000_000_004L);
    }

    [Fact]
    public async Task Value_that_a_constraint_forbids_is_rejected_and_the_rest_goes_on()
    {
        await using var server = await StartServerAsync(kind);
        await server.ExecuteAsync("CREATE UNIQUE INDEX items_by_name ON items (name)");

        var reply = await new Pusher(server).SendAsync(
            "c", Mutation(1, 1, """{"count":1}"""), Mutation(2, 2, """{"count":2,"name":"Ärger ﬁn Łódź 商店 8"}"""), Mutation(3, 3, """{"count":1000000}"""),
            Mutation(4, 2, """{"count":4}"""));

        reply.Results.ShouldBe(["1 applied", "2 rejected constraint", "3 rejected constraint", "4 applied"]);
        reply.ResultDetail(1).ShouldNotContain("商店");
        reply.ResultDetail(1).ShouldContain(kind == DatabaseKind.Postgres ? "items_by_name" : "items.name");
        var table = await server.ReadTableAsync();
        (table[1][4], table[2][4], table[3][4], table[2][1]).ShouldBe((1L, 4L, -497L, "Ärger ﬁn Łódź 商店 2"));
        (await LoggedEdit.ReadAsync(server)).Select(e => e.Mutation).ShouldBe([1, 4]);
    }

    [Fact]
    public async Task Deferred_constraint_rejects_the_edit_and_not_the_batch()
    {
        await using var first = await StartServerAsync(kind);
        await first.ExecuteAsync(
            "CREATE TABLE parents (id bigint NOT NULL PRIMARY KEY); INSERT INTO parents VALUES (1); ALTER TABLE items ADD COLUMN parent bigint REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED");
        var schema = SyncServer.Schema(more: new FieldSchema("parent", FieldKind.Int64) { IsNullable = true });
        await using var server = await SyncServer.StartAsync(first.Data, schema, endpoint => endpoint.AllowEdits("parent", "count"));

        var reply = await new Pusher(server).SendAsync(
            "c", Mutation(1, 1, """{"parent":1}"""), Mutation(2, 2, """{"parent":77,"count":7}"""), Mutation(3, 3, """{"parent":1}"""), Mutation(4, 1, """{"parent":78}"""));

        reply.Status.ShouldBe(HttpStatusCode.OK, reply.Text);
        reply.Results.ShouldBe(["1 applied", "2 rejected constraint", "3 applied", "4 rejected constraint"]);
        await using var connection = await server.OpenAsync();
        (await connection.ScalarAsync<long>("SELECT CAST(sum(parent * 100 + id) AS bigint) FROM items")).ShouldBe(204);
    }

    [Fact]
    public async Task What_a_trigger_makes_of_a_value_is_what_is_logged_and_answered()
    {
        await using var server = await StartServerAsync(kind);
        await server.ExecuteAsync(kind == DatabaseKind.Sqlite
            ? "CREATE TRIGGER no_change BEFORE UPDATE OF count ON items WHEN NEW.count = 13 BEGIN SELECT RAISE(IGNORE); END"
            : """
              CREATE FUNCTION no_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.count = 13 THEN RETURN NULL; END IF; NEW.count := NEW.count + 1; RETURN NEW; END $$;
              CREATE TRIGGER a_no_change BEFORE UPDATE OF count ON items FOR EACH ROW EXECUTE FUNCTION no_change()
              """);

        var reply = await new Pusher(server).SendAsync("c", Mutation(1, 1, """{"count":13}"""), Mutation(2, 2, """{"count":20}"""));

        reply.Results.ShouldBe(["1 applied", "2 applied"]);
        var log = (await LoggedEdit.ReadAsync(server)).Single();
        log.RowKey.ShouldBe(2);
        using var changes = JsonDocument.Parse(log.Changes);
        var table = await server.ReadTableAsync();
        changes.RootElement.GetProperty("count").GetProperty("to").GetInt64().ShouldBe((long)table[2][4]!);
        table[1][4].ShouldBe(-499L);
    }

    [Fact]
    public async Task Row_that_the_filter_hides_is_missing()
    {
        await using var server = await SyncServer.StartAsync(
            kind, 10, configure: endpoint => endpoint.Where(context => new RowFilter("id < @limit", ("limit", 5))).AllowEdits("count", "name"));
        var before = await server.ReadTableAsync();

        var reply = await new Pusher(server).SendAsync("c", Mutation(1, 7, """{"count":1}"""), Mutation(2, 77, """{"count":1}"""), Mutation(3, 4, """{"count":1}"""));

        reply.Results.ShouldBe(["1 rejected missing", "2 rejected missing", "3 applied"]);
        reply.ResultDetail(0).ShouldBe(reply.ResultDetail(1));
        Keys(reply.Rows()).ShouldBe([4]);
        (await server.ReadTableAsync())[7].ShouldBe(before[7]);
    }

    [Fact]
    public async Task Row_that_an_edit_moves_out_of_the_filter_is_gone_for_the_user()
    {
        await using var server = await SyncServer.StartAsync(
            kind, 10, configure: endpoint => endpoint.Where(_ => new RowFilter("count < 0")).AllowEdits("count", "name"));

        var reply = await new Pusher(server).SendAsync("c", Mutation(1, 7, """{"count":1}"""), Mutation(2, 7, """{"count":-1}"""));

        reply.Results.ShouldBe(["1 applied", "2 rejected missing"]);
        reply.Rows().Header.UpsertCount.ShouldBe(0);
    }

    [Fact]
    public async Task Client_of_another_user_is_refused()
    {
        await using var server = await StartServerAsync(kind);
        await new Pusher(server).SendAsync("c", Mutation(1, 1, """{"count":1}"""));

        var reply = await new Pusher(server, "bob").SendAsync("c", Mutation(2, 1, """{"count":2}"""));

        (reply.Status, reply.Reason).ShouldBe((HttpStatusCode.Forbidden, "client"));
        (await server.ReadTableAsync())[1][4].ShouldBe(1L);
        (await new Pusher(server).SendAsync("c", Mutation(2, 1, """{"count":3}"""))).Results.ShouldBe(["2 applied"]);
    }

    [Fact]
    public async Task Forgotten_client_starts_over()
    {
        await using var server = await StartServerAsync(kind);
        var pusher = new Pusher(server);
        await pusher.SendAsync("old", Mutation(1, 77, """{"count":1}"""));
        await server.ExecuteAsync("UPDATE sync_clients SET seen_at = 1000");
        await pusher.SendAsync("new", Mutation(1, 77, """{"count":1}"""));
        var clients = server.Services.GetRequiredService<PushClients>();

        (await clients.ForgetClientsAsync(DateTimeOffset.FromUnixTimeSeconds(1000), CancellationToken.None)).ShouldBe(0);
        (await clients.ForgetClientsAsync(DateTimeOffset.FromUnixTimeSeconds(1001), CancellationToken.None)).ShouldBe(1);

        var late = await pusher.SendAsync("old", Mutation(2, 1, """{"count":1}"""));
        (late.Status, late.Reason, late.LastId).ShouldBe((HttpStatusCode.Conflict, "order", 0));
        await using var connection = await server.OpenAsync();
        (await connection.ScalarAsync<string>("SELECT client_id FROM sync_rejections")).ShouldBe("new");
        (await pusher.SendAsync("new", Mutation(1, 77, """{"count":1}"""))).Results.ShouldBe(["1 rejected missing"]);
    }

    private static List<long> Keys(Page page) => [.. Enumerable.Range(0, page.Header.UpsertCount).Select(i => page.Key(i).Value)];
}

public sealed class SqlitePushTests() : PushContract(DatabaseKind.Sqlite);

public sealed class PostgresPushTests() : PushContract(DatabaseKind.Postgres)
{
    [Fact]
    public async Task Value_that_an_index_has_no_room_for_is_rejected()
    {
        await using var server = await StartServerAsync(DatabaseKind.Postgres);
        await server.ExecuteAsync("CREATE INDEX items_by_name ON items (name)");
        var random = new Random(1);
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(_ => (char)random.Next('a', 'z')));

        (await new Pusher(server).SendAsync("c", Mutation(1, 1, $$"""{"name":"{{text}}"}"""))).Results.ShouldBe(["1 rejected constraint"]);
    }

    [Fact]
    public async Task Text_becomes_what_the_column_is_made_of_or_is_rejected()
    {
        await using var server = await StartServerAsync(DatabaseKind.Postgres);
        await server.ExecuteAsync("ALTER TABLE items ALTER note TYPE uuid USING NULL");
        await using var again = await SyncServer.StartAsync(server.Data, configure: endpoint => endpoint.AllowEdits("note"));

        var reply = await new Pusher(again).SendAsync(
            "c", Mutation(1, 1, """{"note":"no uuid"}"""), Mutation(2, 2, """{"note":"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"}"""), Mutation(3, 2, """{"note":null}"""));

        reply.Results.ShouldBe(["1 rejected constraint", "2 applied", "3 applied"]);
        (await LoggedEdit.ReadAsync(again))[0].Changes.ShouldBe("""{"note":{"from":null,"to":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}}""");
    }
}
