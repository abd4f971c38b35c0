using Collection.Sync.Abstractions;

namespace Collection.Contracts;

// Keys that are texts and Guids, many of them: the random sequences have few.
public abstract partial class CollectionStoreContract
{
    [Theory]
    [InlineData(FieldKind.Int64, SortDirection.Ascending)]
    [InlineData(FieldKind.Text, SortDirection.Ascending)]
    [InlineData(FieldKind.Text, SortDirection.Descending)]
    [InlineData(FieldKind.Guid, SortDirection.Ascending)]
    [InlineData(FieldKind.Guid, SortDirection.Descending)]
    public async Task Keys_OfAnyKind_AreKeptFoundAndInOrder(FieldKind kind, SortDirection keyOrder)
    {
        const int seed = 40;
        var random = new Random(seed);
        var schema = new CollectionSchema("keyed", [new("name", FieldKind.Text) { IsIndexed = true }, new("key", kind) { IsKey = true }], keyOrder);
        var store = await OpenAsync(schema);
        var model = new Dictionary<RowKey, string>();
        for (var (page, version) = (0, 0); page < 3; page++)
        {
            var builder = new PageBuilder(schema);
            List<RowKey> gone = [.. model.Keys.Where(_ => random.Next(10) == 0)];
            for (var i = 0; i < 2500; i++)
            {
                var (key, name) = (RandomKey(kind, random), $"name {random.Next(5)}");
                builder.Upsert(new RowVersion(0, ++version), name, ValueOf(key));
                model[key] = name;
            }

            foreach (var key in gone)
            {
                builder.Delete(key, new RowVersion(0, ++version));
                model.Remove(key);
            }

            await ApplyAsync(store, builder.Build($"c{page}"), store.Status.Cursor?.Value);
        }

        var edited = model.Keys.ElementAt(random.Next(model.Count));
        var edit = new RowEdit(edited, FieldValues.Of(schema, ("name", "edited")));
        (await store.Outbox.EditAsync([edit], Noon, default))[0].Result.ShouldBe(EditResult.Queued);
        model[edited] = "edited";
        await CheckAsync();

        await store.DisposeAsync();
        await CloseAsync();
        store = await OpenAsync(schema);
        await CheckAsync();
        (await PendingAsync(store)).ShouldHaveSingleItem().Edit.ShouldBe(edit);

        async Task CheckAsync()
        {
            var rows = keyOrder == SortDirection.Ascending ? model.OrderBy(row => row.Key).ToList() : model.OrderByDescending(row => row.Key).ToList();
            (await KeyedAsync(ViewQuery.All)).ShouldBe(rows.Select(row => (row.Key, row.Value)), $"seed {seed}");
            (await KeyedAsync(new ViewQuery { Sort = [new FieldSort("name", SortDirection.Descending)] })).ShouldBe(rows.OrderByDescending(row => row.Value, StringComparer.Ordinal).Select(row => (row.Key, row.Value)), $"seed {seed}");
            (await KeyedAsync(new ViewQuery { Sort = [new FieldSort("key", SortDirection.Descending)] })).ShouldBe(model.OrderByDescending(row => row.Key).Select(row => (row.Key, row.Value)), $"seed {seed}");
            var (view, _) = await store.OpenViewAsync(ViewQuery.All, new RowRange(0, 1), default);
            await using (view)
            {
                foreach (var at in (int[])[0, 7, rows.Count / 2, rows.Count - 1])
                    (await view.FindAsync(rows[at].Key, default)).ShouldBe(at);
                (await view.FindAsync(KeyOf(kind, 4), default)).ShouldBeNull();
            }
        }

        async Task<List<(RowKey Key, string Name)>> KeyedAsync(ViewQuery query)
        {
            var (view, rows) = await store.OpenViewAsync(query, new RowRange(0, int.MaxValue), default);
            await using (view)
                return [.. rows.Decode(new KeyedCodec(kind))];
        }
    }

