using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore.Tests;

public sealed class UpsertTableTests
{
    private static readonly UpsertColumn<string> s_key = Column("name", FieldKind.Text, UpsertRule.Key);

    [Theory]
    [InlineData("")]
    [InlineData("Shops")]
    [InlineData("shops\n")]
    [InlineData("a\"b")]
    [InlineData("public.shops")]
    [InlineData("sqlite_master")]
    [InlineData("sync_batches")]
    [InlineData("sync_edits")]
    [InlineData("a123456789a123456789a123456789a123456789a123456789a123456789a123")]
    public void Table_with_such_a_name_is_refused(string name) =>
        Should.Throw<ArgumentException>(() => new UpsertTable<string>(name, [s_key])).Message.ShouldContain("cannot be a table to upsert into");

    [Theory]
    [InlineData("Name", FieldKind.Text, UpsertRule.Replace, false, "name that is not allowed")]
    [InlineData("na\"me", FieldKind.Text, UpsertRule.Replace, false, "name that is not allowed")]
    [InlineData("name", FieldKind.Text, UpsertRule.Replace, false, "'name' twice")]
    [InlineData("sync_seq", FieldKind.Int64, UpsertRule.Replace, false, "set by sync itself")]
    [InlineData("sync_xid", FieldKind.Int64, UpsertRule.Replace, false, "set by sync itself")]
    [InlineData("other", FieldKind.Text, UpsertRule.Key, true, "is nullable, which a key cannot be")]
    [InlineData("other", FieldKind.Int32, UpsertRule.Add, true, "is nullable, which a sum cannot be")]
    [InlineData("other", FieldKind.Double, UpsertRule.Key, false, "is a key, and a double")]
    [InlineData("other", FieldKind.Double, UpsertRule.Add, false, "is a sum, which is Int32 or Int64")]
    [InlineData("other", FieldKind.Text, UpsertRule.Add, false, "is a sum, which is Int32 or Int64")]
    [InlineData("other", (FieldKind)77, UpsertRule.Replace, false, "does not exist")]
    [InlineData("other", FieldKind.Text, (UpsertRule)77, false, "does not exist")]
    public void Column_like_that_is_refused(string name, FieldKind kind, UpsertRule rule, bool isNullable, string reason) =>
        Should.Throw<ArgumentException>(() => new UpsertTable<string>("shops", [s_key, Column(name, kind, rule) with { IsNullable = isNullable }]))
            .Message.ShouldContain(reason);

    [Fact]
    public void Table_without_a_key_is_refused() =>
        Should.Throw<ArgumentException>(() => new UpsertTable<string>("shops", [Column("name", FieldKind.Text, UpsertRule.Replace)])).Message.ShouldContain("has no key");

    [Fact]
    public void Rows_are_written_in_one_order_whatever_order_they_came_in()
    {
        var table = new UpsertTable<(string Name, long Number)>("shops",
        [
            new("number", FieldKind.Int64, UpsertRule.Key, row => row.Number),
            new("name", FieldKind.Text, UpsertRule.Key, row => row.Name),
        ]);
        (string, long)[] sorted = [("b", -3), ("B", 2), ("a", 2), ("ä", 2), ("a", 10)];

        foreach (var rows in (IEnumerable<(string, long)[]>)[sorted, [.. sorted.Reverse()], [.. sorted.Concat(sorted).OrderBy(row => row.Item1, StringComparer.InvariantCulture)]])
            UpsertRows.Merge(table, rows).Select(row => ((string)row[1]!, (long)row[0]!)).ShouldBe(sorted);
    }

    private static UpsertColumn<string> Column(string name, FieldKind kind, UpsertRule rule) => new(name, kind, rule, text => text);
}
