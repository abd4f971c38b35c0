using System.Text.Unicode;

namespace Collection.Sync.Abstractions.Tests;

/// <summary>Whatever the bytes, a reader refuses them by its own exception or yields a page that can be read through.</summary>
public sealed class PageFuzzTests
{
    public static TheoryData<string> Names => [.. GoldenPages.All().Select(golden => golden.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Page_cut_at_any_byte_is_refused(string name)
    {
        var (_, schema, page) = GoldenPages.All().Single(golden => golden.Name == name);

        for (var length = 0; length < page.Length; length++)
        {
            var cut = page.AsMemory(0, length);
            Should.Throw<PageFormatException>(() => Page.Read(cut, schema)).Offset.ShouldBeInRange(0, length);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Page_cut_at_any_byte_that_says_so_of_itself_is_refused(string name)
    {
        var (_, schema, page) = GoldenPages.All().Single(golden => golden.Name == name);

        for (var length = PageHeader.Length; length < page.Length; length++)
        {
            var cut = page[..length];
            BitConverter.TryWriteBytes(cut.AsSpan(8), length);
            Should.Throw<PageFormatException>(() => Page.Read(cut, schema)).Offset.ShouldBeInRange(0, length);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Page_with_any_byte_changed_is_refused_or_consistent(string name)
    {
        var (_, schema, page) = GoldenPages.All().Single(golden => golden.Name == name);
        var changed = page.ToArray();

        for (var i = 0; i < page.Length; i++)
        {
            foreach (var value in new[] { (byte)(page[i] ^ 1), (byte)(page[i] ^ 0x80), (byte)0xff })
            {
                changed[i] = value;
                ReadThrough(changed, schema);
            }

            changed[i] = page[i];
        }
    }

    [Fact]
    public void Pages_with_many_bytes_changed_are_refused_or_consistent()
    {
        const int Seed = 20260504;
        var random = new Random(Seed);
        var goldens = GoldenPages.All().ToArray();

        for (var i = 0; i < 20_000; i++)
        {
            var (_, schema, page) = goldens[i % goldens.Length];
            var changed = page.ToArray();
            for (var n = random.Next(1, 8); n > 0; n--)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            ReadThrough(changed, schema);
        }
    }

    [Theory]
    [InlineData(12)]
    [InlineData(16)]
    [InlineData(20)]
    [InlineData(48)]
    public void Huge_counts_take_no_memory(int offset)
    {
        var (_, schema, page) = GoldenPages.All().First();
        page = page.ToArray();
        foreach (var count in new[] { uint.MaxValue, 0x7fffffffu, 1u << 24 })
        {
            BitConverter.TryWriteBytes(page.AsSpan(offset), count);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Should.Throw<PageFormatException>(() => Page.Read(page, schema));
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100_000);
        }
    }

    private static void ReadThrough(byte[] bytes, CollectionSchema schema)
    {
        Page page;
        try
        {
            page = Page.Read(bytes, schema);
        }
        catch (PageFormatException e)
        {
            if (e.Offset < 0 || e.Offset > bytes.Length)
                Assert.Fail($"The offset is outside of {bytes.Length} bytes: {e.Message}");
            return;
        }

        // Plain conditions: this runs a hundred thousand times.
        if (!IsConsistent(page))
            Assert.Fail($"What was read is not consistent: {Convert.ToHexString(bytes)}");
    }

    private static bool IsConsistent(Page page)
    {
        var schema = page.Schema;
        var isConsistent = page.Rows.Count == page.Header.UpsertCount;
        for (var i = 0; i < page.Header.UpsertCount + page.Header.DeleteCount; i++)
        {
            var version = page.Version(i);
            isConsistent &= (page.Key(i) is not { Kind: FieldKind.Int64 } key || Math.Abs(key.Value) <= RowKey.MaxMagnitude)
                && version.Transaction is >= 0 and <= RowKey.MaxMagnitude && version.Sequence is >= 0 and <= RowKey.MaxMagnitude;
        }

        for (var row = 0; row < page.Rows.Count; row++)
        {
            for (var column = 0; column < schema.IndexedFields.Length; column++)
                isConsistent &= IsValue(page, schema.Fields[schema.IndexedFields[column]].Kind, column, row);
            isConsistent &= IsSkippedOrRefused(page.Rows[row].Span);
        }

        return isConsistent;
    }

    private static bool IsValue(Page page, FieldKind kind, int column, int row) =>
        (kind == FieldKind.Text ? Utf8.IsValid(page.Text(column, row)) : !double.IsNaN(page.Number(column, row))) | page.IsNull(column, row);

    private static bool IsSkippedOrRefused(ReadOnlySpan<byte> row)
    {
        var reader = new MessagePackReader(row);
        try
        {
            reader.Skip();
            return true;
        }
        catch (MessagePackFormatException e)
        {
            return e.Offset >= 0 && e.Offset <= row.Length;
        }
    }
}
