using Collection.Contracts;

namespace Collection.Sync.Abstractions.Tests;

public sealed class PageWriterTests
{
    private static readonly CollectionSchema Things = new("things",
    [
        new("id", FieldKind.Int64) { IsKey = true },
        new("name", FieldKind.Text) { IsIndexed = true },
        new("count", FieldKind.Int32) { IsNullable = true },
        new("score", FieldKind.Double) { IsIndexed = true, IsNullable = true },
        new("active", FieldKind.Boolean),
    ]);

    [Fact]
    public void Writer_is_empty_again_after_a_page()
    {
        var page = new PageBuilder(Things);
        var first = page.Upsert(new(0, 1), 1L, "a", 1, 1.0, true).Delete(2, new(0, 2)).Build("a");

        page.Build("a").ShouldBe(new PageBuilder(Things).Build("a"));
        page.Upsert(new(0, 1), 1L, "a", 1, 1.0, true).Delete(2, new(0, 2)).Build("a").ShouldBe(first);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    public void ByteLength_follows_the_rows(int rows)
    {
        var writer = new PageWriter(Things);
        for (var i = 0; i < rows; i++)
            WriteRow(writer, i, new string('x', i));

        var said = writer.ByteLength;
        (writer.Finish(Header("a")).Length - said).ShouldBeInRange(0, 300);
    }

    [Fact]
    public void Values_that_do_not_fit_their_field_are_refused()
    {
        foreach (var values in new object?[][]
        {
            [RowKey.MaxMagnitude + 1, "", 1, 1.0, true],
            [-RowKey.MaxMagnitude - 1, "", 1, 1.0, true],
            [long.MinValue, "", 1, 1.0, true],
            [null, "", 1, 1.0, true],
            [1L, null, 1, 1.0, true],
            [1L, "\ud800", 1, 1.0, true],
            [1L, "", int.MaxValue + 1L, 1.0, true],
            [1L, "", 1, double.NaN, true],
            [1L, "", 1, 1.0, null],
            [1L, 1, 1, 1.0, true],
            [1L, "", "", 1.0, true],
            [1L, "", 1, true, true],
            [1L, "", 1, 1.0, 1.0],
        })
        {
            Should.Throw<ArgumentException>(() => new PageBuilder(Things).Upsert(new(0, 1), values));
        }

        Should.Throw<ArgumentNullException>(() =>
        {
            var writer = new PageWriter(Things);
            writer.BeginRow(new(0, 1));
            writer.WriteInteger(1);
            writer.WriteText(null!);
        });
    }

    [Fact]
    public void Rows_that_are_not_written_whole_are_refused()
    {
        var writer = new PageWriter(Things);
        Should.Throw<InvalidOperationException>(() => writer.WriteInteger(1));
        Should.Throw<InvalidOperationException>(writer.EndRow);

        writer.BeginRow(new(0, 1));
        Should.Throw<InvalidOperationException>(() => writer.BeginRow(new(0, 1)));
        writer.WriteInteger(1);
        Should.Throw<InvalidOperationException>(writer.EndRow);
        Should.Throw<InvalidOperationException>(() => writer.Finish(Header("a")));
    }

    [Fact]
    public void Writer_makes_no_page_of_a_row_in_which_a_value_was_refused()
    {
        var writer = new PageWriter(Things);
        writer.BeginRow(new(0, 2));
        writer.WriteInteger(2);
        Should.Throw<ArgumentException>(() => writer.WriteText("\ud800"));

        Should.Throw<InvalidOperationException>(() => writer.BeginRow(new(0, 3)));
        Should.Throw<InvalidOperationException>(() => writer.Finish(Header("a")));
    }

    [Fact]
    public void Page_beyond_the_largest_size_is_refused()
    {
        var writer = new PageWriter(Things);
        WriteRow(writer, 1, new string('x', PageHeader.MaxByteLength / 2));
        WriteRow(writer, 2, "");

        Should.Throw<InvalidOperationException>(() => writer.Finish(Header("a"))).Message.ShouldContain("sooner");
    }

    [Fact]
    public void What_a_reader_would_refuse_is_not_written()
    {
        foreach (var header in new[]
        {
            Header(""), Header(new string('x', SyncCursor.MaxLength + 1)), Header("with space"), Header("ä"), Header(null!),
            Header("a") with { Epoch = -1 }, Header("a") with { Epoch = RowKey.MaxMagnitude + 1 },
            Header("a") with { TotalRows = -2 }, Header("a") with { TotalRows = long.MaxValue },
        })
        {
            Should.Throw<ArgumentException>(() => new PageWriter(Things).Finish(header), header.ToString());
        }

        foreach (var version in new RowVersion[] { new(-1, 0), new(0, -1), new(RowKey.MaxMagnitude + 1, 0), new(0, long.MaxValue) })
        {
            Should.Throw<ArgumentException>(() => new PageWriter(Things).BeginRow(version));
            Should.Throw<ArgumentException>(() => new PageWriter(Things).Delete(new RowKey(1), version));
        }

        Should.Throw<ArgumentException>(() => new PageWriter(Things).Delete(new RowKey(RowKey.MaxMagnitude + 1), new(0, 1)));
        Should.Throw<ArgumentException>(() => new PageWriter(Things).Delete(new RowKey(long.MinValue), new(0, 1)));
    }

    private static void WriteRow(PageWriter writer, long key, string name)
    {
        writer.BeginRow(new(0, key));
        writer.WriteInteger(key);
        writer.WriteText(name);
        writer.WriteInteger(7);
        writer.WriteDouble(0.5);
        writer.WriteBoolean(true);
        writer.EndRow();
    }

    private static PageHeader Header(string next) =>
        new() { Next = new SyncCursor(next), More = false, IsSnapshot = false, Epoch = 1, TotalRows = -1 };
}
