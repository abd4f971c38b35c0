using System.Text;

namespace Collection.Sync.Http;

/// <summary>What the next bytes of a stream have brought to its end.</summary>
internal enum Parsed
{
    /// <summary>Nothing yet: more bytes are needed.</summary>
    Nothing,

    /// <summary>A comment, which says only that the stream is alive.</summary>
    Comment,

    /// <summary>An event.</summary>
    Event,

    /// <summary>An event that is larger than events may be. What follows is not to be read.</summary>
    TooLarge,
}

/// <summary>
/// Cuts bytes into server-sent events, however they were cut on the way. Only what is whole is told: an event that the
/// stream breaks off in was never there. Holds one event, of bounded size.
/// Source: html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6; "retry" is left to the engine, which
/// has its own patience.
/// </summary>
/// <param name="maxBytes">The largest event, in bytes: its data, and one line more.</param>
internal sealed class EventParser(int maxBytes)
{
    /// <summary>The longest id that is told of, in characters; a header has to hold it.</summary>
    public const int MaxIdLength = 1024;

    private const int MaxNameLength = 64;
    private const int KeptLength = 256 * 1024;

    // The data so far, and behind it the line that is still to be completed.
    private byte[] _bytes = [];
    private int _dataLength;
    private int _length;
    private bool _hasData;
    private bool _isFirstLine = true;
    private bool _isTold;
    private bool _skipLineFeed;

    /// <summary>Of an event: its name, empty where it is too long for one.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Of an event: the id that it gives, if it gives one of a length that can be sent back.</summary>
    public string? Id { get; private set; }

    /// <summary>Of an event: its data, until the next call. May be overwritten.</summary>
    public Span<byte> Data => _bytes.AsSpan(0, _dataLength);

    /// <summary>Reads on to the next thing that is whole.</summary>
    /// <param name="input">The bytes that follow those of the last call; moved on behind what was read.</param>
    public Parsed Read(ref ReadOnlySpan<byte> input)
    {
        if (_isTold)
            Forget();
        while (!input.IsEmpty)
        {
            if (_skipLineFeed)
            {
                _skipLineFeed = false;
                if (input[0] == '\n')
                {
                    input = input[1..];
                    continue;
                }
            }

            var end = input.IndexOfAny((byte)'\r', (byte)'\n');
            if (!TryAppend(end < 0 ? input : input[..end]))
                return Parsed.TooLarge;
            if (end < 0)
            {
                input = [];
                break;
            }

            // A line that ends in CR is whole, whether LF follows or not: waiting for it would hold the event up.
            _skipLineFeed = input[end] == '\r';
            input = input[(end + 1)..];
            if (EndLine() is not Parsed.Nothing and var parsed)
                return parsed;
        }

        return Parsed.Nothing;
    }

    private bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        var length = (long)_length + bytes.Length;
        if (length > maxBytes)
            return false;
        if (length > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Min(maxBytes, Math.Max(length, 2L * _bytes.Length)));
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length = (int)length;
        return true;
    }

    private Parsed EndLine()
    {
        var line = _bytes.AsSpan(_dataLength.._length);
        if (_isFirstLine && line.StartsWith("\uFEFF"u8))
            line = line[3..];
        _isFirstLine = false;
        _length = _dataLength;
        if (line.IsEmpty)
        {
            _isTold = true;
            return _hasData ? Parsed.Event : Forget();
        }

        var colon = line.IndexOf((byte)':');
        if (colon == 0)
            return Parsed.Comment;
        var field = colon < 0 ? line : line[..colon];
        var value = colon < 0 ? [] : line[(colon + 1)..];
        if (value.StartsWith(" "u8))
            value = value[1..];
        if (field.SequenceEqual("data"u8))
            AddData(value);
        else if (field.SequenceEqual("event"u8))
            Name = value.Length <= MaxNameLength ? Encoding.UTF8.GetString(value) : "";
        else if (field.SequenceEqual("id"u8) && !value.Contains((byte)0))
            Id = value.Length is > 0 and <= MaxIdLength ? Encoding.UTF8.GetString(value) : null;
        return Parsed.Nothing;
    }

    // The value lies at least four bytes behind the data, so that there is room for the line feed before it.
    private void AddData(ReadOnlySpan<byte> value)
    {
        var length = value.Length;
        var start = _hasData ? _dataLength + 1 : 0;
        value.CopyTo(_bytes.AsSpan(start));
        if (_hasData)
            _bytes[_dataLength] = (byte)'\n';
        _hasData = true;
        _length = _dataLength = start + length;
    }

    private Parsed Forget()
    {
        (Name, Id, _hasData, _isTold, _dataLength, _length) = ("", null, false, false, 0, 0);
        // A large event is a rare one; a stream lasts for hours.
        if (_bytes.Length > KeptLength)
            _bytes = [];
        return Parsed.Nothing;
    }
}
