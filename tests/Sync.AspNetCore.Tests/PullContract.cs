using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore.Tests;

public abstract class PullContract(DatabaseKind kind)
{
    private protected const int SmallPage = 4096;

    [Theory]
    [InlineData(SortDirection.Ascending)]
    [InlineData(SortDirection.Descending)]
    public async Task First_sync_delivers_every_row_in_key_order(SortDirection order)
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 500, schema: SyncServer.Schema(order));
        var request = $"/sync/items?maxBytes={SmallPage}";
        var keys = new List<long>();
        PageHeader header;
        do
        {
            var page = Page.Read(await server.Http.GetByteArrayAsync(new Uri(request, UriKind.Relative)), SyncServer.Schema(order));
            header = page.Header;
            keys.AddRange(Enumerable.Range(0, header.UpsertCount).Select(i => page.Key(i).Value));
            request = $"/sync/items?maxBytes={SmallPage}&cursor={header.Next.Value}";
        }
        while (header.More);

        keys.ShouldBe(order == SortDirection.Ascending ? Enumerable.Range(1, 500).Select(i => (long)i) : Enumerable.Range(1, 500).Select(i => 501L - i));
    }

    [Fact]
    public async Task First_sync_equals_the_table_and_only_an_exhausted_delta_says_that_nothing_is_left()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 2000);
        var replica = new Replica(server);

        var pages = await replica.PullAllAsync(16 * 1024);

        pages.Count.ShouldBeGreaterThan(10);
        pages[..^1].ShouldAllBe(p => p.Header.IsSnapshot && p.Header.More && p.Header.TotalRows == 2000);
        pages[^1].Header.IsSnapshot.ShouldBeFalse();
        await replica.ShouldEqualTableAsync();
    }

    [Fact]
    public async Task Empty_table_answers_an_exhausted_delta_at_once()
    {
        await using var server = await SyncServer.StartAsync(kind);
        var replica = new Replica(server);

        var page = await replica.PullAsync();

        (page.Header.More, page.Header.IsSnapshot, page.Header.UpsertCount).ShouldBe((false, false, 0));
        await server.InsertAsync(1, 3);
        (await replica.PullAsync()).Header.UpsertCount.ShouldBe(3);
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(5000)]
    [InlineData(100_000)]
    public async Task Page_stays_within_its_bytes_unless_it_holds_a_single_change(int maxBytes)
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 300);
        await server.ExecuteAsync($"UPDATE items SET name = name || {server.Data.Repeat('0', "80 * (id % 30)")}");
        var replica = new Replica(server);

        foreach (var page in await replica.PullAllAsync(maxBytes))
            (page.Header.ByteLength <= maxBytes || page.Header.UpsertCount + page.Header.DeleteCount == 1).ShouldBeTrue();

        await replica.ShouldEqualTableAsync();
    }

    [Fact]
    public async Task Page_of_text_that_folding_makes_longer_stays_within_its_bytes()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 200);
        await server.ExecuteAsync($"UPDATE items SET name = {server.Data.Repeat(0xfdfa, "40")}");

        (await new Replica(server).PullAllAsync(20_000)).ShouldAllBe(page => page.Header.ByteLength <= 20_000);
    }

    [Fact]
    public async Task Replica_resumed_at_any_cursor_ends_equal_to_the_table()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 120);
        var replica = new Replica(server);
        var states = new List<Replica>();
        PageHeader header;
        do
        {
            states.Add(replica.Clone());
            header = (await replica.PullAsync(SmallPage)).Header;
        }
        while (header.More);

        await server.ExecuteAsync("UPDATE items SET count = count + 1 WHERE id % 4 = 0; DELETE FROM items WHERE id % 10 = 3");
        await server.InsertAsync(1000, 20);

        states.Count.ShouldBeGreaterThan(5);
        foreach (var state in states)
        {
            await state.PullAllAsync(SmallPage);
            await state.ShouldEqualTableAsync();
        }
    }

    [Fact]
    public async Task Changes_made_while_a_first_sync_is_under_way_arrive_after_it()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 400);
        var replica = new Replica(server);
        var random = new Random(7);
        PageHeader header;
        var next = 1000;
        do
        {
            header = (await replica.PullAsync(SmallPage)).Header;
            if (!header.IsSnapshot)
                continue;
            var key = random.Next(1, 400);
            await server.ExecuteAsync($"DELETE FROM items WHERE id = {key}; UPDATE items SET done = NOT done WHERE id % 50 = {key % 50}");
            await server.InsertAsync(next++, 1);
            await server.InsertAsync(-next, 1);
        }
        while (header.More);

        await replica.ShouldEqualTableAsync();
    }

    [Fact]
    public async Task Update_that_changes_nothing_is_not_delivered()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 10);
        var replica = new Replica(server);
        await replica.PullAllAsync();

        await server.ExecuteAsync("UPDATE items SET count = count, name = name, weight = weight");
        (await replica.PullAsync()).Header.UpsertCount.ShouldBe(0);

        // SQLite's column ignores case, the feed does not.
        await server.ExecuteAsync("UPDATE items SET note = upper(note) WHERE id = 1");
        (await replica.PullAsync()).Header.UpsertCount.ShouldBe(1);
        await server.ExecuteAsync("UPDATE items SET note = NULL WHERE id = 1");
        (await replica.PullAsync()).Header.UpsertCount.ShouldBe(1);
        await replica.ShouldEqualTableAsync();
    }

    [Fact]
    public async Task Row_inserted_again_under_a_deleted_key_lives()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 10);
        var early = new Replica(server);
        await early.PullAllAsync();
        var late = early.Clone();

        await server.ExecuteAsync("DELETE FROM items WHERE id = 5");
        (await early.PullAsync()).Header.DeleteCount.ShouldBe(1);
        await server.InsertAsync(5, 1);
        await early.PullAsync();
        (await late.PullAsync()).Header.DeleteCount.ShouldBe(0);

        await early.ShouldEqualTableAsync();
        await late.ShouldEqualTableAsync();
        late.Rows.ShouldContainKey(5);
    }

    [Fact]
    public async Task Row_with_a_new_key_leaves_the_old_one()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 10);
        var replica = new Replica(server);
        await replica.PullAllAsync();

        await server.ExecuteAsync("DELETE FROM items WHERE id = 9; UPDATE items SET id = 9 WHERE id = 5; UPDATE items SET id = -id WHERE id < 3");
        var page = await replica.PullAsync();

        await replica.ShouldEqualTableAsync();
        Enumerable.Range(page.Header.UpsertCount, page.Header.DeleteCount).Select(i => page.Key(i).Value).ShouldBe([5, 1, 2], ignoreOrder: true);
    }

    [Fact]
    public async Task Columns_may_have_the_names_that_the_feed_itself_uses()
    {
        string[] names = ["collection", "key", "epoch", "sequence", "gone", "known", "inserted", "deleted", "returned"];
        await using var server = await SyncServer.StartAsync(kind);
        await server.ExecuteAsync($"CREATE TABLE names (id bigint PRIMARY KEY, {string.Join(", ", names.Select(name => $"\"{name}\" text NOT NULL"))})");
        var table = new SyncedTable(new CollectionSchema("names", [new("id", FieldKind.Int64) { IsKey = true }, .. names.Select(name => new FieldSchema(name, FieldKind.Text))]), "names");
        await server.Feed.InstallAsync(table, CancellationToken.None);
        FeedPosition position = await server.Feed.ReadEndAsync(CancellationToken.None);
        var insert = $"INSERT INTO names (id, {string.Join(", ", names.Select(name => $"\"{name}\""))}) VALUES (1, {string.Join(", ", names.Select(name => $"'{name}'"))})";

        await server.ExecuteAsync(insert);
        await server.ExecuteAsync("UPDATE names SET key = 'changed'; UPDATE names SET id = 2");
        (await ReadAsync()).ShouldBe((1, 1));
        await server.ExecuteAsync("DELETE FROM names");
        (await ReadAsync()).ShouldBe((0, 1));
        await server.ExecuteAsync(insert.Replace("(1,", "(2,", StringComparison.Ordinal));
        (await ReadAsync()).ShouldBe((1, 0));

        async Task<(int Upserts, int Deletes)> ReadAsync()
        {
            var writer = new PageWriter(table.Schema);
            var slice = await server.Feed.ReadAsync(new FeedSource(table), position, 100_000, writer, CancellationToken.None);
            position = slice.Next;
            return (writer.UpsertCount, writer.DeleteCount);
        }
    }

    [Fact]
    public async Task Delete_of_everything_is_delivered_in_pages()
    {
        await using var server = await SyncServer.StartAsync(kind, rows: 500);
        var replica = new Replica(server);
        await replica.PullAllAsync();

        await server.ExecuteAsync("DELETE FROM items");
        var pages = await replica.PullAllAsync(SmallPage);

        pages.Count.ShouldBeGreaterThan(2);
        replica.Rows.ShouldBeEmpty();
    }
}