    [Fact]
    public async Task Key_OfAnotherKind_IsRefused()
    {
        var store = await OpenAsync(new CollectionSchema("keyed", [new("key", FieldKind.Guid) { IsKey = true }]));
        var (view, _) = await store.OpenViewAsync(ViewQuery.All, new RowRange(0, 1), default);

        foreach (var key in (RowKey[])[5, "00000001-0000-0000-0000-000000000000"])
        {
            await Should.ThrowAsync<ArgumentException>(async () => await view.FindAsync(key, default));
            await Should.ThrowAsync<ArgumentException>(async () => await EditAsync(store, new RowEdit(key, FieldValues.None)));
        }
    }

    [Theory]
    [InlineData(FieldKind.Int64, FieldKind.Guid)]
    [InlineData(FieldKind.Text, FieldKind.Guid)]
    [InlineData(FieldKind.Int64, FieldKind.Text)]
    [InlineData(FieldKind.Guid, FieldKind.Int64)]
    public async Task Edit_WhoseKeyIsOfTheKindOfAnOlderSchema_StaysAndIsShownNowhere(FieldKind before, FieldKind after)
    {
        var old = new CollectionSchema("keyed", [new("name", FieldKind.Text) { IsIndexed = true }, new("key", before) { IsKey = true }]);
        var store = await OpenAsync(old);
        await ApplyAsync(store, new PageBuilder(old).Upsert(new RowVersion(0, 1), "a", ValueOf(KeyOf(before, 1))).Build("c"), null);
        await EditAsync(store, new RowEdit(KeyOf(before, 1), FieldValues.Of(old, ("name", "b"))));
        await CloseAsync();

        var schema = new CollectionSchema("keyed", [new("name", FieldKind.Text) { IsIndexed = true }, new("key", after) { IsKey = true }]);
        store = await OpenAsync(schema);
        await ApplyAsync(store, new PageBuilder(schema).Upsert(new RowVersion(0, 2), "c", ValueOf(KeyOf(after, 1))).Build("d"), null);

        store.Status.RowCount.ShouldBe(1);
        (await store.OpenViewAsync(new ViewQuery { Filters = [new EqualFilter("name", "c")] }, new RowRange(0, 1), default)).View.Count.ShouldBe(1);
        // A Guid reads back as the text that it is written as, where nothing says that it is one.
        (await PendingAsync(store)).ShouldHaveSingleItem().Edit.Key.ToString().ShouldBe(KeyOf(before, 1).ToString());
        (await store.Outbox.SealAsync("client", 10, await FenceAsync(store), default)).Mutations.ShouldHaveSingleItem().Edit.Key.Kind.ShouldNotBe(after);
    }

    // Out of order, with some that come again; texts of one to four bytes a character.
    private static RowKey RandomKey(FieldKind kind, Random random)
    {
        var number = random.Next(10, 6000);
        string[] starts = ["", "é", "\uffee", "\U0001f600"];
        return kind switch
        {
            FieldKind.Text => $"{starts[number % 4]}{number * 7919L % 6007}",
            FieldKind.Guid => new Guid((number * 40503) ^ 0x5a5a5a5a, (short)(number * 31), (short)number, 1, 2, 3, 4, 5, 6, 7, (byte)number),
            _ => number,
        };
    }

    private sealed class KeyedCodec(FieldKind kind) : IRowCodec<(RowKey Key, string Name)>
    {
        public void Write(ref MessagePackWriter writer, (RowKey Key, string Name) row) => throw new NotSupportedException();

        public (RowKey Key, string Name) Read(ref MessagePackReader reader)
        {
            reader.ReadArrayHeader(2);
            var name = reader.ReadText();
            return (kind switch
            {
                FieldKind.Text => reader.ReadText(),
                FieldKind.Guid => reader.ReadGuid(),
                _ => (RowKey)reader.ReadInt64(),
            }, name);
        }
    }
}
