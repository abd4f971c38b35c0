using System.Text;

namespace Collection.Sync.Abstractions.Tests;

public sealed class RowKeyTests
{
    [Fact]
    public void Default_is_the_integer_zero()
    {
        default(RowKey).ShouldBe(new RowKey(0));
        default(RowKey).Kind.ShouldBe(FieldKind.Int64);
        default(RowKey).ShouldNotBe(new RowKey(Guid.Empty));
    }

    [Fact]
    public void Key_gives_back_what_it_was_made_of_and_nothing_else()
    {
        var guid = new Guid("00112233-4455-6677-8899-aabbccddeeff");
        RowKey[] keys = [-5, "e\u0301", guid];

        keys.Select(key => key.Kind).ShouldBe([FieldKind.Int64, FieldKind.Text, FieldKind.Guid]);
        keys.Select(key => key.ToString()).ShouldBe(["-5", "e\u0301", "00112233-4455-6677-8899-aabbccddeeff"]);
        (keys[0].Value, keys[1].Text, keys[2].Guid).ShouldBe((-5, "e\u0301", guid));
        Should.Throw<InvalidOperationException>(() => keys[1].Value).Message.ShouldContain("read Text instead");
        Should.Throw<InvalidOperationException>(() => keys[2].Text).Message.ShouldContain("read Guid instead");
        Should.Throw<InvalidOperationException>(() => keys[0].Guid).Message.ShouldContain("read Value instead");
    }

    [Fact]
    public void Text_that_is_no_key_is_refused()
    {
        foreach (var text in (string[])["", "a\0b", "\ud800", "a\udc00b"])
            Should.Throw<ArgumentException>(() => new RowKey(text));
    }

    [Fact]
    public void Text_has_at_most_256_bytes()
    {
        new RowKey(new string('a', 256)).Text.Length.ShouldBe(256);
        new RowKey(new string('é', 128)).Text.Length.ShouldBe(128);
        Should.Throw<ArgumentException>(() => new RowKey(new string('a', 257)));
        Should.Throw<ArgumentException>(() => new RowKey(new string('é', 128) + "a"));
    }

    [Fact]
    public void Texts_are_in_the_order_of_their_bytes()
    {
        string[] texts = ["a", "B", "b", "aa", "é", "e\u0301", "\ud7ff", "\ue000", "\uffee", "\uffff", "\U00010000", "\U0001f600", "\U0001f600a", "\U0010ffff"];
        foreach (var x in texts)
        {
            foreach (var y in texts)
            {
                var expected = Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y));
                Math.Sign(new RowKey(x).CompareTo(y)).ShouldBe(Math.Sign(expected), $"{x} {y}");
                (new RowKey(x) == y).ShouldBe(x == y);
            }
        }
    }

    [Fact]
    public void Guids_are_in_the_order_of_their_bytes()
    {
        var random = new Random(5);
        var bytes = new byte[16];
        var guids = Enumerable.Range(0, 100).Select(_ =>
        {
            for (var i = 0; i < bytes.Length; i++)
                bytes[i] = (byte)(random.Next(3) * 127);
            return new Guid(bytes, bigEndian: true);
        }).ToList();
        foreach (var x in guids)
        {
            foreach (var y in guids)
                Math.Sign(new RowKey(x).CompareTo(y)).ShouldBe(Math.Sign(string.CompareOrdinal($"{x}", $"{y}")), $"{x} {y}");
        }
    }

    [Fact]
    public void Equal_keys_have_the_same_hash()
    {
        new RowKey(string.Concat("a", "b")).GetHashCode().ShouldBe(new RowKey("ab").GetHashCode());
        new RowKey(new Guid("00112233-4455-6677-8899-aabbccddeeff")).GetHashCode().ShouldBe(new RowKey(new Guid("00112233-4455-6677-8899-aabbccddeeff")).GetHashCode());
        new RowKey(7).GetHashCode().ShouldBe(new RowKey(7).GetHashCode());
    }

    [Theory]
    [InlineData(FieldKind.Int32)]
    [InlineData(FieldKind.Timestamp)]
    public void Key_of_another_kind_is_refused(FieldKind kind) =>
        Should.Throw<ArgumentException>(() => new CollectionSchema("things", [new("id", kind) { IsKey = true }])).Message.ShouldContain("Int64, Text or Guid");

    [Fact]
    public void Guid_that_is_no_key_is_refused() =>
        Should.Throw<ArgumentException>(() => new CollectionSchema("things", [new("id", FieldKind.Int64) { IsKey = true }, new("other", FieldKind.Guid)])).Message.ShouldContain("make it Text");

    [Fact]
    public void Key_of_another_collection_is_refused()
    {
        var schema = new CollectionSchema("things", [new("id", FieldKind.Guid) { IsKey = true }]);

        schema.CheckKey(Guid.Empty);
        Should.Throw<ArgumentException>(() => schema.CheckKey(5)).Message.ShouldContain("is of kind Guid");
        Should.Throw<ArgumentException>(() => new PageWriter(schema).Delete("5", default));
    }

    [Fact]
    public void Views_do_not_filter_by_keys_that_are_no_integers_and_sort_by_them_by_code_point()
    {
        var schema = new CollectionSchema("things", [new("id", FieldKind.Text) { IsKey = true }, new("name", FieldKind.Text) { IsIndexed = true }]);

        foreach (ViewFilter filter in (ViewFilter[])[new EqualFilter("id", "a"), new RangeFilter("id", "a", "b"), new PrefixFilter("id", "a"), new ContainsFilter(["id"], "a")])
            Should.Throw<ArgumentException>(() => new ViewQuery { Filters = [filter] }.Check(schema)).Message.ShouldContain("FindAsync");
        Should.Throw<ArgumentException>(() => new ViewQuery { Sort = [new FieldSort("id", SortDirection.Ascending) { Collation = "sv" }] }.Check(schema));
        new ViewQuery { Sort = [new FieldSort("id", SortDirection.Ascending)] }.Check(schema);
    }
}
