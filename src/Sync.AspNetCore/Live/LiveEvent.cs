using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>Changes between two positions as an event, encoded once for everybody who hears of them. Immutable.</summary>
/// <param name="From">The position before the changes.</param>
/// <param name="To">The position after them.</param>
/// <param name="Bytes">The event as it goes over the wire.</param>
/// <param name="PageStart">Where in it the page begins, in base64.</param>
internal sealed record LiveEvent(DeltaPosition From, DeltaPosition To, byte[] Bytes, int PageStart)
{
    /// <summary>What stands in an event's page for a cursor. No server takes it for one: events are hints, and only a pull gets a client on.</summary>
    public const string NoCursor = "hint";

    /// <summary>Clients wait this long before they come back, in milliseconds.</summary>
    private const int RetryAfter = 2000;

    public static LiveEvent OfPage(DeltaPosition from, DeltaPosition to, byte[] page)
    {
        var head = Encoding.ASCII.GetBytes($"id: {WriteId(to)}\nevent: page\ndata: ");
        var bytes = new byte[head.Length + Base64.GetMaxEncodedToUtf8Length(page.Length) + 2];
        head.CopyTo(bytes, 0);
        Base64.EncodeToUtf8(page, bytes.AsSpan(head.Length), out _, out _);
        bytes.AsSpan(^2..).Fill((byte)'\n');
        return new LiveEvent(from, to, bytes, head.Length);
    }

    /// <summary>The changes of this event after a version that lies within it; null where there are none.</summary>
    public LiveEvent? After(RowVersion version, CollectionSchema schema)
    {
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(Bytes.Length - 2 - PageStart)];
        Base64.DecodeFromUtf8(Bytes.AsSpan(PageStart..^2), bytes, out _, out var length);
        var page = Page.Read(bytes.AsMemory(0, length), schema);
        var writer = new PageWriter(schema);
        for (var i = 0; i < page.Header.UpsertCount + page.Header.DeleteCount; i++)
        {
            if (page.Version(i) <= version)
                continue;
            if (i < page.Header.UpsertCount)
                CopyRow(page.Rows[i].Span, page.Version(i), schema, writer);
            else
                writer.Delete(page.Key(i), page.Version(i));
        }

        return writer.UpsertCount + writer.DeleteCount > 0 ? OfPage(From with { Version = version }, To, writer.Finish(page.Header)) : null;
    }

    /// <summary>The first event of a stream: where it goes on from.</summary>
    public static byte[] Ready(DeltaPosition position) => Encode($"retry: {RetryAfter}\nid: {WriteId(position)}\nevent: ready\ndata: {{}}\n\n");

    /// <summary>A sign of life, with how far the stream has come.</summary>
    public static byte[] Ping(DeltaPosition position) => Encode($"id: {WriteId(position)}\nevent: ping\ndata: {{}}\n\n");

    /// <summary>Changes are missing before the position: the client has to pull.</summary>
    public static byte[] Behind(BehindReason reason, DeltaPosition position) =>
        Encode($"id: {WriteId(position)}\nevent: behind\ndata: {{\"reason\":\"{reason.ToString().ToLowerInvariant()}\"}}\n\n");

    /// <summary>The last event of a stream whose reader may not hear any more.</summary>
    public static byte[] Closed(string reason) => Encode($"event: closed\ndata: {{\"reason\":\"{reason}\"}}\n\n");

    /// <summary>A position as the id of an event.</summary>
    public static string WriteId(DeltaPosition position) =>
        string.Create(CultureInfo.InvariantCulture, $"{position.Epoch}.{position.Version.Transaction}.{position.Version.Sequence}");

    /// <summary>The position of an event's id; null for anything that <see cref="WriteId"/> does not write.</summary>
    public static DeltaPosition? ReadId(string id)
    {
        const int longest = (3 * 16) + 2;
        if (id.Length > longest || id.Split('.') is not [var first, var second, var third])
            return null;
        if (!TryReadNumber(first, out var epoch) || !TryReadNumber(second, out var transaction) || !TryReadNumber(third, out var sequence))
            return null;
        var position = new DeltaPosition(epoch, new RowVersion(transaction, sequence));
        return WriteId(position) == id ? position : null;
    }

    private static bool TryReadNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= RowKey.MaxMagnitude;

    private static byte[] Encode(string text) => Encoding.ASCII.GetBytes(text);

    private static void CopyRow(ReadOnlySpan<byte> row, RowVersion version, CollectionSchema schema, PageWriter writer)
    {
        var reader = new MessagePackReader(row);
        reader.ReadArrayHeader(schema.Fields.Length);
        writer.BeginRow(version);
        foreach (var field in schema.Fields)
        {
            if (reader.TryReadNil())
                writer.WriteNull();
            else if (field.Kind == FieldKind.Text)
                writer.WriteTextUtf8(reader.ReadTextUtf8());
            else if (field.Kind == FieldKind.Boolean)
                writer.WriteBoolean(reader.ReadBoolean());
            else if (field.Kind == FieldKind.Double)
                writer.WriteDouble(reader.ReadDouble());
            else
                writer.WriteInteger(reader.ReadInt64());
        }

        writer.EndRow();
    }
}

/// <summary>Why a client has to pull. In events it stands in lower case.</summary>
internal enum BehindReason
{
    /// <summary>It reads more slowly than changes come.</summary>
    Slow,

    /// <summary>It comes back after too long, or a change is too large for an event.</summary>
    Gap,

    /// <summary>The server's history is another one.</summary>
    Epoch,
}
