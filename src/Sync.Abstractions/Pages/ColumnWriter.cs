using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Collection.Sync.Abstractions;

/// <summary>Offsets and the bytes they point into.</summary>
internal sealed class SectionWriter
{
    private readonly List<int> _offsets = [0];

    public ArrayBufferWriter<byte> Bytes { get; } = new(4096);

    public int ByteLength => (_offsets.Count * 4) + Bytes.WrittenCount;

    public void EndValue() => _offsets.Add(Bytes.WrittenCount);

    public void CopyTo(Span<byte> target)
    {
        foreach (var offset in _offsets)
        {
            BinaryPrimitives.WriteInt32LittleEndian(target, offset);
            target = target[4..];
        }

        Bytes.WrittenSpan.CopyTo(target);
    }

    public void Clear()
    {
        _offsets.RemoveRange(1, _offsets.Count - 1);
        Bytes.ResetWrittenCount();
    }
}

/// <summary>The values of one indexed field.</summary>
internal sealed class ColumnWriter(FieldSchema schema, int index)
{
    private readonly SectionWriter _text = new();
    private readonly ArrayBufferWriter<byte> _fixed = new(1024);
    private readonly List<bool> _nulls = [];

    public int ByteLength => DataLength + NullsLength;

    public int SectionLength => PageSection.HeaderLength + PageNumbers.Align(NullsLength) + PageNumbers.Align(DataLength);

    private int DataLength => schema.Kind == FieldKind.Text ? _text.ByteLength : _fixed.WrittenCount;

    private int NullsLength => schema.IsNullable ? (_nulls.Count + 7) / 8 : 0;

    public void AddNull()
    {
        _nulls.Add(true);
        if (schema.Kind == FieldKind.Text)
            _text.EndValue();
        else
            Reserve(PageSection.Width(schema.Kind)).Clear();
    }

    public void AddByte(byte value)
    {
        AddPresent();
        Reserve(1)[0] = value;
    }

    public void AddInt32(int value)
    {
        AddPresent();
        BinaryPrimitives.WriteInt32LittleEndian(Reserve(4), value);
    }

    public void AddDouble(double value)
    {
        AddPresent();
        BinaryPrimitives.WriteDoubleLittleEndian(Reserve(8), value);
    }

    public void AddText(string value)
    {
        AddPresent();
        var span = _text.Bytes.GetSpan(Math.Max(MessagePackWriter.StrictUtf8.GetMaxByteCount(value.Length), 1));
        _text.Bytes.Advance(MessagePackWriter.StrictUtf8.GetBytes(value, span));
        _text.EndValue();
    }

    public void AddFolded(ReadOnlySpan<byte> value)
    {
        AddPresent();
        _text.Bytes.Write(value);
        _text.EndValue();
    }

    // What folding does to most text of most tables, without a string in between.
    public void AddAscii(ReadOnlySpan<byte> value)
    {
        AddPresent();
        Ascii.ToLower(value, _text.Bytes.GetSpan(Math.Max(value.Length, 1)), out var written);
        _text.Bytes.Advance(written);
        _text.EndValue();
    }

    public Span<byte> Write(Span<byte> rest)
    {
        PageSection.WriteHeader(rest, (byte)schema.Kind, schema.IsNullable ? PageSection.NullableFlag : (byte)0, (ushort)index, DataLength);
        rest = rest[PageSection.HeaderLength..];
        if (schema.IsNullable)
        {
            for (var i = 0; i < _nulls.Count; i++)
                rest[i / 8] |= _nulls[i] ? (byte)(1 << (i % 8)) : (byte)0;
            rest = rest[PageNumbers.Align(NullsLength)..];
        }

        if (schema.Kind == FieldKind.Text)
            _text.CopyTo(rest);
        else
            _fixed.WrittenSpan.CopyTo(rest);
        return rest[PageNumbers.Align(DataLength)..];
    }

    public void Clear()
    {
        _text.Clear();
        _fixed.ResetWrittenCount();
        _nulls.Clear();
    }

    private void AddPresent()
    {
        if (schema.IsNullable)
            _nulls.Add(false);
    }

    private Span<byte> Reserve(int width)
    {
        var span = _fixed.GetSpan(width)[..width];
        _fixed.Advance(width);
        return span;
    }
}
