using System.Buffers.Binary;
using System.Text;

namespace Collection.Sync.Abstractions;

/// <summary>The keys of a page: those of upserted rows, then those of deleted ones.</summary>
internal sealed class KeysWriter(FieldKind kind)
{
    private readonly List<RowKey> _upserts = [];
    private readonly List<RowKey> _deletes = [];
    private int _textBytes;

    public int UpsertCount => _upserts.Count;

    public int DeleteCount => _deletes.Count;

    public int ByteLength => kind == FieldKind.Text ? ((Count + 1) * 4) + _textBytes : Count * PageSection.Width(kind);

    private int Count => _upserts.Count + _deletes.Count;

    public void Upsert(RowKey key) => Add(_upserts, key);

    public void Delete(RowKey key) => Add(_deletes, key);

    public void CopyTo(Span<byte> section)
    {
        var table = kind == FieldKind.Text ? (Count + 1) * 4 : 0;
        var (at, end) = (0, 0);
        foreach (var keys in (ReadOnlySpan<List<RowKey>>)[_upserts, _deletes])
        {
            foreach (var key in keys)
            {
                if (kind == FieldKind.Int64)
                    BinaryPrimitives.WriteDoubleLittleEndian(section[at..], key.Value);
                else if (kind == FieldKind.Guid)
                    key.Guid.TryWriteBytes(section[at..], bigEndian: true, out _);
                else
                    BinaryPrimitives.WriteInt32LittleEndian(section[(at + 4)..], end += Encoding.UTF8.GetBytes(key.Text, section[(table + end)..]));
                at += kind == FieldKind.Text ? 4 : PageSection.Width(kind);
            }
        }
    }

    public void Clear()
    {
        _upserts.Clear();
        _deletes.Clear();
        _textBytes = 0;
    }

    private void Add(List<RowKey> keys, RowKey key)
    {
        keys.Add(key);
        if (kind == FieldKind.Text)
            _textBytes += Encoding.UTF8.GetByteCount(key.Text);
    }
}
