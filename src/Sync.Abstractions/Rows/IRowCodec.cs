namespace Collection.Sync.Abstractions;

/// <summary>
/// Encodes and decodes one row as a positional MessagePack array: one value a field, in the order of the schema.
/// Timestamps are integers (microseconds since 1970), text is str, a missing value is nil.
/// Another MessagePack library fits behind this seam: hand it the bytes.
/// </summary>
/// <typeparam name="TRow">The type of a row.</typeparam>
public interface IRowCodec<TRow>
{
    /// <summary>Writes <paramref name="row"/>, array header included.</summary>
    void Write(ref MessagePackWriter writer, TRow row);

    /// <summary>Reads one row, array header included.</summary>
    /// <exception cref="MessagePackFormatException">The bytes are not such a row.</exception>
    TRow Read(ref MessagePackReader reader);
}
