using System.Buffers;
using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>A row as the server has it.</summary>
internal sealed record Thing(long Key, int Team, int Number, string? Note, bool Flag)
{
    public static CollectionSchema Schema { get; } = new("things",
    [
        new("id", FieldKind.Int64) { IsKey = true },
        new("team", FieldKind.Int32) { IsIndexed = true },
        new("number", FieldKind.Int32) { IsIndexed = true },
        new("note", FieldKind.Text) { IsIndexed = true, IsNullable = true },
        new("flag", FieldKind.Boolean),
    ]);

    public byte[] Encode()
    {
        var buffer = new ArrayBufferWriter<byte>(32);
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(5);
        writer.WriteInt64(Key);
        writer.WriteInt64(Team);
        writer.WriteInt64(Number);
        if (Note is null)
            writer.WriteNil();
        else
            writer.WriteText(Note);
        writer.WriteBoolean(Flag);
        return buffer.WrittenSpan.ToArray();
    }

    public static Thing Decode(ReadOnlySpan<byte> row)
    {
        var reader = new MessagePackReader(row);
        reader.ReadArrayHeader(5);
        return new Thing(reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt32(), reader.TryReadNil() ? null : reader.ReadText(), reader.ReadBoolean());
    }

    public void Write(PageWriter page, RowVersion version)
    {
        page.BeginRow(version);
        page.WriteInteger(Key);
        page.WriteInteger(Team);
        page.WriteInteger(Number);
        if (Note is null)
            page.WriteNull();
        else
            page.WriteText(Note);
        page.WriteBoolean(Flag);
        page.EndRow();
    }

    /// <summary>The row with new values, as the server understands them.</summary>
    public Thing With(FieldValues fields)
    {
        var row = this;
        foreach (var (name, value) in fields)
        {
            var reader = new MessagePackReader(value.Span);
            row = name switch
            {
                "number" => row with { Number = reader.ReadInt32() },
                "note" => row with { Note = reader.TryReadNil() ? null : reader.ReadText() },
                "flag" => row with { Flag = reader.ReadBoolean() },
                "team" => row with { Team = reader.ReadInt32() },
                _ => row,
            };
        }

        return row;
    }

    /// <summary>True where the row has these values already.</summary>
    public bool Holds(FieldValues values) => With(values) == this;
}

/// <summary>A version of a row: null where it is deleted.</summary>
internal sealed record Stored(long Key, RowVersion Version, Thing? Row)
{
    public byte[] Encoded { get; } = Row?.Encode() ?? [];
}

/// <summary>A position in the feed.</summary>
/// <param name="Epoch">The server's history.</param>
/// <param name="Team">The filter: whose rows.</param>
/// <param name="Version">Up to here all changes are told; of a first sync, what follows its last row.</param>
/// <param name="AfterKey">Of a first sync: the last key that was told. Null later.</param>
internal sealed record FeedPosition(long Epoch, int Team, RowVersion Version, long? AfterKey)
{
    public SyncCursor Cursor => new($"{Epoch}.{Team}.{Version.Transaction}.{Version.Sequence}.{(AfterKey is { } key ? key : "")}");

    /// <summary>Reads a cursor; what follows the fifth part only makes it look like another.</summary>
    public static FeedPosition? Read(string? cursor)
    {
        var parts = cursor?.Split('.');
        if (parts is not { Length: >= 5 })
            return null;
        return new FeedPosition(long.Parse(parts[0]), int.Parse(parts[1]), new RowVersion(long.Parse(parts[2]), long.Parse(parts[3])),
            parts[4].Length == 0 ? null : long.Parse(parts[4]));
    }

    /// <summary>True where this position is not behind another of the same epoch and filter.</summary>
    public bool IsAtOrAfter(FeedPosition other) =>
        (AfterKey, other.AfterKey) switch
        {
            (null, null) => Version >= other.Version,
            (null, _) => Version >= other.Version,
            (_, null) => false,
            var (mine, its) => Version == other.Version && mine >= its,
        };
}
