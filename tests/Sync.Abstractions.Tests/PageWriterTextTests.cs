using System.Text;

namespace Collection.Sync.Abstractions.Tests;

public sealed class PageWriterTextTests
{
    private static readonly CollectionSchema Schema =
        new("names", [new("id", FieldKind.Int64) { IsKey = true }, new("name", FieldKind.Text) { IsIndexed = true, IsSearchable = true }]);

    [Theory]
    [InlineData("")]
    [InlineData("Golden FOX 7")]
    [InlineData("Straße ΟΔΥΣΣΕΥΣ")]
    [InlineData("ﾗｰﾒﾝ 𐐀𐐁")]
    public void WriteTextUtf8_makes_the_page_that_WriteText_makes(string text) =>
        Write(page => page.WriteTextUtf8(Encoding.UTF8.GetBytes(text))).ShouldBe(Write(page => page.WriteText(text)));

    [Theory]
    [InlineData(new byte[] { 0xc3 })]
    [InlineData(new byte[] { 0x61, 0xed, 0xa0, 0x80 })]
    public void WriteTextUtf8_refuses_what_is_not_UTF8(byte[] bytes) =>
        Should.Throw<ArgumentException>(() => Write(page => page.WriteTextUtf8(bytes))).Message.ShouldContain("'name'");

    private static byte[] Write(Action<PageWriter> writeName)
    {
        var page = new PageWriter(Schema);
        page.BeginRow(new RowVersion(0, 1));
        page.WriteInteger(1);
        writeName(page);
        page.EndRow();
        return page.Finish(new PageHeader { Next = new SyncCursor("c"), More = false, IsSnapshot = true, Epoch = 1, TotalRows = 1 });
    }
}
