using Collection.Sync.Abstractions;
using Microsoft.Extensions.DependencyInjection;

namespace Collection.Sync.AspNetCore.Tests;

public sealed class PostgresUpsertTypesTests
{
    [Fact]
    public async Task Text_goes_into_types_that_it_has_to_be_cast_to()
    {
        await using var server = await Shop.StartServerAsync(DatabaseKind.Postgres);
        await server.ExecuteAsync(
            """
            CREATE TYPE mood AS ENUM ('sad', 'happy');
            CREATE TABLE things (id uuid NOT NULL PRIMARY KEY, mood mood NOT NULL, data jsonb, raw json, price numeric(10, 2), short smallint)
            """);
        var table = new UpsertTable<(string Data, string Mood)>("things",
        [
            new("id", FieldKind.Text, UpsertRule.Key, _ => "7a4f1e9e-0b4b-4a39-9a52-08f1d9b3b7d1"),
            new("mood", FieldKind.Text, UpsertRule.Replace, row => row.Mood),
            new("data", FieldKind.Text, UpsertRule.Replace, row => row.Data),
            new("raw", FieldKind.Text, UpsertRule.Replace, row => row.Data),
            new("price", FieldKind.Double, UpsertRule.Replace, _ => 2.345),
            new("short", FieldKind.Int32, UpsertRule.Add, _ => 1),
        ]);
        var upsert = server.Services.GetRequiredService<DeduplicatingUpsert>();

        (await upsert.WriteAsync(table, null, [("{\"a\": 1}", "sad")], CancellationToken.None)).Inserted.ShouldBe(1);
        (await upsert.WriteAsync(table, null, [("{\"a\": 2}", "happy")], CancellationToken.None)).Updated.ShouldBe(1);

        await using var connection = await server.OpenAsync();
        (await connection.ScalarAsync<string>("SELECT concat_ws(' ', mood, data, raw, price, short) FROM things")).ShouldBe("happy {\"a\": 2} {\"a\": 2} 2.35 2");
    }

    [Fact]
    public async Task Column_that_is_missing_or_of_another_type_is_named()
    {
        await using var server = await Shop.StartServerAsync(DatabaseKind.Postgres);
        await RefuseAsync("nothing", new("name", FieldKind.Text, UpsertRule.Key, name => name), "There is no table 'nothing'");
        await RefuseAsync("shops", new("nothing", FieldKind.Text, UpsertRule.Replace, name => name), "has no column 'nothing'");
        await RefuseAsync("shops", new("total", FieldKind.Int32, UpsertRule.Replace, _ => 1), "is of type bigint, but is upserted as Int32");
        await RefuseAsync("shops", new("note", FieldKind.Timestamp, UpsertRule.Replace, _ => 1L), "is of type text, but is upserted as Timestamp");

        async Task RefuseAsync(string name, UpsertColumn<string> column, string reason)
        {
            var table = new UpsertTable<string>(name, column.Rule == UpsertRule.Key ? [column] : [new("name", FieldKind.Text, UpsertRule.Key, text => text), column]);
            (await Should.ThrowAsync<InvalidOperationException>(async () => await server.Services.GetRequiredService<DeduplicatingUpsert>().WriteAsync(table, null, ["x"], CancellationToken.None)))
                .Message.ShouldContain(reason);
        }
    }
}
