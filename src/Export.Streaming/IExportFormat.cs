using System.Buffers;

namespace Collection.Export.Streaming;

/// <summary>Turns encoded rows into the bytes of a file. Holds no state: one format serves any number of exports at once.</summary>
public interface IExportFormat
{
    /// <summary>What the file is, as in a <c>Content-Type</c> header.</summary>
    string MediaType { get; }

    /// <summary>Writes what stands before the first row.</summary>
    void WriteStart(IBufferWriter<byte> output);

    /// <summary>Writes one row.</summary>
    /// <param name="position">The row's position in the file, from 0.</param>
    /// <param name="row">The row as the store keeps it: a MessagePack array with one value a field, in schema order.</param>
    /// <param name="output">Takes the bytes.</param>
    /// <exception cref="Collection.Sync.Abstractions.MessagePackFormatException">The row is not one of the collection's.</exception>
    void WriteRow(int position, ReadOnlySpan<byte> row, IBufferWriter<byte> output);

    /// <summary>Writes what stands after the last row.</summary>
    void WriteEnd(IBufferWriter<byte> output);
}
