using System.Diagnostics.Metrics;
using Collection.Sync.Abstractions;
using Microsoft.Extensions.DependencyInjection;

namespace Collection.Sync.AspNetCore.Tests;

public abstract class UpsertContract(DatabaseKind kind) : IAsyncLifetime
{
    private static readonly Shop s_smith = new("smith", "ebay")
    {
        Seen = 3, Total = 1L << 40, Note = "first", Weight = 0.5, MadeAt = Microseconds.ToInstant(1_700_000_000_123_456), TouchedAt = 1,
    };

    private SyncServer _server = null!;
    private DeduplicatingUpsert _upsert = null!;

    [Fact]
    public async Task New_row_is_inserted_and_a_known_one_changes_by_the_rules()
    {
        (await WriteAsync(s_smith)).ShouldBe(new UpsertResult(1, 0, 0, false));
        (await ReadAsync()).ShouldBe([s_smith]);

        var later = s_smith with { Seen = 4, Total = 5, Note = null, Weight = double.PositiveInfinity, Done = true, MadeAt = Microseconds.ToInstant(2), TouchedAt = 2 };
        (await WriteAsync(later, new Shop("Smith", "ebay"))).ShouldBe(new UpsertResult(1, 1, 0, false));

        (await ReadAsync()).ShouldBe([later with { Seen = 7, Total = (1L << 40) + 5, MadeAt = s_smith.MadeAt }, new Shop("Smith", "ebay")], ignoreOrder: true);
    }

    [Fact]
    public async Task Rows_with_equal_keys_in_a_batch_are_one_row()
    {
        var result = await WriteAsync(s_smith, s_smith with { Platform = "etsy" }, s_smith with { Note = "second", MadeAt = DateTimeOffset.UnixEpoch }, s_smith with { Note = "last", Weight = null });

        result.ShouldBe(new UpsertResult(2, 0, 0, false));
        (await ReadAsync()).ShouldBe([s_smith with { Seen = 9, Total = 3L << 40, Note = "last", Weight = null }, s_smith with { Platform = "etsy" }], ignoreOrder: true);
    }

    [Fact]
    public async Task Row_that_changes_nothing_is_no_change_to_the_feed()
    {
        await WriteAsync(s_smith, s_smith with { Name = "other" });
        var before = await ReadVersionsAsync();

        (await WriteAsync(s_smith with { Seen = 0, Total = 0 })).ShouldBe(new UpsertResult(0, 0, 1, false));
        (await ReadVersionsAsync()).ShouldBe(before, ignoreOrder: true);

        (await WriteAsync(s_smith with { Seen = 0, Total = 0, Note = "second" }, s_smith with { Name = "other", Seen = 0, Total = 0 })).ShouldBe(new UpsertResult(0, 1, 1, false));
        var after = await ReadVersionsAsync();
        after["smith"].ShouldBeGreaterThan(before.Values.Max());
        after["other"].ShouldBe(before["other"]);
    }

    [Fact]
    public async Task Another_spelling_is_written_where_the_database_calls_it_the_same()
    {
        await WriteAsync(s_smith);
        (await WriteAsync(s_smith with { Seen = 0, Total = 0, Note = "FIRST" })).Updated.ShouldBe(1);
        (await ReadAsync()).Single().Note.ShouldBe("FIRST");
    }

    [Fact]
    public async Task Sums_stop_at_the_ends_of_their_kinds()
    {
        const long most = (1L << 53) - 1;
        await WriteAsync(s_smith with { Seen = int.MaxValue - 1, Total = most }, s_smith with { Seen = 5, Total = most }, s_smith with { Name = "low", Seen = int.MinValue, Total = -most });
        (await ReadAsync()).Select(shop => (shop.Seen, shop.Total)).ShouldBe([(int.MaxValue, most), (int.MinValue, -most)], ignoreOrder: true);

        (await WriteAsync(s_smith with { Seen = int.MaxValue, Total = 1 }, s_smith with { Name = "low", Seen = -1, Total = -1 })).ShouldBe(new UpsertResult(0, 0, 2, false));
        (await ReadAsync()).Select(shop => (shop.Seen, shop.Total)).ShouldBe([(int.MaxValue, most), (int.MinValue, -most)], ignoreOrder: true);
    }

