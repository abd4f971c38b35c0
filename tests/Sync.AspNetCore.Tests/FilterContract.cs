using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using System.Security.Claims;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>Users who may have different rows of one table: here those whose note is their name.</summary>
public abstract class FilterContract(DatabaseKind kind)
{
    [Theory]
    [InlineData("ada")]
    [InlineData("o'neil @note $1 \\' $$; --")]
    public async Task User_gets_the_rows_of_the_filter_and_no_others(string user)
    {
        await using var server = await StartAsync();
        await server.ExecuteAsync($"UPDATE items SET note = '{user.Replace("'", "''", StringComparison.Ordinal)}' WHERE id <= 10");
        var replica = new Replica(server, "ada") { };
        var named = new Replica(server, Uri.EscapeDataString(user));

        await named.PullAllAsync(4096);
        await replica.PullAllAsync(4096);

        named.Rows.Keys.Order().ShouldBe(Enumerable.Range(1, 10).Select(i => (long)i));
        replica.Rows.Count.ShouldBe(user == "ada" ? 10 : 0);
    }

    [Fact]
    public async Task Row_that_leaves_the_filter_is_deleted_and_one_that_enters_arrives()
    {
        await using var server = await StartAsync();
        await server.ExecuteAsync("UPDATE items SET note = 'ada' WHERE id <= 10");
        var replica = new Replica(server, "ada");
        await replica.PullAllAsync();

        await server.ExecuteAsync("UPDATE items SET note = 'grace' WHERE id IN (1, 2); UPDATE items SET note = NULL WHERE id = 3; UPDATE items SET note = 'ada' WHERE id = 20; DELETE FROM items WHERE id = 4");
        await replica.PullAllAsync();

        replica.Rows.Keys.Order().ShouldBe([5, 6, 7, 8, 9, 10, 20]);
    }

    [Fact]
    public async Task Cursor_made_under_another_filter_is_refused()
    {
        await using var server = await StartAsync();
        var replica = new Replica(server);
        await replica.PullAllAsync();
        await using var filtered = await SyncServer.StartAsync(server.Data, configure: endpoint => endpoint.Where(_ => new RowFilter("count > @least", ("least", 3))));

        using var response = await new Replica(filtered).SendAsync(replica.Cursor);

        response.StatusCode.ShouldBe(HttpStatusCode.Gone);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        problem.RootElement.GetProperty("reason").GetString().ShouldBe("filter");
    }

    [Fact]
    public async Task Pages_of_different_filters_are_of_different_epochs_and_those_of_one_filter_of_one()
    {
        await using var server = await StartAsync();
        var (ada, grace) = (new Replica(server, "ada"), new Replica(server, "grace"));

        var adas = await ada.PullAllAsync();
        var graces = await grace.PullAllAsync();
        await server.ExecuteAsync("UPDATE items SET note = 'ada' WHERE id <= 10");
        var later = await ada.PullAllAsync();

        adas.Concat(later).Select(page => page.Header.Epoch).Distinct().ShouldHaveSingleItem().ShouldNotBe(graces[0].Header.Epoch);
    }

    private Task<SyncServer> StartAsync() => SyncServer.StartAsync(kind, rows: 50, configure: endpoint => endpoint.Where(NotesOf));

    private static RowFilter NotesOf(HttpContext context) =>
        new("note = @note", ("note", Uri.UnescapeDataString(context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? "")));
}

public sealed class SqliteFilterTests() : FilterContract(DatabaseKind.Sqlite);

public sealed class PostgresFilterTests() : FilterContract(DatabaseKind.Postgres);

public sealed class RowFilterTests
{
    [Fact]
    public void Filters_with_the_same_sql_and_values_are_equal_and_others_are_not()
    {
        var filter = new RowFilter("a = @a AND b = @b", ("a", "x"), ("b", 1L));

        filter.ShouldBe(new RowFilter("a = @a AND b = @b", ("a", "x"), ("b", 1L)));
        filter.Hash.ShouldBe(new RowFilter("a = @a AND b = @b", ("a", "x"), ("b", 1L)).Hash);
        RowFilter[] others =
        [
            new("a = @a AND b = @b", ("a", "x"), ("b", 2L)), new("a = @a AND b = @b", ("a", "x"), ("b", "1")),
            new("b = @b AND a = @a", ("a", "x"), ("b", 1L)), new("a = @a AND b = @b", ("a", "x\nb:Int64:1:1"), ("b", 1L)),
        ];
        foreach (var other in others)
            other.ShouldNotBe(filter);
        others.Select(o => o.Hash).Append(filter.Hash).Distinct().Count().ShouldBe(others.Length + 1);
    }

    [Fact]
    public void Filter_whose_values_do_not_fit_its_sql_is_refused()
    {
        Should.Throw<ArgumentException>(() => new RowFilter("a = @a"));
        Should.Throw<ArgumentException>(() => new RowFilter("a = 1", ("a", 1)));
        Should.Throw<ArgumentException>(() => new RowFilter("a = @a", ("a", 1.5)));
        Should.Throw<ArgumentException>(() => new RowFilter("a = @a", ("a", "nul\0")));
        Should.Throw<ArgumentException>(() => new RowFilter("a = @a", ("a", null!)));
    }
}
