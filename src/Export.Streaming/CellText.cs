using System.Buffers.Text;
using System.Globalization;

namespace Collection.Export.Streaming;

/// <summary>Values as all formats write them, in UTF-8 and the same in every culture. Each returns how many bytes it has written.</summary>
internal static class CellText
{
    public static int Write(long value, Span<byte> output)
    {
        Utf8Formatter.TryFormat(value, output, out var written);
        return written;
    }

    public static int Write(double value, Span<byte> output)
    {
        value.TryFormat(output, out var written, default, CultureInfo.InvariantCulture);
        return written;
    }

    public static int Write(Guid value, Span<byte> output)
    {
        Utf8Formatter.TryFormat(value, output, out var written);
        return written;
    }

    public static int Write(DateTimeOffset value, Span<byte> output)
    {
        // "O" is 2026-01-02T03:04:05.1234560Z, and the one format that is not interpreted character by character.
        // Its last digit is always 0.
        value.UtcDateTime.TryFormat(output, out var written, "O", CultureInfo.InvariantCulture);
        output[written - 2] = (byte)'Z';
        return written - 1;
    }
}