    [Fact]
    public async Task Missing_number_in_the_database_counts_as_nothing()
    {
        await WriteAsync(s_smith);
        await _server.ExecuteAsync("UPDATE shops SET total = NULL");
        (await WriteAsync(s_smith with { Total = 6 })).Updated.ShouldBe(1);
        (await ReadAsync()).Single().Total.ShouldBe(6);
    }

    [Fact]
    public async Task Table_without_changing_columns_keeps_the_first_rows()
    {
        var table = new UpsertTable<Shop>("shops", Shop.Table.Columns.Select(c => c.Rule == UpsertRule.Key ? c : c with { Rule = UpsertRule.KeepFirst }));
        await _upsert.WriteAsync(table, null, [s_smith], CancellationToken.None);

        (await _upsert.WriteAsync(table, null, [s_smith with { Seen = 9, Note = "x" }, s_smith with { Name = "new" }], CancellationToken.None)).ShouldBe(new UpsertResult(1, 0, 1, false));
        (await ReadAsync()).ShouldBe([s_smith, s_smith with { Name = "new" }], ignoreOrder: true);
    }

    [Fact]
    public async Task Batch_that_was_written_is_not_written_again_and_tells_what_it_did()
    {
        await WriteAsync(s_smith, s_smith with { Name = "same", Seen = 0, Total = 0 });
        Shop[] rows = [s_smith, s_smith with { Name = "same", Seen = 0, Total = 0 }, s_smith with { Name = "new" }];

        (await WriteAsync(new UpsertBatch(7, 1), rows)).ShouldBe(new UpsertResult(1, 1, 1, false));
        (await WriteAsync(new UpsertBatch(7, 1), rows)).ShouldBe(new UpsertResult(1, 1, 1, true));
        (await ReadAsync()).Single(shop => shop.Name == "smith").Seen.ShouldBe(6);

        (await WriteAsync(new UpsertBatch(8, 1), rows)).IsRepeated.ShouldBeFalse();
        (await WriteAsync(new UpsertBatch(7, 2), rows)).IsRepeated.ShouldBeFalse();
        (await WriteAsync(new UpsertBatch(7, 3))).ShouldBe(new UpsertResult(0, 0, 0, false));
        (await WriteAsync(new UpsertBatch(7, 3))).IsRepeated.ShouldBeTrue();
        (await ReadAsync()).Single(shop => shop.Name == "smith").Seen.ShouldBe(12);

        (await _upsert.ForgetRunAsync(7, CancellationToken.None)).ShouldBe(3);
        (await WriteAsync(new UpsertBatch(7, 1), rows)).IsRepeated.ShouldBeFalse();
        (await WriteAsync(new UpsertBatch(8, 1), rows)).IsRepeated.ShouldBeTrue();
    }

