using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.DataProtection;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// Turns positions into cursors and back. A cursor is encrypted and authenticated, and opens only for the user and the
/// collection that it was made for.
/// </summary>
internal sealed class CursorProtector(IDataProtectionProvider provider)
{
    /// <summary>No cursor made here is longer, in characters: 58 bytes of payload and about 130 of protection, in base64.</summary>
    public const int MaxLength = 320;

    private const byte Format = 2;
    private const byte Snapshot = 1;
    private const byte Delta = 2;

    // Format, phase, schema, filter; then 64-bit numbers.
    private const int HeaderLength = 18;
    private const int SnapshotLength = HeaderLength + (5 * 8);
    private const int DeltaLength = HeaderLength + (3 * 8);

    public SyncCursor Protect(FeedPosition position, FeedSource source, ClaimsPrincipal user)
    {
        Span<byte> payload = stackalloc byte[SnapshotLength];
        payload[0] = Format;
        BinaryPrimitives.WriteUInt64LittleEndian(payload[2..], source.Table.Schema.Hash);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[10..], source.FilterHash);
        switch (position)
        {
            case SnapshotPosition snapshot:
                payload[1] = Snapshot;
                WriteNumbers(payload, [snapshot.Epoch, snapshot.Horizon.Transaction, snapshot.Horizon.Sequence, snapshot.LastKey.Value, snapshot.TotalRows]);
                break;
            case DeltaPosition delta:
                payload[1] = Delta;
                payload = payload[..DeltaLength];
                WriteNumbers(payload, [delta.Epoch, delta.Version.Transaction, delta.Version.Sequence]);
                break;
            default:
                throw new ArgumentException($"No cursor is known for a position of type {position.GetType()}.", nameof(position));
        }

        return new SyncCursor(Base64Url.EncodeToString(Protector(source.Table.Schema, user).Protect(payload.ToArray())));
    }

    /// <exception cref="CursorRefusedException">The cursor is not of this server, user, collection, schema or filter.</exception>
    public FeedPosition Unprotect(string cursor, FeedSource source, ClaimsPrincipal user)
    {
        var payload = Open(cursor, Protector(source.Table.Schema, user)).AsSpan();
        if (payload.Length < HeaderLength || payload[0] != Format)
            throw new CursorRefusedException(CursorRefusal.Malformed);
        if (BinaryPrimitives.ReadUInt64LittleEndian(payload[2..]) != source.Table.Schema.Hash)
            throw new CursorRefusedException(CursorRefusal.Schema);
        if (BinaryPrimitives.ReadUInt64LittleEndian(payload[10..]) != source.FilterHash)
            throw new CursorRefusedException(CursorRefusal.Filter);
        return (payload[1], payload.Length) switch
        {
            (Snapshot, SnapshotLength) => new SnapshotPosition(
                Number(payload, 0), new RowVersion(Number(payload, 1), Number(payload, 2)), new RowKey(Number(payload, 3)), Number(payload, 4)),
            (Delta, DeltaLength) => new DeltaPosition(Number(payload, 0), new RowVersion(Number(payload, 1), Number(payload, 2))),
            _ => throw new CursorRefusedException(CursorRefusal.Malformed),
        };
    }

    private static byte[] Open(string cursor, IDataProtector protector)
    {
        if (cursor.Length > MaxLength)
            return [];
        try
        {
            return protector.Unprotect(Base64Url.DecodeFromChars(cursor));
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return [];
        }
    }

    private IDataProtector Protector(CollectionSchema schema, ClaimsPrincipal user) => provider.CreateProtector(
        "Collection.Sync.Cursor", schema.Name, user.FindFirstValue(ClaimTypes.NameIdentifier) ?? "");

    private static void WriteNumbers(Span<byte> payload, ReadOnlySpan<long> numbers)
    {
        for (var i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(payload[(HeaderLength + (i * 8))..], numbers[i]);
    }

    private static long Number(ReadOnlySpan<byte> payload, int index) =>
        BinaryPrimitives.ReadInt64LittleEndian(payload[(HeaderLength + (index * 8))..]);
}
