namespace Collection.Sync.Abstractions;

/// <summary>Bytes are not the MessagePack that was expected. Says what was found, and where.</summary>
public sealed class MessagePackFormatException : FormatException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="offset">Where in the row the trouble is, in bytes from its start.</param>
    /// <param name="message">What was expected and what was found.</param>
    /// <param name="innerException">The cause, if another exception told of it.</param>
    public MessagePackFormatException(int offset, string message, Exception? innerException = null)
        : base($"Byte {offset} of a MessagePack value: {message}", innerException) => Offset = offset;

    /// <summary>Where the trouble is, in bytes from the start of what was read.</summary>
    public int Offset { get; }
}