    [Fact]
    public async Task Batch_sent_by_many_at_once_is_written_once()
    {
        for (var batch = 0; batch < 20; batch++)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => WriteAsync(new UpsertBatch(1, batch), s_smith))));
            results.Count(result => !result.IsRepeated).ShouldBe(1);
            results.Select(result => result with { IsRepeated = false }).Distinct().Count().ShouldBe(1);
        }

        (await ReadAsync()).Single().Seen.ShouldBe(20 * s_smith.Seen);
    }

    [Fact]
    public async Task Batch_that_the_database_refuses_leaves_nothing_behind()
    {
        Shop[] rows = [s_smith, s_smith with { Name = "refused" }];
        await Should.ThrowAsync<System.Data.Common.DbException>(() => WriteAsync(new UpsertBatch(1, 1), rows));
        (await ReadAsync()).ShouldBeEmpty();

        (await WriteAsync(new UpsertBatch(1, 1), rows[0])).ShouldBe(new UpsertResult(1, 0, 0, false));
    }

    [Fact]
    public async Task Batch_within_a_transaction_goes_with_it()
    {
        await Should.ThrowAsync<TimeoutException>(async () => await _server.Database.WriteAsync<int>(async (transaction, token) =>
        {
            (await _upsert.WriteAsync(Shop.Table, new UpsertBatch(1, 1), [s_smith], transaction, token)).Inserted.ShouldBe(1);
            throw new TimeoutException();
        }, CancellationToken.None));
        (await ReadAsync()).ShouldBeEmpty();

        await _server.Database.WriteAsync((transaction, token) => _upsert.WriteAsync(Shop.Table, new UpsertBatch(1, 1), [s_smith], transaction, token), CancellationToken.None);
        (await ReadAsync()).ShouldBe([s_smith]);
    }

    [Fact]
    public async Task Values_that_are_none_are_refused_with_row_and_column()
    {
        Func<Shop, Shop>[] bad =
        [
            shop => shop with { Name = null! },
            shop => shop with { Name = "NUL \0" },
            shop => shop with { Name = "half \ud83d" },
            shop => shop with { Name = "\ud83d half" },
            shop => shop with { Name = "wrong way \udc1f\ud83d" },
            shop => shop with { Name = "fine 🐟, then half \udc1f" },
            shop => shop with { Note = "\0" },
            shop => shop with { Weight = double.NaN },
            shop => shop with { Total = 1L << 53 },
            shop => shop with { Total = long.MinValue },
            shop => shop with { TouchedAt = long.MaxValue },
            shop => shop with { MadeAt = DateTimeOffset.MaxValue },
        ];
        foreach (var change in bad)
        {
            var error = await Should.ThrowAsync<ArgumentException>(() => WriteAsync(new UpsertBatch(1, 1), s_smith, s_smith, change(s_smith)));
            error.Message.ShouldMatch("^rows\\[2\\], column '(name|note|weight|total|made_at|touched_at)' of 'shops': .* Nothing was written\\.");
        }

        await RefuseAsync(Column(FieldKind.Int32, _ => "1"), "is a String, and the column of kind Int32");
        await RefuseAsync(Column(FieldKind.Int32, _ => 1L), "is a Int64");
        await RefuseAsync(Column(FieldKind.Int64, _ => 1.0), "is a Double");
        await RefuseAsync(Column(FieldKind.Timestamp, _ => new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc)), "is a DateTime");
        await RefuseAsync(Column(FieldKind.Text, _ => 'x'), "is a Char");
        await RefuseAsync(Column(FieldKind.Boolean, _ => 1), "is a Int32");
        (await Should.ThrowAsync<ArgumentException>(() => WriteAsync([.. Enumerable.Repeat(s_smith, 10_001)]))).Message.ShouldContain("10001 rows are too many");

        (await ReadAsync()).ShouldBeEmpty();
        (await WriteAsync(new UpsertBatch(1, 1), s_smith)).IsRepeated.ShouldBeFalse();
        (await WriteAsync([.. Enumerable.Repeat(s_smith, 10_000)])).Updated.ShouldBe(1);

        static UpsertColumn<Shop> Column(FieldKind kind, Func<Shop, object?> value) => new("seen", kind, UpsertRule.Replace, value);

        async Task RefuseAsync(UpsertColumn<Shop> column, string reason)
        {
            var table = new UpsertTable<Shop>("shops", [Shop.Table.Columns[0], Shop.Table.Columns[1], column]);
            (await Should.ThrowAsync<ArgumentException>(async () => await _upsert.WriteAsync(table, null, [s_smith], CancellationToken.None)))
                .Message.ShouldContain($"rows[0], column 'seen' of 'shops': the value {reason}");
        }
    }

    [Fact]
    public async Task Text_of_all_planes_is_written_as_it_is()
    {
        string[] names = ["", " ", "🐟", "\uffff", "\u0001", "Ärger", "A\u0308rger", "商店", "' OR 1=1 --", "x;{}\\\"", new('x', 3000)];
        (await WriteAsync([.. names.Concat(names).Select(name => s_smith with { Name = name, Note = name })])).Inserted.ShouldBe(names.Length);
        (await ReadAsync()).Select(shop => (shop.Name, shop.Note)).ShouldBe(names.Select(name => (name, (string?)name)), ignoreOrder: true);
    }

    /// <summary>Random batches over few keys, against a dictionary that is told the same.</summary>
    [Fact]
    public async Task Random_batches_do_what_a_dictionary_would()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var model = new Dictionary<(string, string), Shop>();
        for (var i = 0; i < 150; i++)
        {
            var rows = Enumerable.Range(0, random.Next(40)).Select(_ => RandomShop(random)).ToArray();
            var before = new Dictionary<(string, string), Shop>(model);
            foreach (var row in rows)
            {
                var key = (row.Name, row.Platform);
                model[key] = !model.TryGetValue(key, out var known)
                    ? row
                    : row with { Seen = (int)Math.Min((long)known.Seen + row.Seen, int.MaxValue), Total = Math.Min(known.Total + row.Total, (1L << 53) - 1), MadeAt = known.MadeAt };
            }

            var touched = rows.Select(row => (row.Name, row.Platform)).Distinct().ToArray();
            var inserted = touched.Count(key => !before.ContainsKey(key));
            var updated = touched.Count(key => before.TryGetValue(key, out var known) && known != model[key]);
            (await WriteAsync(rows)).ShouldBe(new UpsertResult(inserted, updated, touched.Length - inserted - updated, false), $"batch {i} of seed {seed}");
        }

        (await ReadAsync()).ShouldBe(model.Values, ignoreOrder: true, $"seed {seed}");
    }

    [Fact]
    public async Task Metrics_count_what_batches_did()
    {
        var meter = _server.Services.GetRequiredService<SyncTelemetry>().Meter;
        var seen = new List<(string Name, long Count, string Tags)>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, self) => { if (instrument.Meter == meter) self.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((instrument, count, tags, _) =>
        {
            if (count > 0)
                seen.Add((instrument.Name, count, string.Join(", ", tags.ToArray().Select(tag => tag.Value))));
        });
        listener.Start();

        await WriteAsync(s_smith);
        await WriteAsync(new UpsertBatch(1, 1), s_smith, s_smith with { Name = "new" }, s_smith with { Name = "other" });
        await WriteAsync(new UpsertBatch(1, 1), s_smith, s_smith with { Name = "new" }, s_smith with { Name = "other" });
        await WriteAsync(s_smith with { Seen = 0, Total = 0 });

        seen.ShouldBe(
        [
            ("collection.sync.upsert.rows", 1, "shops, inserted"),
            ("collection.sync.upsert.rows", 2, "shops, inserted"),
            ("collection.sync.upsert.rows", 1, "shops, updated"),
            ("collection.sync.upsert.repeated", 1, "shops"),
            ("collection.sync.upsert.rows", 1, "shops, unchanged"),
        ]);
    }

    public async Task InitializeAsync()
    {
        _server = await Shop.StartServerAsync(kind);
        _upsert = _server.Services.GetRequiredService<DeduplicatingUpsert>();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    private static Shop RandomShop(Random random) => new($"{"abAB"[random.Next(4)]}{random.Next(10)}", random.Next(2) == 0 ? "ebay" : "etsy")
    {
        Seen = random.Next(20) == 0 ? int.MaxValue : 20 * random.Next(3),
        Total = random.Next(20) == 0 ? (1L << 53) - 1 : random.Next(3),
        Note = random.Next(3) switch { 0 => null, 1 => "x", _ => "X" },
        Weight = random.Next(2) == 0 ? null : random.Next(2),
        Done = random.Next(2) == 0,
        MadeAt = DateTimeOffset.UnixEpoch.AddSeconds(random.Next(100)),
        TouchedAt = random.Next(2) == 0 ? null : random.Next(2),
    };

    private Task<UpsertResult> WriteAsync(params Shop[] rows) => _upsert.WriteAsync(Shop.Table, null, rows, CancellationToken.None).AsTask();

    private Task<UpsertResult> WriteAsync(UpsertBatch batch, params Shop[] rows) => _upsert.WriteAsync(Shop.Table, batch, rows, CancellationToken.None).AsTask();

    private async Task<IEnumerable<Shop>> ReadAsync() => (await Shop.ReadAllAsync(_server)).Values;

    private async Task<Dictionary<string, long>> ReadVersionsAsync()
    {
        await using var connection = await _server.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT name, sync_seq FROM shops";
        await using var reader = await command.ExecuteReaderAsync();
        var versions = new Dictionary<string, long>();
        while (await reader.ReadAsync())
            versions.Add(reader.GetString(0), reader.GetInt64(1));
        return versions;
    }
}

public sealed class SqliteUpsertTests() : UpsertContract(DatabaseKind.Sqlite);

public sealed class PostgresUpsertTests() : UpsertContract(DatabaseKind.Postgres);