public sealed class SqlitePullTests() : PullContract(DatabaseKind.Sqlite)
{
    [Fact]
    public async Task Row_that_another_one_replaces_is_gone()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Sqlite, rows: 10);
        await server.ExecuteAsync("CREATE UNIQUE INDEX items_by_name ON items (name)");
        var replica = new Replica(server);
        await replica.PullAllAsync();

        await server.ExecuteAsync("INSERT OR REPLACE INTO items SELECT 77, name, 'other', done, count, size, weight, made_at, 0, 0 FROM items WHERE id = 4");
        await server.ExecuteAsync("INSERT OR REPLACE INTO items SELECT id, name, 'same', done, count, size, weight, made_at, 0, 0 FROM items WHERE id = 6");
        await replica.PullAllAsync();

        await replica.ShouldEqualTableAsync();
        replica.Rows.Keys.ShouldNotContain(4);
    }

    [Fact]
    public async Task Row_that_does_not_fit_the_schema_fails_the_request_and_is_named()
    {
        await using var server = await SyncServer.StartAsync(DatabaseKind.Sqlite, rows: 3);
        await server.ExecuteAsync("UPDATE items SET size = 'many' WHERE id = 2");
        var table = new SyncedTable(SyncServer.Items, "items");

        var error = await Should.ThrowAsync<InvalidDataException>(async () =>
            await server.Feed.ReadAsync(new FeedSource(table), null, SmallPage, new PageWriter(SyncServer.Items), CancellationToken.None));

        error.Message.ShouldContain("Row 2 of table 'items'");
        error.Message.ShouldContain("'size'");
    }

    /// <summary>The feed closes a page before a row that might not fit, by the bytes of its text; this is its bound.</summary>
    [Fact]
    public void Folding_makes_no_character_more_than_twelve_times_as_long()
    {
        for (var code = 0; code <= 0x10ffff; code++)
        {
            if (code is >= 0xd800 and <= 0xdfff)
                continue;
            var text = char.ConvertFromUtf32(code);
            var growth = (double)System.Text.Encoding.UTF8.GetByteCount(TextFolding.Fold(text)) / System.Text.Encoding.UTF8.GetByteCount(text);
            growth.ShouldBeLessThanOrEqualTo(12, $"U+{code:X4}");
        }
    }
}

public sealed class PostgresPullTests() : PullContract(DatabaseKind.Postgres);
