using System.Buffers.Binary;
using System.Text;

namespace Collection.Sync.Abstractions;

/// <summary>
/// What a page says of itself, readable without looking at its rows. <c>docs/page-format.md</c> has the layout.
/// </summary>
public sealed record PageHeader
{
    /// <summary>The size of the fixed part, in bytes.</summary>
    public const int Length = 64;

    /// <summary>The largest page that is read, in bytes. A server's own cap lies far below.</summary>
    public const int MaxByteLength = 64 * 1024 * 1024;

    internal const uint Magic = 0x31475043; // "CPG1"
    internal const uint MoreFlag = 1;
    internal const uint SnapshotFlag = 2;

    /// <summary>The position after this page.</summary>
    public required SyncCursor Next { get; init; }

    /// <summary>True while the server has further changes: pull again at once.</summary>
    public required bool More { get; init; }

    /// <summary>True for a page of the first sync, false for a page of changes.</summary>
    public required bool IsSnapshot { get; init; }

    /// <summary>Changes when the server's history is no longer the one that older cursors speak of.</summary>
    public required long Epoch { get; init; }

    /// <summary>Rows in the collection when the page was made, for progress; -1 where unknown.</summary>
    public required long TotalRows { get; init; }

    /// <summary>The <see cref="CollectionSchema.Hash"/> of the rows.</summary>
    public ulong SchemaHash { get; init; }

    /// <summary>The size of the page in bytes.</summary>
    public int ByteLength { get; init; }

    /// <summary>The number of inserted or changed rows.</summary>
    public int UpsertCount { get; init; }

    /// <summary>The number of deleted rows.</summary>
    public int DeleteCount { get; init; }

    /// <summary>The number of columns.</summary>
    public int ColumnCount { get; init; }

    /// <summary>Reads the header and the cursor of a page.</summary>
    /// <exception cref="PageFormatException">The bytes do not start with a header, or are not as many as it says.</exception>
    public static PageHeader Read(ReadOnlySpan<byte> page)
    {
        if (page.Length < Length)
            throw new PageFormatException(PagePart.Header, page.Length, $"a page has at least {Length} bytes, these are {page.Length}.");
        if (BinaryPrimitives.ReadUInt32LittleEndian(page) != Magic)
            throw new PageFormatException(PagePart.Header, 0, "the bytes do not start with 'CPG1', so this is not a page. A proxy or a sign-in page may have answered instead.");

        var flags = BinaryPrimitives.ReadUInt32LittleEndian(page[4..]);
        if ((flags & ~(MoreFlag | SnapshotFlag)) != 0)
            throw new PageFormatException(PagePart.Header, 4, $"unknown flags 0x{flags:x}.");
        if (BinaryPrimitives.ReadUInt32LittleEndian(page[8..]) != page.Length || page.Length > MaxByteLength)
            throw new PageFormatException(PagePart.Header, 8, $"the page says it has {BinaryPrimitives.ReadUInt32LittleEndian(page[8..])} bytes, these are {page.Length} (at most {MaxByteLength}).");

        // Every change takes at least 20 bytes (key and version): a count beyond that is a lie, and no memory is taken for it.
        var upserts = BinaryPrimitives.ReadUInt32LittleEndian(page[12..]);
        var deletes = BinaryPrimitives.ReadUInt32LittleEndian(page[16..]);
        if ((ulong)upserts + deletes > (ulong)page.Length / 20)
            throw new PageFormatException(PagePart.Header, 12, $"{upserts} upserts and {deletes} deletes do not fit {page.Length} bytes.");
        var columns = BinaryPrimitives.ReadUInt32LittleEndian(page[20..]);
        if (columns > CollectionSchema.MaxFields)
            throw new PageFormatException(PagePart.Header, 20, $"{columns} columns; a collection has at most {CollectionSchema.MaxFields}.");
        var epoch = BinaryPrimitives.ReadDoubleLittleEndian(page[32..]);
        if (!PageNumbers.IsCount(epoch))
            throw new PageFormatException(PagePart.Header, 32, $"the epoch {epoch} is not a whole number from 0 to 2^53 - 1.");
        var total = BinaryPrimitives.ReadDoubleLittleEndian(page[40..]);
        if (total != -1 && !PageNumbers.IsCount(total))
            throw new PageFormatException(PagePart.Header, 40, $"the row total {total} is neither -1 nor a whole number from 0 to 2^53 - 1.");
        var cursorLength = BinaryPrimitives.ReadUInt32LittleEndian(page[48..]);
        if (cursorLength is 0 or > SyncCursor.MaxLength || cursorLength > page.Length - Length)
            throw new PageFormatException(PagePart.Header, 48, $"a cursor of {cursorLength} bytes; it has 1 to {SyncCursor.MaxLength} and lies within the page.");
        if (page[52..Length].ContainsAnyExcept((byte)0))
            throw new PageFormatException(PagePart.Header, 52, "the reserved bytes are not zero.");
        var cursor = page.Slice(Length, (int)cursorLength);
        if (cursor.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
            throw new PageFormatException(PagePart.Cursor, Length, "the cursor is not printable ASCII.");

        return new PageHeader
        {
            Next = new SyncCursor(Encoding.ASCII.GetString(cursor)),
            More = (flags & MoreFlag) != 0,
            IsSnapshot = (flags & SnapshotFlag) != 0,
            Epoch = (long)epoch,
            TotalRows = (long)total,
            SchemaHash = BinaryPrimitives.ReadUInt64LittleEndian(page[24..]),
            ByteLength = page.Length,
            UpsertCount = (int)upserts,
            DeleteCount = (int)deletes,
            ColumnCount = (int)columns,
        };
    }

    /// <summary>Refuses what <see cref="Read"/> would refuse.</summary>
    internal void Check()
    {
        if (Next.Value is not { Length: > 0 and <= SyncCursor.MaxLength } cursor || cursor.AsSpan().ContainsAnyExceptInRange('!', '~'))
            throw new ArgumentException($"A cursor is 1 to {SyncCursor.MaxLength} printable ASCII characters.");
        if (!PageNumbers.IsCount(Epoch))
            throw new ArgumentException($"The epoch {Epoch} is not from 0 to 2^53 - 1.");
        if (TotalRows != -1 && !PageNumbers.IsCount(TotalRows))
            throw new ArgumentException($"The row total {TotalRows} is neither -1 nor from 0 to 2^53 - 1.");
    }

    internal void Write(Span<byte> page)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(page, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(page[4..], (More ? MoreFlag : 0) | (IsSnapshot ? SnapshotFlag : 0));
        BinaryPrimitives.WriteUInt32LittleEndian(page[8..], (uint)ByteLength);
        BinaryPrimitives.WriteUInt32LittleEndian(page[12..], (uint)UpsertCount);
        BinaryPrimitives.WriteUInt32LittleEndian(page[16..], (uint)DeleteCount);
        BinaryPrimitives.WriteUInt32LittleEndian(page[20..], (uint)ColumnCount);
        BinaryPrimitives.WriteUInt64LittleEndian(page[24..], SchemaHash);
        BinaryPrimitives.WriteDoubleLittleEndian(page[32..], Epoch);
        BinaryPrimitives.WriteDoubleLittleEndian(page[40..], TotalRows);
        BinaryPrimitives.WriteUInt32LittleEndian(page[48..], (uint)Next.Value.Length);
        Encoding.ASCII.GetBytes(Next.Value, page[Length..]);
    }
}
