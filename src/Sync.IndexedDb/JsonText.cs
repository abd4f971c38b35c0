using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Collection.Sync.IndexedDb;

/// <summary>JSON that is written without a serializer, whose first use in WebAssembly takes longer than what a start shows.</summary>
internal static class JsonText
{
    public static string Write(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
            write(json);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}
