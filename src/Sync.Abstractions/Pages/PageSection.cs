using System.Buffers.Binary;

namespace Collection.Sync.Abstractions;

/// <summary>The eight bytes before each section: kind, flags, field, length of the data that follows.</summary>
internal static class PageSection
{
    public const int HeaderLength = 8;
    public const ushort NoField = ushort.MaxValue;
    public const byte RowsKind = 7;
    public const byte NullableFlag = 1;

    /// <summary>Transactions and sequences: what every page has between its keys and its columns.</summary>
    public const int VersionSections = 2;

    /// <summary>The bytes of one value in a column of fixed width, or 0 for text.</summary>
    public static int Width(FieldKind kind) => kind switch
    {
        FieldKind.Boolean => 1,
        FieldKind.Int32 => 4,
        FieldKind.Text => 0,
        FieldKind.Guid => 16,
        _ => 8,
    };

    public static void WriteHeader(Span<byte> section, byte kind, byte flags, ushort field, int dataLength)
    {
        section[0] = kind;
        section[1] = flags;
        BinaryPrimitives.WriteUInt16LittleEndian(section[2..], field);
        BinaryPrimitives.WriteUInt32LittleEndian(section[4..], (uint)dataLength);
    }
}
