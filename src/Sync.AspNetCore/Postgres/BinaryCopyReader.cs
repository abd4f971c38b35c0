using System.Buffers;
using System.Buffers.Binary;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// Reads rows as PostgreSQL sends them in <c>COPY ... TO STDOUT (FORMAT BINARY)</c>, a whole row at a time, so that its
/// values are spans over one buffer and no object is made of any. Not thread-safe.
/// </summary>
/// <remarks>https://www.postgresql.org/docs/15/sql-copy.html, "Binary Format".</remarks>
internal sealed class BinaryCopyReader(Stream stream, int columns) : IDisposable
{
    private const int SignatureLength = 11;
    private const short Trailer = -1;

    private readonly int[] _offsets = new int[columns];
    private readonly int[] _lengths = new int[columns];
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
    private int _start;
    private int _end;
    private bool _headerRead;

    /// <summary>The bytes of a value of the current row, until the next is read.</summary>
    public ReadOnlySpan<byte> this[int column] => _buffer.AsSpan(_offsets[column], Math.Max(_lengths[column], 0));

    /// <summary>The number of bytes of a value, -1 where it is missing.</summary>
    public int Length(int column) => _lengths[column];

    /// <summary>A value of int2, int4 or int8.</summary>
    public long Integer(int column) => this[column] switch
    {
        { Length: 8 } bytes => BinaryPrimitives.ReadInt64BigEndian(bytes),
        { Length: 4 } bytes => BinaryPrimitives.ReadInt32BigEndian(bytes),
        { Length: 2 } bytes => BinaryPrimitives.ReadInt16BigEndian(bytes),
        var bytes => throw Unexpected(column, bytes.Length),
    };

    /// <summary>A value of float4 or float8.</summary>
    public double Float(int column) => this[column] switch
    {
        { Length: 8 } bytes => BinaryPrimitives.ReadDoubleBigEndian(bytes),
        { Length: 4 } bytes => BinaryPrimitives.ReadSingleBigEndian(bytes),
        var bytes => throw Unexpected(column, bytes.Length),
    };

    /// <summary>Moves to the next row.</summary>
    /// <returns>False where there is none.</returns>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (!_headerRead)
            await SkipHeaderAsync(cancellationToken);
        int length;
        while ((length = Parse()) < 0)
            await FillAsync(cancellationToken);
        _start += length;
        return length > sizeof(short);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private async ValueTask SkipHeaderAsync(CancellationToken cancellationToken)
    {
        const int fixedLength = SignatureLength + (2 * sizeof(int));
        while (_end - _start < fixedLength)
            await FillAsync(cancellationToken);
        var extension = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start + SignatureLength + sizeof(int)));
        while (_end - _start < fixedLength + extension)
            await FillAsync(cancellationToken);
        _start += fixedLength + extension;
        _headerRead = true;
    }

    /// <summary>Finds the values of the row at the start of the buffer.</summary>
    /// <returns>The length of the row in bytes, that of the trailer at the end, or -1 where the buffer does not hold all of it.</returns>
    private int Parse()
    {
        var bytes = _buffer.AsSpan(_start, _end - _start);
        if (bytes.Length < sizeof(short))
            return -1;
        var count = BinaryPrimitives.ReadInt16BigEndian(bytes);
        if (count == Trailer)
            return sizeof(short);
        if (count != columns)
            throw new InvalidDataException($"The database sent a row of {count} columns where {columns} were asked for.");
        var position = sizeof(short);
        for (var i = 0; i < count; i++)
        {
            if (bytes.Length - position < sizeof(int))
                return -1;
            var length = BinaryPrimitives.ReadInt32BigEndian(bytes[position..]);
            position += sizeof(int);
            _offsets[i] = _start + position;
            _lengths[i] = length;
            position += Math.Max(length, 0);
            if (position > bytes.Length)
                return -1;
        }

        return position;
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        // A row of one value can be as large as a gigabyte; what is larger than the buffer makes it grow.
        if (_end == _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        if (read == 0)
            throw new EndOfStreamException("The database's answer ended within a row.");
        _end += read;
    }

    private static InvalidDataException Unexpected(int column, int length) =>
        new($"Column {column} has become one of {length} bytes since the app started: restart it.");
}
