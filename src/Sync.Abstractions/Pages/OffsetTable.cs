using System.Buffers.Binary;

namespace Collection.Sync.Abstractions;

/// <summary>A table of <c>count + 1</c> rising offsets, followed by exactly as many bytes as the last one says.</summary>
internal static class OffsetTable
{
    /// <summary>Checks the whole of <paramref name="section"/>, which starts at <paramref name="sectionOffset"/> of its page.</summary>
    public static void Check(ReadOnlySpan<byte> section, int count, PagePart part, long sectionOffset)
    {
        var tableLength = (count + 1L) * 4;
        if (section.Length < tableLength)
            throw new PageFormatException(part, sectionOffset, $"{section.Length} bytes cannot hold the offsets of {count} values.");
        var bytes = section.Length - tableLength;
        var previous = 0u;
        for (var i = 0; i <= count; i++)
        {
            var offset = BinaryPrimitives.ReadUInt32LittleEndian(section[(i * 4)..]);
            if (i == 0 ? offset != 0 : offset < previous || offset > bytes)
                throw new PageFormatException(part, sectionOffset + (i * 4L), $"offset {i} is {offset}; offsets start at 0, do not fall, and end at {bytes}.");
            previous = offset;
        }

        if (previous != bytes)
            throw new PageFormatException(part, sectionOffset + (count * 4L), $"the last offset is {previous}, but {bytes} bytes follow the table.");
    }

    public static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> section, int count, int index)
    {
        var start = BinaryPrimitives.ReadInt32LittleEndian(section[(index * 4)..]);
        var end = BinaryPrimitives.ReadInt32LittleEndian(section[((index * 4) + 4)..]);
        var bytes = section[((count + 1) * 4)..];
        return bytes[start..end];
    }
}
