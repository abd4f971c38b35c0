using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Abstractions.Tests;

/// <summary>The pages in <c>tests/golden</c>: C# writes them, and C# and TypeScript read them.</summary>
internal static class GoldenPages
{
    public static CollectionSchema Sellers { get; } = new(
        "sellers",
        [
            new("id", FieldKind.Int64) { IsKey = true },
            new("display_name", FieldKind.Text),
            new("normalized_name", FieldKind.Text) { IsIndexed = true, IsSearchable = true },
            new("platform", FieldKind.Text) { IsIndexed = true },
            new("times_seen", FieldKind.Int32) { IsIndexed = true },
            new("feedback_percent", FieldKind.Double) { IsIndexed = true, IsNullable = true },
            new("feedback_count", FieldKind.Int32) { IsIndexed = true },
            new("flagged", FieldKind.Boolean) { IsIndexed = true },
            new("platform_id", FieldKind.Text) { IsNullable = true },
            new("created_at", FieldKind.Timestamp) { IsIndexed = true },
            new("updated_at", FieldKind.Timestamp),
            new("last_seen_run_id", FieldKind.Int64) { IsNullable = true },
        ],
        keyOrder: SortDirection.Descending);

    /// <summary>Each kind, with and without missing values, indexed and not; the key in the middle.</summary>
    public static CollectionSchema EveryKind { get; } = new(
        "every_kind",
        [
            new("flag", FieldKind.Boolean) { IsIndexed = true },
            new("flag_or_null", FieldKind.Boolean) { IsIndexed = true, IsNullable = true },
            new("small", FieldKind.Int32) { IsIndexed = true },
            new("small_or_null", FieldKind.Int32) { IsIndexed = true, IsNullable = true },
            new("key", FieldKind.Int64) { IsKey = true },
            new("big", FieldKind.Int64) { IsIndexed = true },
            new("big_or_null", FieldKind.Int64) { IsIndexed = true, IsNullable = true },
            new("real", FieldKind.Double) { IsIndexed = true },
            new("real_or_null", FieldKind.Double) { IsIndexed = true, IsNullable = true },
            new("instant", FieldKind.Timestamp) { IsIndexed = true },
            new("instant_or_null", FieldKind.Timestamp) { IsIndexed = true, IsNullable = true },
            new("text", FieldKind.Text) { IsIndexed = true, IsSearchable = true },
            new("text_or_null", FieldKind.Text) { IsIndexed = true, IsNullable = true },
            new("note", FieldKind.Text) { IsNullable = true },
        ]);

    /// <summary>Keys that are text: not folded, though a column of text is.</summary>
    public static CollectionSchema TextKeys { get; } = new(
        "text_keys",
        [new("code", FieldKind.Text) { IsKey = true }, new("name", FieldKind.Text) { IsIndexed = true }]);

    public static CollectionSchema GuidKeys { get; } = new(
        "guid_keys",
        [new("name", FieldKind.Text) { IsIndexed = true }, new("id", FieldKind.Guid) { IsKey = true }]);

    public static IEnumerable<(string Name, CollectionSchema Schema, byte[] Page)> All()
    {
        yield return ("empty", Sellers, new PageBuilder(Sellers).Build("~"));
        yield return ("one-row", Sellers, AddSellers(new PageBuilder(Sellers), 1).Build("cursor-8", more: true, isSnapshot: true, totalRows: 1));
        yield return ("snapshot", Sellers, AddSellers(new PageBuilder(Sellers), SellerNames.Length).Build("snapshot.after-40-rows", more: true, isSnapshot: true, epoch: 1_790_000_000, totalRows: 100_000));
        yield return ("deletes", Sellers, new PageBuilder(Sellers)
            .Delete(17, new(4_000, 9_001))
            .Delete(-3, new(4_000, 9_002))
            .Delete(RowKey.MaxMagnitude, new(4_001, 8_999))
            .Build("delta/4001+8999", epoch: 2, totalRows: 0));
        yield return ("mixed", Sellers, AddSellers(new PageBuilder(Sellers), 9)
            .Delete(5, new(0, 77))
            .Delete(6, new(RowKey.MaxMagnitude, RowKey.MaxMagnitude))
            .Build(new string('x', SyncCursor.MaxLength), epoch: RowKey.MaxMagnitude, totalRows: RowKey.MaxMagnitude));
        yield return ("every-kind", EveryKind, AddEveryKind(new PageBuilder(EveryKind)).Build("every-kind", more: true, epoch: 0));
        yield return ("text-keys", TextKeys, new PageBuilder(TextKeys)
            .Upsert(new(1, 1), "A", "Ä")
            .Upsert(new(1, 2), "ß", "")
            .Upsert(new(1, 3), "e\u0301", "x")
            .Upsert(new(1, 4), "\ufeff\U0001f600", "y")
            .Upsert(new(1, 5), new string('字', 85) + "z", "z")
            .Delete("\uffff", new(1, 6))
            .Delete("a", new(1, 7))
            .Build("text-keys"));
        yield return ("text-keys-deleted", TextKeys, Enumerable.Range(0, 100).Aggregate(new PageBuilder(TextKeys), (page, i) => page.Delete($"{(char)('0' + i)}", new(2, i))).Build("text-keys-deleted"));
        yield return ("guid-keys", GuidKeys, new PageBuilder(GuidKeys)
            .Upsert(new(1, 1), "nothing", Guid.Empty)
            .Upsert(new(1, 2), "in order", new Guid("00112233-4455-6677-8899-aabbccddeeff"))
            .Upsert(new(1, 3), "all", Guid.AllBitsSet)
            .Delete(new Guid("ffeeddcc-bbaa-9988-7766-554433221100"), new(1, 4))
            .Build("guid-keys"));
    }

