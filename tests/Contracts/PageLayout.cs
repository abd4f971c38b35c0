using System.Buffers.Binary;
using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>
/// Where the sections of a well-formed page lie, found by <c>docs/page-format.md</c> and not by the reader under test.
/// </summary>
public sealed class PageLayout
{
    private const int SectionHeaderLength = 8;

    private PageLayout(IReadOnlyList<Section> sections) => Sections = sections;

    /// <summary>Keys, transactions, sequences, one section a column, rows.</summary>
    public IReadOnlyList<Section> Sections { get; }

    public Section Keys => Sections[0];

    public Section Transactions => Sections[1];

    public Section Sequences => Sections[2];

    public Section Rows => Sections[^1];

    public Section Column(int index) => Sections[3 + index];

    public static PageLayout Of(ReadOnlySpan<byte> page, CollectionSchema schema)
    {
        var upserts = BinaryPrimitives.ReadInt32LittleEndian(page[12..]);
        var position = 64 + Align(BinaryPrimitives.ReadInt32LittleEndian(page[48..]));
        var sections = new List<Section>();
        var count = 3 + schema.IndexedFields.Length + 1;
        while (sections.Count < count)
        {
            var start = position;
            var nullable = page[start + 1] != 0;
            var length = BinaryPrimitives.ReadInt32LittleEndian(page[(start + 4)..]);
            var nulls = start + SectionHeaderLength;
            var data = nulls + (nullable ? Align((upserts + 7) / 8) : 0);
            position = data + Align(length);
            sections.Add(new Section(start, nulls, data, length));
        }

        return new PageLayout(sections);
    }

    private static int Align(int length) => (length + 7) / 8 * 8;

    /// <summary>The places of one section, in bytes from the start of the page.</summary>
    /// <param name="Start">Its header.</param>
    /// <param name="Nulls">Its bitmap of missing values; where there is none, its data.</param>
    /// <param name="Data">Its data.</param>
    /// <param name="Length">The size of the data in bytes, without padding.</param>
    public readonly record struct Section(int Start, int Nulls, int Data, int Length)
    {
        /// <summary>The end of the data, without padding.</summary>
        public int End => Data + Length;
    }
}