    private static readonly string[] SellerNames =
    [
        "Anna's Antiques", "Müller & Söhne GmbH", "STRASSE", "Straße 12", "", "ÅNGSTRÖM", "A\u030angstro\u0308m", "ΟΔΥΣΣΕΎΣ",
        "Όμηρος", "İstanbul Halı", "ısparta", "Москва Книги", "Ёлка", "किताब घर", "தமிழ் அங்காடி", "ร้านหนังสือ",
        "東京書店", "ﾄｳｷｮｳ", "ＦＵＬＬ　ＷＩＤＴＨ", "서울 책방", "ספרים", "كتب القاهرة", "مکتبه", "Հայկական",
        "ქართული", "ᏣᎳᎩ", "ꮳꮃꭹ", "𐐔𐐯𐑅𐐨𐑉𐐯𐐻", "😀 Toys 👩‍👩‍👧", "🏳️‍🌈", "ﬁne ﬂowers", "Ⅳ Corners",
        "Ǆemal", "x²", "  two  spaces  ", "tab\tand\nline", "<script>alert(1)</script>", "=1+1", "quote\"comma,", "\u0000nul",
    ];

    private static readonly string[] Platforms = ["eBay", "Etsy", "Amazon", "Ｍercari", ""];

    private static PageBuilder AddSellers(PageBuilder page, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var name = SellerNames[i];
            var created = DateTimeOffset.UnixEpoch.AddDays(20_000 + i).AddMicroseconds(i);
            page.Upsert(
                new RowVersion(4_000 + (i / 7), 10_000 - i),
                100_000L - i,
                name,
                TextFolding.Fold(name),
                Platforms[i % Platforms.Length],
                i * i * 997,
                i % 3 == 0 ? null : 100 - (i / 8.0),
                i % 5 == 0 ? int.MaxValue : i * 31,
                i % 4 == 1,
                i % 6 == 0 ? null : $"Q{i * 7919}",
                created,
                created.AddHours(i),
                i % 2 == 0 ? null : 1_000_000_000L * i);
        }

        return page;
    }

    private static PageBuilder AddEveryKind(PageBuilder page)
    {
        var instants = new[] { DateTimeOffset.UnixEpoch, Microseconds.ToInstant(-RowKey.MaxMagnitude), Microseconds.ToInstant(RowKey.MaxMagnitude), DateTimeOffset.UnixEpoch.AddMicroseconds(-1) };
        var reals = new[] { 0.0, -0.0, 0.1, -1e308, double.Epsilon, double.PositiveInfinity, double.NegativeInfinity, Math.PI };
        var bigs = new[] { 0L, 127, 128, -32, -33, 65_535, 65_536, -32_769, uint.MaxValue, uint.MaxValue + 1L, RowKey.MaxMagnitude, -RowKey.MaxMagnitude };
        var smalls = new[] { 0, 1, -1, 255, 256, -128, -129, 32_768, int.MaxValue, int.MinValue };
        var texts = new[] { "", "a", "ß", "日本", "😀", new string('é', 16), new string('x', 31), new string('x', 32), new string('x', 255), new string('x', 256) };
        for (var i = 0; i < 13; i++)
        {
            page.Upsert(
                new RowVersion(i, 2 * i),
                i % 2 == 0,
                i % 3 == 0 ? null : i % 3 == 1,
                smalls[i % smalls.Length],
                i % 5 == 4 ? null : smalls[^(1 + (i % smalls.Length))],
                bigs[(i + 6) % bigs.Length] + (i == 12 ? 7 : 0),
                bigs[i % bigs.Length],
                i is 0 or 12 ? null : bigs[^(1 + (i % bigs.Length))],
                reals[i % reals.Length],
                i is 7 or 8 ? null : reals[^(1 + (i % reals.Length))],
                instants[i % instants.Length],
                i % 2 == 1 ? null : instants[^(1 + (i % instants.Length))],
                texts[i % texts.Length],
                i % 4 == 2 ? null : texts[^(1 + (i % texts.Length))],
                i == 3 ? null : new string('字', i));
        }

        return page.Delete(99, new(13, 0)).Delete(98, new(13, 1));
    }
}
